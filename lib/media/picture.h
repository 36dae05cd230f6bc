// Pictures: decode, encode, resize, crop, turn.
//
// Model to hold in mind: a Picture is a plain value, 8-bit sRGB, rows from the top, three interleaved bytes a pixel,
// no padding. Every function is pure and may be called from any thread; nothing is drawn from or written to files here.
//
// Decoding is strict: a picture is whole or it is an Error naming `subject`. Sizes are read from the header and held
// against `max_pixels` before anything is allocated. JPEG (libjpeg: any warning that pixels depend on, so truncation,
// is an Error), PNG (libpng: a wrong checksum is an Error, also in chunks that are not used), WebP (libwebp, still
// pictures) and binary PNM (P5, P6) are read; what lies behind the end of the first three is not looked at. What a file
// can hold beyond 8-bit RGB is brought to it: EXIF orientation is applied, grey is copied to three channels, CMYK is
// multiplied out (as Adobe stores it, inverted), 16 bits are cut to 8, a PNM's own range is stretched to 8 bits, and
// transparency is laid over white, the page such pictures are drawn for. Embedded colour profiles are not applied.
#pragma once

#include "io/image_stream.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct Picture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;    // width * height * 3

    const std::uint8_t* at(int x, int y) const { return rgb.data() + (std::size_t(y) * width + x) * 3; }
    std::uint8_t* at(int x, int y) { return rgb.data() + (std::size_t(y) * width + x) * 3; }
    bool operator==(const Picture&) const = default;
};

// Grey levels alone: what detectors of shapes look at.
struct GreyPicture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> levels;    // width * height
};

Picture blank_picture(int width, int height, std::uint8_t value = 0);

inline constexpr long default_max_pixels = 100'000'000;

// What the header says. `plain`: any decoder gives the same pixels as decode_picture (upright, 8 bits, no
// transparency, no CMYK), so the encoded bytes may be handed on as they are.
struct PictureInfo {
    std::string extension;        // "jpg", "png", "webp", "pnm"
    int width = 0, height = 0;    // after orientation
    int orientation = 1;          // EXIF 1 .. 8
    bool plain = true;
};

// By the first 16 bytes: one of the formats above, whole or not.
bool is_picture(std::span<const std::byte> start);
PictureInfo inspect_picture(std::span<const std::byte> encoded, const std::string& subject);
Picture decode_picture(std::span<const std::byte> encoded, const std::string& subject,
                       long max_pixels = default_max_pixels);

// The same picture's Rec. 601 luma. A JPEG stores it: it is decoded alone, in two thirds of the time, and may differ by
// a level or two from grey(decode_picture()), which went through rounded and clipped colours.
GreyPicture decode_grey(std::span<const std::byte> encoded, const std::string& subject,
                        long max_pixels = default_max_pixels);

Bytes encode_jpeg(const Picture& picture, int quality = 95);    // 4:4:4 chroma, so that colours survive
Bytes encode_png(const Picture& picture);
// Lossy, for pages: at quality 80 a fifth of a PNG, and no difference that is seen. At most 16,383 pixels a side.
Bytes encode_webp(const Picture& picture, int quality = 80);

// Area average where neither side grows, cubic otherwise.
Picture resize(const Picture& picture, int width, int height);
// A rectangle that leaves the picture is an Error.
Picture crop(const Picture& picture, int x, int y, int width, int height);
// The largest centred square, then resize to size x size. Odd remainders leave the extra pixel at the right or bottom.
Picture fit_square(const Picture& picture, int size);
// The pixels of an image whose EXIF orientation is 1 .. 8, brought upright.
Picture orient(Picture picture, int orientation);

std::vector<std::uint8_t> grey(const Picture& picture);             // Rec. 601 luma, width * height
std::array<std::uint8_t, 3> mean_colour(const Picture& picture);    // of all pixels, each channel rounded

// Copies `tile` into `target` at (x, y), cut at the target's border.
void paste(Picture& target, const Picture& tile, int x, int y);
// One line of text, its top left corner at (x, y), `height` pixels tall, cut at the border. Printable ASCII.
void draw_text(Picture& target, const std::string& text, int x, int y, int height, std::uint8_t value = 255);
// The width in pixels that draw_text would use.
int text_width(const std::string& text, int height);
// A rectangle's outline, `thickness` pixels wide.
void draw_box(Picture& target, const Box& box, std::uint8_t red, std::uint8_t green, std::uint8_t blue,
              int thickness = 1);

}    // namespace nonna
