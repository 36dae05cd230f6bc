#include "media/picture_format.h"

#include "base/error.h"
#include "media/picture.h"

#include <webp/decode.h>
#include <webp/encode.h>

#include <algorithm>
#include <new>
#include <vector>

namespace nonna
{

static const std::uint8_t* bytes_of(Encoded encoded) { return reinterpret_cast<const std::uint8_t*>(encoded.data()); }

static void check(VP8StatusCode status, const std::string& subject)
{
    if (status == VP8_STATUS_OUT_OF_MEMORY)
        throw std::bad_alloc();
    if (status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED)
        throw truncated_picture(subject);
    if (status != VP8_STATUS_OK)
        throw damaged_picture(subject);
}

// Chunks of a RIFF file: four letters, the length, the data, filled up to an even length.
static int orientation_of(Header h)
{
    for (std::size_t i = 12; i + 8 <= h.bytes.size();) {
        const std::size_t length = h.little32(i + 4), rest = h.bytes.size() - i - 8;
        if (h.has(i, "EXIF"))
            return exif_orientation(h.bytes.subspan(i + 8, std::min(length, rest)));
        if (length >= rest)
            break;
        i += 8 + length + length % 2;
    }
    return 1;
}

PictureInfo inspect_webp(Encoded encoded, const std::string& subject)
{
    const Header h{encoded};
    WebPBitstreamFeatures features;
    // libwebp would take what is there for the file where RIFF says that there is more.
    if (encoded.size() < 8 || h.little32(4) > encoded.size() - 8)
        throw truncated_picture(subject);
    check(WebPGetFeatures(bytes_of(encoded), encoded.size(), &features), subject);
    if (features.has_animation)
        throw Refusal(subject, Reason::unsupported_format, "animated picture: not a still");
    const int orientation = orientation_of(h);
    return {"webp", features.width, features.height, orientation, !features.has_alpha && orientation == 1};
}

Picture decode_webp(Encoded encoded, const PictureInfo& info, const std::string& subject)
{
    Picture picture = blank_picture(info.width, info.height);
    // Where there is no transparency, what comes out is the picture, turned or not.
    WebPBitstreamFeatures features;
    check(WebPGetFeatures(bytes_of(encoded), encoded.size(), &features), subject);
    const bool opaque = !features.has_alpha;
    std::vector<std::uint8_t> rgba(opaque ? 0 : std::size_t(info.width) * info.height * 4);
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        throw std::bad_alloc();
    std::vector<std::uint8_t>& pixels = opaque ? picture.rgb : rgba;
    config.output.colorspace = opaque ? MODE_RGB : MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {pixels.data(), info.width * (opaque ? 3 : 4), pixels.size()};
    check(WebPDecode(bytes_of(encoded), encoded.size(), &config), subject);
    if (!opaque)
        lay_over_white(rgba.data(), picture.rgb.data(), std::size_t(info.width) * info.height);
    return picture;
}

// By one thread and by the slowest method: the same bytes from the same library, and the fewest.
Bytes encode_webp(const Picture& picture, int quality)
{
    WebPConfig config;
    WebPPicture frame;
    if (!WebPConfigInit(&config) || !WebPPictureInit(&frame))
        throw Error("libwebp", "another version than the one it was built with");
    config.quality = float(quality);
    config.method = 6;
    frame.width = picture.width;
    frame.height = picture.height;
    WebPMemoryWriter memory;
    WebPMemoryWriterInit(&memory);
    frame.writer = WebPMemoryWrite;
    frame.custom_ptr = &memory;
    const bool encoded = picture.width <= WEBP_MAX_DIMENSION && picture.height <= WEBP_MAX_DIMENSION &&
                         WebPPictureImportRGB(&frame, picture.rgb.data(), picture.width * 3) &&
                         WebPEncode(&config, &frame);
    Bytes bytes;
    if (encoded) {
        const auto* first = reinterpret_cast<const std::byte*>(memory.mem);
        bytes.assign(first, first + memory.size);
    }
    const bool no_memory = frame.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY;
    WebPPictureFree(&frame);
    WebPMemoryWriterClear(&memory);
    if (no_memory)
        throw std::bad_alloc();
    if (!encoded)
        throw Error("libwebp", "a picture of " + std::to_string(picture.width) + " by " +
                                   std::to_string(picture.height) + " pixels cannot be written as WebP");
    return bytes;
}

}    // namespace nonna
