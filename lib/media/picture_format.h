// Private to this room: the formats of still pictures, one .cpp file each (picture_jpeg.cpp ...), which picture.cpp
// puts together.
//
// Model to hold in mind: picture.cpp finds the format by the first bytes and calls its inspect_, which reads the header
// only and allocates nothing of the picture's size; once the size is found acceptable it calls its decode_, which
// checks everything, also that the picture has the size that inspect_ found. The caller swaps the size for, and
// applies, the orientation: here sizes are those of the pixels as they are stored.
// All are pure and throw Refusal(subject), or std::bad_alloc, also where the format's library had no memory.
#pragma once

#include "media/picture.h"
#include "media/reason.h"

#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace nonna
{

using Encoded = std::span<const std::byte>;

inline Refusal damaged_picture(const std::string& subject) { return {subject, Reason::damaged, "damaged picture"}; }
inline Refusal truncated_picture(const std::string& subject)
{
    return {subject, Reason::truncated, "truncated picture"};
}
inline Refusal data_after(const std::string& subject)
{
    return {subject, Reason::damaged, "data after the picture's end"};
}

// Reads numbers of a header; outside the data everything is 0, so a short header fails the checks that follow.
struct Header {
    Encoded bytes;
    unsigned u8(std::size_t i) const { return i < bytes.size() ? unsigned(bytes[i]) : 0; }
    unsigned big16(std::size_t i) const { return u8(i) << 8 | u8(i + 1); }
    unsigned big32(std::size_t i) const { return big16(i) << 16 | big16(i + 2); }
    unsigned little16(std::size_t i) const { return u8(i) | u8(i + 1) << 8; }
    unsigned little32(std::size_t i) const { return little16(i) | little16(i + 2) << 16; }
    bool has(std::size_t i, std::string_view text) const
    {
        return i <= bytes.size() && bytes.size() - i >= text.size() &&
               std::memcmp(bytes.data() + i, text.data(), text.size()) == 0;
    }
};

// The orientation that an EXIF block names, a TIFF file with or without "Exif" in front; 1 where it says nothing
// sensible.
int exif_orientation(Encoded block);

// inspect_picture, and nothing larger than allowed: what every decoding begins with.
PictureInfo accept_picture(Encoded encoded, const std::string& subject, long max_pixels);

PictureInfo inspect_jpeg(Encoded encoded, const std::string& subject);
PictureInfo inspect_png(Encoded encoded, const std::string& subject);
PictureInfo inspect_webp(Encoded encoded, const std::string& subject);
PictureInfo inspect_pnm(Encoded encoded, const std::string& subject);

// `info`: what inspect_ said. A JPEG's pixels are averages of `reduction` x `reduction` pixels, 1, 2, 4 or 8, and the
// last ones, where a side is no multiple of it, of the copies of the border that pad the file's blocks too. Where its
// chroma would be averaged further the reduction is less, and comes back.
Picture decode_jpeg(Encoded encoded, const PictureInfo& info, const std::string& subject, int& reduction);
// Upright JPEGs that store luma; false, and nothing done, for others.
bool decode_jpeg_luma(Encoded encoded, const PictureInfo& info, const std::string& subject, GreyPicture& picture);
Picture decode_png(Encoded encoded, const PictureInfo& info, const std::string& subject);
Picture decode_webp(Encoded encoded, const PictureInfo& info, const std::string& subject);
Picture decode_pnm(Encoded encoded, const PictureInfo& info, const std::string& subject);

// `count` pixels of red, green, blue, alpha, not premultiplied, to `count` pixels over white.
void lay_over_white(const std::uint8_t* rgba, std::uint8_t* rgb, std::size_t count);

}    // namespace nonna
