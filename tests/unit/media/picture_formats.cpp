#include "base/error.h"
#include "media/picture.h"

#include <boost/crc.hpp>
#include <boost/test/unit_test.hpp>

using namespace nonna;

namespace
{

Bytes bytes(std::string_view text)
{
    const auto view = std::as_bytes(std::span(text));
    return Bytes(view.begin(), view.end());
}

std::string big32(std::uint32_t value)
{
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += char(value >> shift & 0xff);
    return text;
}

std::string from_hex(const std::string& hex)
{
    std::string text;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        text += char(std::stoi(hex.substr(i, 2), nullptr, 16));
    return text;
}

std::string chunk(const std::string& type, const std::string& data)
{
    boost::crc_32_type crc;
    crc.process_bytes(type.data(), type.size());
    crc.process_bytes(data.data(), data.size());
    return big32(std::uint32_t(data.size())) + type + data + big32(crc.checksum());
}

// A zlib stream of one stored block (RFC 1950, 1951): what PNG's compressed data is when nothing is compressed.
std::string stored(const std::string& data, std::uint32_t wrong_sum = 0)
{
    std::uint32_t a = 1, b = 0;
    for (const char c : data) {
        a = (a + std::uint8_t(c)) % 65521;
        b = (b + a) % 65521;
    }
    std::string text = "\x78\x01\x01";
    for (const std::size_t n : {data.size(), ~data.size()}) {
        text += char(n & 0xff);
        text += char(n >> 8 & 0xff);
    }
    return text + data + big32((b << 16 | a) ^ wrong_sum);
}

const std::string png_signature = "\x89PNG\r\n\x1a\n";

enum PngColour { png_grey = 0, png_colour = 2, png_palette = 3, png_grey_alpha = 4, png_colour_alpha = 6 };

std::string ihdr(int width, int height, int depth, PngColour colour, bool interlaced = false)
{
    return chunk("IHDR", big32(std::uint32_t(width)) + big32(std::uint32_t(height)) + char(depth) + char(colour) +
                             std::string(2, '\0') + char(interlaced));
}

// `rows`: each begins with its filter's number, 0.
Bytes png(const std::string& header, const std::string& rows, const std::string& between = "")
{
    return bytes(png_signature + header + between + chunk("IDAT", stored(rows)) + chunk("IEND", ""));
}

std::string reason_of(const Bytes& encoded, long limit = default_max_pixels)
{
    try {
        decode_picture(encoded, "x", limit);
    } catch (const Error& e) {
        return e.reason();
    }
    return "";
}

using Levels = std::vector<std::uint8_t>;

Picture waves(int width, int height)
{
    Picture p = blank_picture(width, height);
    for (std::size_t i = 0; i < p.rgb.size(); ++i)
        p.rgb[i] = std::uint8_t(i * i / 7 + 31 * i);
    return p;
}

// 8x6, red 15 (x + y), green 40 y, blue 30 x; `alpha`: 50 y in the right half. By libwebp's encoder.
const std::string webp_lossless_alpha = from_hex("5249464638000000574542505650384c2c0000002f07400110993244f43f3611d1ff3"
                                                 "02868db460a9cf1a7782f046b1ec6432090c2563a34a2c0"
                                                 "24d037568c7f");
const std::string webp_lossy =
    from_hex("52494646600000005745425056503820540000005002009d012a0800060000c01225a80274ba00d40003aa6f4da76000feff3215f"
             "dca31f377ae"
             "cee1f8d2166b1527bffe1aff6fc1e79cb7fe968ffe0707249ffa3cffe112bddc7fe777f98dd3bf393fed3ae32000");
const std::string webp_lossy_alpha =
    from_hex("524946469a00000057454250565038580a00000010000000070000050000414c5048290000000137a0906d04e85ea1f3b73b89884"
             "8ec8541b691"
             "b3a7700aaff00aaff00a8de87f90d032c32e77fc0300565038204a000000d001009d012a0800060001402625a8027400f431925b0"
             "000fefc0b4a"
             "d8bda870c48dde63b3f9b53c414bc93ff2e6dae4f7bf6c47bbce1d87e7fff1d93b27f3f14b0ed934fd3911380000");

// The picture that these were made of, and the largest difference from it.
int distance_from_webp_source(const Picture& p, bool alpha)
{
    BOOST_REQUIRE(p.width == 8 && p.height == 6);
    int largest = 0;
    for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 8; ++x)
            for (int c = 0; c < 3; ++c) {
                const int value = c == 0 ? 15 * (x + y) : c == 1 ? 40 * y : 30 * x;
                const int a = alpha && x >= 4 ? 50 * y : 255;
                largest = std::max(largest, std::abs(p.at(x, y)[c] - (value * a + 255 * (255 - a) + 127) / 255));
            }
    return largest;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(picture_formats)

BOOST_AUTO_TEST_CASE(png_of_every_kind)
{
    using namespace std::string_literals;
    BOOST_CHECK(decode_picture(png(ihdr(2, 1, 8, png_colour), "\0\1\2\3\4\5\6"s), "x").rgb ==
                (Levels{1, 2, 3, 4, 5, 6}));
    BOOST_CHECK(decode_picture(png(ihdr(2, 1, 8, png_grey), "\0\x09\xf0"s), "x").rgb ==
                (Levels{9, 9, 9, 240, 240, 240}));
    // One and two bits a pixel, from the highest bit on, stretched to 0 .. 255.
    BOOST_CHECK(decode_picture(png(ihdr(2, 1, 1, png_grey), "\0\x40"s), "x").rgb == (Levels{0, 0, 0, 255, 255, 255}));
    BOOST_CHECK(decode_picture(png(ihdr(2, 1, 2, png_grey), "\0\x60"s), "x").rgb ==
                (Levels{85, 85, 85, 170, 170, 170}));
    // 16 bits are cut, not rounded.
    BOOST_CHECK(decode_picture(png(ihdr(1, 1, 16, png_colour), "\0\x01\xff\x80\x00\xfe\xff"s), "x").rgb ==
                (Levels{1, 128, 254}));
    // Over white: 100 * 51 / 255 + 255 * 204 / 255 = 224.
    BOOST_CHECK(decode_picture(png(ihdr(3, 1, 8, png_grey_alpha), "\0\x64\x33\x64\xff\x64\x00"s), "x").rgb ==
                (Levels{224, 224, 224, 100, 100, 100, 255, 255, 255}));
    BOOST_CHECK(decode_picture(png(ihdr(1, 1, 16, png_colour_alpha), "\0\x64\0\x00\0\xff\0\x33\0"s), "x").rgb ==
                (Levels{224, 204, 255}));
    // Palette: 4 bits a pixel, two entries, the second one transparent by 51.
    const std::string palette = chunk("PLTE", "\x0a\x14\x1e\x64\x00\xff"s);
    BOOST_CHECK(decode_picture(png(ihdr(2, 1, 4, png_palette), "\0\x01"s, palette), "x").rgb ==
                (Levels{10, 20, 30, 100, 0, 255}));
    BOOST_CHECK(
        decode_picture(png(ihdr(2, 1, 4, png_palette), "\0\x01"s, palette + chunk("tRNS", "\xff\x33"s)), "x").rgb ==
        (Levels{10, 20, 30, 224, 204, 255}));
    // One colour stands for transparent.
    const Bytes keyed = png(ihdr(2, 1, 8, png_grey), "\0\x09\xf0"s, chunk("tRNS", "\0\x09"s));
    BOOST_CHECK(decode_picture(keyed, "x").rgb == (Levels{255, 255, 255, 240, 240, 240}));

    BOOST_CHECK(inspect_picture(png(ihdr(2, 1, 8, png_grey), "\0\x09\xf0"s), "x").plain);
    BOOST_CHECK(!inspect_picture(keyed, "x").plain);
    BOOST_CHECK(!inspect_picture(png(ihdr(1, 1, 16, png_grey), "\0\1\2"s), "x").plain);
    BOOST_CHECK(!inspect_picture(png(ihdr(1, 1, 8, png_grey_alpha), "\0\1\2"s), "x").plain);
}

BOOST_AUTO_TEST_CASE(interlaced_png)
{
    // The seven passes of Adam7: first column and row, steps.
    const int passes[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                              {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    const Picture p = waves(11, 9);
    std::string rows, rows_with_alpha;
    for (const auto& [x0, y0, dx, dy] : passes)
        for (int y = y0; y < p.height; y += dy) {
            rows += '\0';
            rows_with_alpha += '\0';
            for (int x = x0; x < p.width; x += dx) {
                rows.append(reinterpret_cast<const char*>(p.at(x, y)), 3);
                rows_with_alpha.append(reinterpret_cast<const char*>(p.at(x, y)), 3) += '\xff';
            }
        }
    BOOST_CHECK(decode_picture(png(ihdr(11, 9, 8, png_colour, true), rows), "x") == p);
    BOOST_CHECK(decode_picture(png(ihdr(11, 9, 8, png_colour_alpha, true), rows_with_alpha), "x") == p);
}

BOOST_AUTO_TEST_CASE(a_wrong_bit_anywhere_in_a_png_is_an_error)
{
    const Bytes whole = encode_png(waves(9, 7));
    for (std::size_t i = 0; i < whole.size() * 8; ++i) {
        Bytes hurt = whole;
        hurt[i / 8] ^= std::byte(1 << i % 8);
        BOOST_CHECK_MESSAGE(reason_of(hurt, 1'000'000) != "", "bit " << i % 8 << " of byte " << i / 8);
    }
}

BOOST_AUTO_TEST_CASE(png_with_too_little_or_too_much)
{
    using namespace std::string_literals;
    const std::string header = ihdr(2, 2, 8, png_grey);
    const std::string damaged = "damaged picture", truncated = "truncated picture";
    const std::string rows = "\0\1\2\0\3\4"s;
    const auto file = [&](const std::string& body) { return bytes(png_signature + body); };
    const std::string data = chunk("IDAT", stored(rows)), end = chunk("IEND", "");
    BOOST_CHECK_EQUAL(reason_of(file(header + data + end)), "");
    // Screenshots and editors leave bytes behind the end, which nobody looks at.
    for (const std::string& behind : {"\n"s, "\0"s, std::string(1000, 'x'), png_signature})
        BOOST_CHECK_EQUAL(reason_of(file(header + data + end + behind)), "");
    BOOST_CHECK_EQUAL(reason_of(file(header + end)), damaged);
    BOOST_CHECK_EQUAL(reason_of(file(header + data)), truncated);
    BOOST_CHECK_EQUAL(reason_of(file(data + end)), damaged);
    BOOST_CHECK_EQUAL(reason_of(png(header, rows.substr(0, 5))), damaged);
    BOOST_CHECK_EQUAL(reason_of(png(header, rows + "\0\5\6"s)), damaged);
    BOOST_CHECK_EQUAL(reason_of(file(header + chunk("IDAT", stored(rows, 1)) + end)), damaged);    // zlib's own sum
    BOOST_CHECK_EQUAL(reason_of(png(header, "\5\1\2\5\3\4"s)), damaged);                           // no such filter
    BOOST_CHECK_EQUAL(reason_of(png(ihdr(2, 2, 3, png_grey), rows)), damaged);                     // no such depth
    BOOST_CHECK_EQUAL(reason_of(png(ihdr(2, 1, 4, png_palette), "\0\x01"s)), damaged);             // no palette
    // Unused chunks are passed over, whatever they say, but not with a wrong checksum.
    std::string text = chunk("iCCP", "no profile");
    BOOST_CHECK_EQUAL(reason_of(file(header + text + data + end)), "");
    text.back() ^= 1;
    BOOST_CHECK_EQUAL(reason_of(file(header + text + data + end)), damaged);
}

BOOST_AUTO_TEST_CASE(webp_lossy_lossless_and_transparent)
{
    BOOST_CHECK_EQUAL(distance_from_webp_source(decode_picture(bytes(webp_lossless_alpha), "x"), true), 0);
    // Half the chroma and quality 90 and 80: libwebp loses 22 and 21 levels of these pictures.
    BOOST_CHECK_LE(distance_from_webp_source(decode_picture(bytes(webp_lossy), "x"), false), 24);
    BOOST_CHECK_LE(distance_from_webp_source(decode_picture(bytes(webp_lossy_alpha), "x"), true), 24);
    const PictureInfo info = inspect_picture(bytes(webp_lossy), "x");
    BOOST_CHECK(info.extension == "webp" && info.width == 8 && info.height == 6 && info.plain);
    BOOST_CHECK(!inspect_picture(bytes(webp_lossy_alpha), "x").plain);
    BOOST_CHECK_EQUAL(reason_of(bytes(webp_lossless_alpha), 47),
                      "picture of 8x6 pixels is larger than the limit of 47");
    std::string animated = webp_lossy_alpha;
    animated[20] |= 2;
    BOOST_CHECK_EQUAL(reason_of(bytes(animated)), "animated picture: not a still");
}

// "Exif\0\0" in front or not, either order of bytes.
std::string exif(int orientation, bool big, bool front)
{
    using namespace std::string_literals;
    const std::string tiff = big ? "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0"s + char(orientation) + "\0\0\0\0\0\0"s
                                 : "II*\0\x08\0\0\0\1\0\x12\x01\3\0\1\0\0\0"s + char(orientation) + "\0\0\0\0\0\0\0"s;
    return (front ? "Exif\0\0"s : ""s) + tiff;
}

std::string little32(std::size_t value)
{
    std::string text;
    for (int shift = 0; shift < 32; shift += 8)
        text += char(value >> shift & 0xff);
    return text;
}

BOOST_AUTO_TEST_CASE(orientation_of_png_and_webp)
{
    using namespace std::string_literals;
    const std::string rows = "\0\1\2\3\0\4\5\6"s, header = ihdr(3, 2, 8, png_grey);
    const Picture upright = decode_picture(png(header, rows), "x");
    const Picture webp_upright = decode_picture(bytes(webp_lossy), "x");
    for (int o = 1; o <= 8; ++o)
        for (const bool big : {false, true})
            for (const bool front : {false, true}) {
                const std::string block = exif(o, big, front);
                for (const bool before : {false, true}) {    // the pixels
                    const std::string data = chunk("IDAT", stored(rows)), tag = chunk("eXIf", block);
                    const Bytes file =
                        bytes(png_signature + header + (before ? tag + data : data + tag) + chunk("IEND", ""));
                    BOOST_CHECK(decode_picture(file, "x") == orient(upright, o));
                    const PictureInfo info = inspect_picture(file, "x");
                    BOOST_CHECK(info.orientation == o && info.width == (o >= 5 ? 2 : 3) && info.plain == (o == 1));
                }
                const std::string body = "WEBPVP8X"s + little32(10) + "\x08\0\0\0\x07\0\0\x05\0\0"s +
                                         webp_lossy.substr(12) + "EXIF" + little32(block.size()) + block;
                const Bytes file = bytes("RIFF" + little32(body.size()) + body);
                BOOST_CHECK(decode_picture(file, "x") == orient(webp_upright, o));
                const PictureInfo info = inspect_picture(file, "x");
                BOOST_CHECK(info.orientation == o && info.width == (o >= 5 ? 6 : 8) && info.plain == (o == 1));
            }
}

BOOST_AUTO_TEST_CASE(every_truncated_webp_is_an_error)
{
    for (const std::string& whole : {webp_lossless_alpha, webp_lossy, webp_lossy_alpha})
        for (std::size_t n = 0; n < whole.size(); ++n) {
            std::string cut = whole.substr(0, n);
            BOOST_CHECK_NE(reason_of(bytes(cut)), "");
            if (n < 12)
                continue;
            cut[4] = char(n - 8);    // and so if the RIFF header does not tell
            BOOST_CHECK_NE(reason_of(bytes(cut)), "");
        }
}

BOOST_AUTO_TEST_CASE(pnm_ranges_and_headers)
{
    using namespace std::string_literals;
    const auto rgb = [](const std::string& text) { return decode_picture(bytes(text), "x").rgb; };
    BOOST_CHECK(rgb("P5\n2 1\n255\n\x09\xf0"s) == (Levels{9, 9, 9, 240, 240, 240}));
    BOOST_CHECK(rgb("P5 # grey\n# of two\n2 1 # pixels\n255\n#x"s) == (Levels{35, 35, 35, 120, 120, 120}));
    BOOST_CHECK(rgb("P6 1 1 255 \1\2\3"s) == (Levels{1, 2, 3}));
    BOOST_CHECK(rgb("P5 3 1 2 \0\1\2"s) == (Levels{0, 0, 0, 128, 128, 128, 255, 255, 255}));
    BOOST_CHECK(rgb("P6 1 1 65535 \1\xff\x80\0\xfe\xff"s) == (Levels{1, 128, 254}));
    BOOST_CHECK(rgb("P5 1 1 1000 \x01\xf4"s) == (Levels{128, 128, 128}));
    for (const std::string& cut : {"P5 2 1 255 \1"s, "P6 999999 999999 65535 x"s})
        BOOST_CHECK_EQUAL(reason_of(bytes(cut)), "truncated picture");
    for (const std::string& wrong :
         {"P5 1 1 7 \x08"s, "P5 1 1 65536 \1\1"s, "P5 1 1 0 \1"s, "P5 0 1 255 "s, "P5 1 -1 255 \1"s, "P5 1 1 255x\1"s,
          "P52 1 255 \1\1"s, "P5 1 1 # 255\n\1"s, "P5 1"s})
        BOOST_CHECK_EQUAL(reason_of(bytes(wrong)), "damaged picture");
    BOOST_CHECK_EQUAL(reason_of(bytes("P5 1 1 255 \1\1"s)), "data after the picture's end");
    BOOST_CHECK_EQUAL(reason_of(bytes("P3 1 1 255 1 1 1\n")), "not a JPEG, PNG, WebP or binary PNM picture");
}

BOOST_AUTO_TEST_CASE(bmp_is_refused_by_name)
{
    const std::string header = "BM" + std::string(12, '\0') + "\x28" + std::string(50, '\0');
    BOOST_CHECK_EQUAL(reason_of(bytes(header)), "unsupported picture format BMP");
}

BOOST_AUTO_TEST_SUITE_END()
