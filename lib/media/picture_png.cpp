#include "media/picture_format.h"

#include "base/error.h"

#include <png.h>

#include <csetjmp>
#include <new>
#include <vector>

namespace nonna
{

namespace
{

// libpng leaves by longjmp, past every destructor: what it works on lives in these structs, whose owners are outside
// of the functions that call setjmp, and these functions have no objects of their own.
struct PngReader {
    png_structp png = nullptr;
    png_infop info = nullptr;
    Encoded rest;    // what libpng has not asked for yet
    std::vector<std::uint8_t> rgba;
    std::vector<png_bytep> rows;
    bool no_memory = false;
    ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

struct PngWriter {
    png_structp png = nullptr;
    png_infop info = nullptr;
    Bytes data;
    bool no_memory = false;
    ~PngWriter() { png_destroy_write_struct(&png, &info); }
};

[[noreturn]] void leave(png_structp png, png_const_charp why)
{
    if (why && std::strstr(why, "emory"))    // "Out of memory", "Insufficient memory ..."
        *static_cast<bool*>(png_get_error_ptr(png)) = true;
    png_longjmp(png, 1);
}

Refusal refusal(bool no_memory, const std::string& subject)
{
    if (no_memory)
        throw std::bad_alloc();
    return damaged_picture(subject);
}

void stay_silent(png_structp, png_const_charp) {}

void give_bytes(png_structp png, png_bytep to, std::size_t count)
{
    Encoded& rest = static_cast<PngReader*>(png_get_io_ptr(png))->rest;
    if (count > rest.size())
        png_error(png, "truncated");
    std::memcpy(to, rest.data(), count);
    rest = rest.subspan(count);
}

void take_bytes(png_structp png, png_bytep from, std::size_t count)
{
    PngWriter& writer = *static_cast<PngWriter*>(png_get_io_ptr(png));
    const auto* const begin = reinterpret_cast<const std::byte*>(from);
    try {
        writer.data.insert(writer.data.end(), begin, begin + count);
        return;
    } catch (const std::bad_alloc&) {
        writer.no_memory = true;
    }
    png_error(png, "no memory");    // outside of the handler, which a jump must not leave
}

// Up to the first row. What comes out of libpng from here on is 8-bit RGB or RGBA.
bool begin_reading(PngReader& reader, const PictureInfo& expected)
{
    if (setjmp(png_jmpbuf(reader.png)))
        return false;
    png_set_read_fn(reader.png, &reader, give_bytes);
    png_set_crc_action(reader.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(reader.png, 0);    // an error is an error, also in zlib's checksum
    // Colour profiles, texts and the like are not applied, so nothing in them can be wrong but their CRC.
    png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_user_limits(reader.png, png_uint_32(expected.width), png_uint_32(expected.height));
    png_read_info(reader.png, reader.info);
    png_set_expand(reader.png);
    png_set_strip_16(reader.png);
    png_set_gray_to_rgb(reader.png);
    png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    return png_get_image_width(reader.png, reader.info) == png_uint_32(expected.width) &&
           png_get_image_height(reader.png, reader.info) == png_uint_32(expected.height);
}

bool finish_reading(PngReader& reader)
{
    if (setjmp(png_jmpbuf(reader.png)))
        return false;
    png_read_image(reader.png, reader.rows.data());
    png_read_end(reader.png, nullptr);
    return true;
}

bool write(PngWriter& writer, const Picture& picture)
{
    if (setjmp(png_jmpbuf(writer.png)))
        return false;
    png_set_write_fn(writer.png, &writer, take_bytes, nullptr);
    png_set_user_limits(writer.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_compression_level(writer.png, 6);
    png_set_compression_strategy(writer.png, 0);    // zlib's default one
    png_set_IHDR(writer.png, writer.info, png_uint_32(picture.width), png_uint_32(picture.height), 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer.png, writer.info);
    for (int y = 0; y < picture.height; ++y)
        png_write_row(writer.png, picture.at(0, y));
    png_write_end(writer.png, nullptr);
    return true;
}

}    // namespace

// Checks that every chunk up to IEND is there; libpng checks what is in them. Screenshots and editors leave bytes
// behind it that mean nothing.
PictureInfo inspect_png(Encoded encoded, const std::string& subject)
{
    const Header h{encoded};
    PictureInfo info{"png", 0, 0, 1, h.u8(24) <= 8 && h.u8(25) < 4};
    if (h.has(12, "IHDR") && h.big32(16) <= PNG_UINT_31_MAX && h.big32(20) <= PNG_UINT_31_MAX) {
        info.width = int(h.big32(16));
        info.height = int(h.big32(20));
    }
    for (std::size_t i = 8; encoded.size() >= 12 && i <= encoded.size() - 12;) {
        const std::size_t length = h.big32(i);
        if (length > encoded.size() - i - 12)
            break;    // also where the length itself is damaged: what follows cannot be told
        if (h.has(i + 4, "tRNS"))
            info.plain = false;
        if (h.has(i + 4, "eXIf"))
            info.orientation = exif_orientation(encoded.subspan(i + 8, length));
        if (h.has(i + 4, "IEND")) {
            info.plain = info.plain && info.orientation == 1;
            return info;
        }
        i += length + 12;
    }
    throw truncated_picture(subject);
}

// Straight into the picture's own rows, unless there is transparency to be laid over white.
Picture decode_png(Encoded encoded, const PictureInfo& info, const std::string& subject)
{
    PngReader reader;
    reader.rest = encoded;
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader.no_memory, leave, stay_silent);
    reader.info = reader.png ? png_create_info_struct(reader.png) : nullptr;
    if (!reader.info)
        throw std::bad_alloc();
    if (!begin_reading(reader, info))
        throw refusal(reader.no_memory, subject);

    Picture picture = blank_picture(info.width, info.height);
    const std::size_t channels = png_get_channels(reader.png, reader.info);
    if (channels == 4)
        reader.rgba.resize(std::size_t(info.width) * info.height * 4);
    std::uint8_t* const pixels = channels == 4 ? reader.rgba.data() : picture.rgb.data();
    for (int y = 0; y < info.height; ++y)
        reader.rows.push_back(pixels + std::size_t(y) * info.width * channels);
    if (!finish_reading(reader))
        throw refusal(reader.no_memory, subject);
    if (channels == 4)
        lay_over_white(pixels, picture.rgb.data(), std::size_t(info.width) * info.height);
    return picture;
}

Bytes encode_png(const Picture& picture)
{
    PngWriter writer;
    writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer.no_memory, leave, stay_silent);
    writer.info = writer.png ? png_create_info_struct(writer.png) : nullptr;
    if (!writer.info)
        throw std::bad_alloc();
    if (!write(writer, picture)) {
        if (writer.no_memory)
            throw std::bad_alloc();
        throw Error("picture", "cannot be encoded as PNG");
    }
    return std::move(writer.data);
}

}    // namespace nonna
