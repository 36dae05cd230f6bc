#include "media/picture_format.h"

#include "base/error.h"

#include <webp/decode.h>

#include <vector>

namespace nonna {

static const std::uint8_t* bytes_of(Encoded encoded) { return reinterpret_cast<const std::uint8_t*>(encoded.data()); }

PictureInfo inspect_webp(Encoded encoded, const std::string& subject)
{
    const Header h{encoded};
    WebPBitstreamFeatures features;
    // libwebp would take what is there for the file where RIFF says that there is more.
    if (encoded.size() < 8 || h.little32(4) > encoded.size() - 8 ||
        WebPGetFeatures(bytes_of(encoded), encoded.size(), &features) != VP8_STATUS_OK)
        throw Error(subject, damaged_picture);
    if (features.has_animation)
        throw Error(subject, "animated picture: not a still");
    return {"webp", features.width, features.height, 1, !features.has_alpha};
}

Picture decode_webp(Encoded encoded, const PictureInfo& info, const std::string& subject)
{
    Picture picture = blank_picture(info.width, info.height);
    std::vector<std::uint8_t> rgba(info.plain ? 0 : std::size_t(info.width) * info.height * 4);
    const bool whole =
        info.plain ? WebPDecodeRGBInto(bytes_of(encoded), encoded.size(), picture.rgb.data(), picture.rgb.size(),
                                       info.width * 3)
                   : WebPDecodeRGBAInto(bytes_of(encoded), encoded.size(), rgba.data(), rgba.size(), info.width * 4);
    if (!whole)
        throw Error(subject, damaged_picture);
    if (!info.plain)
        lay_over_white(rgba.data(), picture.rgb.data(), std::size_t(info.width) * info.height);
    return picture;
}

}    // namespace nonna
