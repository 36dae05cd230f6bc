#include "media/picture_format.h"

#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

namespace nonna
{

namespace
{

// The orientation tag of an EXIF block (a TIFF file in an APP1 segment); 1 where it says nothing sensible.
int exif_orientation(Header tiff)
{
    const bool big = tiff.has(0, "MM");
    if (!big && !tiff.has(0, "II"))
        return 1;
    const auto u16 = [&](std::size_t i) { return big ? tiff.big16(i) : tiff.little16(i); };
    const std::size_t directory = big ? tiff.big32(4) : tiff.little32(4);
    const unsigned entries = u16(directory);
    for (unsigned i = 0; i < entries && directory + 14 + 12 * i <= tiff.bytes.size(); ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        if (u16(entry) == 0x0112) {
            const unsigned value = u16(entry + 8);
            return value >= 1 && value <= 8 ? int(value) : 1;
        }
    }
    return 1;
}

struct JpegMarkers {
    int orientation = 1;
    bool adobe = false;
    bool ended = false;    // the data did, before the pixels
    int width = 0, height = 0, components = 0;
};

// Walks the segments up to the frame header.
JpegMarkers jpeg_markers(Header h)
{
    JpegMarkers found;
    std::size_t i = 2;
    while (i + 4 <= h.bytes.size()) {
        if (h.u8(i) != 0xff) {
            ++i;
            continue;
        }
        const unsigned marker = h.u8(i + 1);
        if (marker == 0xff || marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8)) {
            i += marker == 0xff ? 1 : 2;
            continue;
        }
        if (marker == 0xd9 || marker == 0xda)
            return found;
        const unsigned length = h.big16(i + 2);
        if (marker == 0xe1 && h.has(i + 4, std::string_view("Exif\0\0", 6)) && i + 2 + length <= h.bytes.size())
            found.orientation = exif_orientation({h.bytes.subspan(i + 10, length > 8 ? length - 8 : 0)});
        if (marker == 0xee && h.has(i + 4, "Adobe"))
            found.adobe = true;
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            found.height = int(h.big16(i + 5));
            found.width = int(h.big16(i + 7));
            found.components = int(h.u8(i + 9));
        }
        i += 2 + std::max(length, 2u);
    }
    found.ended = true;
    return found;
}

struct TurboJpeg {
    tjhandle handle;
    explicit TurboJpeg(tjhandle h) : handle(h)
    {
        if (!handle)
            throw std::bad_alloc();
    }
    ~TurboJpeg() { tjDestroy(handle); }
    // What the call that failed last says; libturbojpeg has no codes for it.
    Refusal refusal(const std::string& subject) const
    {
        const std::string_view text = tjGetErrorStr2(handle);
        if (text.find("emory") != text.npos)    // "Insufficient memory ...", "Memory allocation failure"
            throw std::bad_alloc();
        const bool ended = text.find("Premature end") != text.npos || text.find("premature end") != text.npos;
        return ended ? truncated_picture(subject) : damaged_picture(subject);
    }
    TurboJpeg(const TurboJpeg&) = delete;
    TurboJpeg& operator=(const TurboJpeg&) = delete;
};

// A JPEG whose frame header was read and found to be the one that the caller's size check was about.
struct JpegFrame : TurboJpeg {
    Encoded encoded;
    const std::string& subject;
    int width = 0, height = 0, space = 0;

    JpegFrame(Encoded bytes, const PictureInfo& info, const std::string& name)
        : TurboJpeg(tjInitDecompress()), encoded(bytes), subject(name)
    {
        int subsampling = 0;
        if (tjDecompressHeader3(handle, data(), encoded.size(), &width, &height, &subsampling, &space) != 0)
            throw refusal(subject);
        const bool turned = info.orientation >= 5;
        if (width != (turned ? info.height : info.width) || height != (turned ? info.width : info.height))
            throw damaged_picture(subject);
    }
    // Luma alone is as strict as colours: every coefficient is read either way.
    void decode(std::uint8_t* to, int format) const
    {
        const int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
        if (tjDecompress2(handle, data(), encoded.size(), to, width, 0, height, format, flags) != 0)
            throw refusal(subject);
    }

  private:
    const unsigned char* data() const { return reinterpret_cast<const unsigned char*>(encoded.data()); }
};

}    // namespace

PictureInfo inspect_jpeg(Encoded encoded, const std::string& subject)
{
    const JpegMarkers found = jpeg_markers({encoded});
    if (found.ended)
        throw truncated_picture(subject);
    return {"jpg", found.width, found.height, found.orientation, found.orientation == 1 && found.components != 4};
}

Picture decode_jpeg(Encoded encoded, const PictureInfo& info, const std::string& subject)
{
    const JpegFrame jpeg(encoded, info, subject);
    const bool cmyk = jpeg.space == TJCS_CMYK || jpeg.space == TJCS_YCCK;
    Picture picture = blank_picture(jpeg.width, jpeg.height);
    if (!cmyk) {
        jpeg.decode(picture.rgb.data(), TJPF_RGB);
        return picture;
    }
    // Ink times black; what Adobe writes is inverted, and says so by its marker alone.
    std::vector<std::uint8_t> ink(std::size_t(jpeg.width) * jpeg.height * 4);
    jpeg.decode(ink.data(), TJPF_CMYK);
    const std::uint8_t invert = jpeg_markers({encoded}).adobe ? 0 : 255;
    for (std::size_t i = 0; i < ink.size() / 4; ++i) {
        const int k = ink[4 * i + 3] ^ invert;
        for (int c = 0; c < 3; ++c)
            picture.rgb[3 * i + c] = std::uint8_t(((ink[4 * i + c] ^ invert) * k + 127) / 255);
    }
    return picture;
}

bool decode_jpeg_luma(Encoded encoded, const PictureInfo& info, const std::string& subject, GreyPicture& picture)
{
    const JpegFrame jpeg(encoded, info, subject);
    if (info.orientation != 1 || (jpeg.space != TJCS_YCbCr && jpeg.space != TJCS_GRAY))
        return false;
    picture = {jpeg.width, jpeg.height, std::vector<std::uint8_t>(std::size_t(jpeg.width) * jpeg.height)};
    jpeg.decode(picture.levels.data(), TJPF_GRAY);
    return true;
}

Bytes encode_jpeg(const Picture& picture, int quality)
{
    const TurboJpeg jpeg(tjInitCompress());
    unsigned char* data = nullptr;
    unsigned long size = 0;
    const int failed = tjCompress2(jpeg.handle, picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, &data,
                                   &size, TJSAMP_444, quality, TJFLAG_ACCURATEDCT);
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data, tjFree);
    if (failed)
        throw Error("picture", "cannot be encoded as JPEG");
    const auto* const begin = reinterpret_cast<const std::byte*>(data);
    return Bytes(begin, begin + size);
}

}    // namespace nonna
