#include "media/picture.h"
#include "base/error.h"
#include "base/random.h"
#include "jpegs.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>

using namespace nonna;
using nonna::test::with_orientation;

namespace
{

Picture ramp(int width, int height)
{
    Picture p = blank_picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            p.at(x, y)[0] = std::uint8_t(x * 255 / width);
            p.at(x, y)[1] = std::uint8_t(y * 255 / height);
            p.at(x, y)[2] = std::uint8_t((x + y) * 255 / (width + height));
        }
    return p;
}

double difference(const Picture& a, const Picture& b)
{
    BOOST_REQUIRE_EQUAL(a.rgb.size(), b.rgb.size());
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
    return sum / double(a.rgb.size());
}

Bytes bytes(const std::string& text)
{
    const auto view = std::as_bytes(std::span(text));
    return Bytes(view.begin(), view.end());
}

std::string reason_of(const Bytes& encoded, long limit = default_max_pixels)
{
    try {
        decode_picture(encoded, "x", limit);
    } catch (const Error& e) {
        BOOST_CHECK_EQUAL(e.subject(), "x");
        return e.reason();
    }
    return "";
}

}    // namespace

BOOST_AUTO_TEST_SUITE(picture)

BOOST_AUTO_TEST_CASE(png_is_lossless_and_jpeg_close)
{
    const Picture p = ramp(61, 37);
    BOOST_CHECK(decode_picture(encode_png(p), "x") == p);
    // Quality 95 quantises a smooth ramp by less than a level on average.
    BOOST_CHECK_LT(difference(decode_picture(encode_jpeg(p), "x"), p), 1.0);
    const PictureInfo info = inspect_picture(encode_jpeg(p), "x");
    BOOST_CHECK(info.extension == "jpg" && info.width == 61 && info.height == 37 && info.plain);
}

BOOST_AUTO_TEST_CASE(every_truncation_is_an_error)
{
    const Picture p = ramp(40, 30);
    const std::string header = "P6\n40 30\n255\n";
    Bytes ppm = bytes(header);
    for (const std::uint8_t v : p.rgb)
        ppm.push_back(std::byte(v));
    BOOST_CHECK(decode_picture(ppm, "x") == p);
    for (const Bytes& whole : {encode_jpeg(p), encode_png(p), ppm})
        for (std::size_t n = 0; n < whole.size(); n += n < 700 ? 1 : 37)
            BOOST_CHECK_NE(reason_of(Bytes(whole.begin(), whole.begin() + std::ptrdiff_t(n))), "");
}

BOOST_AUTO_TEST_CASE(damage_never_gives_anything_but_a_picture_or_an_error)
{
    Random random(1, Purpose::tests);
    for (const Bytes& whole : {encode_jpeg(ramp(40, 30)), encode_png(ramp(40, 30))})
        for (int i = 0; i < 300; ++i) {
            Bytes hurt = whole;
            for (int k = 0; k < 3; ++k)
                hurt[random.below(hurt.size())] = std::byte(random.below(256));
            reason_of(hurt, 1'000'000);
        }
}

BOOST_AUTO_TEST_CASE(a_bomb_is_refused_by_its_header)
{
    Bytes png = encode_png(ramp(8, 8));
    for (const std::size_t i : {18, 22})    // width and height: 8 -> 30728 (the checksum no longer matters)
        png[i] = std::byte(0x78);
    BOOST_CHECK_NE(reason_of(png).find("larger than the limit"), std::string::npos);
    BOOST_CHECK_NE(reason_of(encode_jpeg(ramp(50, 50)), 2499).find("larger than the limit"), std::string::npos);
    BOOST_CHECK_EQUAL(reason_of(encode_jpeg(ramp(50, 50)), 2500), "");
}

BOOST_AUTO_TEST_CASE(other_files_are_named_as_such)
{
    BOOST_CHECK_EQUAL(reason_of({}), "empty file");
    BOOST_CHECK_EQUAL(reason_of(bytes("GIF89a and more")), "unsupported picture format GIF: convert it to JPEG or PNG");
    BOOST_CHECK_EQUAL(reason_of(bytes("some text")), "not a JPEG, PNG, WebP or binary PNM picture");
}

BOOST_AUTO_TEST_CASE(orientations_agree_with_their_definition)
{
    // EXIF: where row 0 and column 0 of the stored picture are seen: 6 right/top, 8 left/bottom, 3 bottom/right ...
    const Picture p = ramp(4, 3);
    const auto same = [](const std::uint8_t* a, const std::uint8_t* b) { return std::equal(a, a + 3, b); };
    const struct {
        int orientation, x, y;
    } top_left[] = {{1, 0, 0}, {2, 3, 0}, {3, 3, 2}, {4, 0, 2}, {5, 0, 0}, {6, 2, 0}, {7, 2, 3}, {8, 0, 3}};
    for (const auto& t : top_left) {
        const Picture q = orient(p, t.orientation);
        BOOST_CHECK_EQUAL(q.width, t.orientation >= 5 ? 3 : 4);
        BOOST_CHECK(same(q.at(t.x, t.y), p.at(0, 0)));
    }
    BOOST_CHECK(same(orient(p, 6).at(2, 3), p.at(3, 0)));    // the first row runs down the right side
    BOOST_CHECK(same(orient(p, 8).at(0, 0), p.at(3, 0)));    // and up the left side

    const Picture big = ramp(48, 32);
    for (int o = 1; o <= 8; ++o) {
        const Bytes tagged = with_orientation(encode_jpeg(big), o);
        BOOST_CHECK_LT(difference(decode_picture(tagged, "x"), orient(big, o)), 1.0);
        BOOST_CHECK_EQUAL(inspect_picture(tagged, "x").plain, o == 1);
    }
}

BOOST_AUTO_TEST_CASE(resizing_averages_areas)
{
    Picture p = blank_picture(4, 2, 10);
    p.at(0, 0)[0] = 50;
    const Picture q = resize(p, 2, 1);
    BOOST_CHECK_EQUAL(int(q.at(0, 0)[0]), 20);
    BOOST_CHECK_EQUAL(int(q.at(1, 0)[0]), 10);
    const Picture flat = resize(blank_picture(3, 3, 77), 10, 7);
    BOOST_CHECK(flat == blank_picture(10, 7, 77));
}

BOOST_AUTO_TEST_CASE(crops_and_squares)
{
    const Picture p = ramp(9, 4);
    const Picture q = crop(p, 2, 1, 3, 2);
    BOOST_CHECK(std::equal(q.at(0, 0), q.at(0, 0) + 3, p.at(2, 1)) &&
                std::equal(q.at(2, 1), q.at(2, 1) + 3, p.at(4, 2)));
    BOOST_CHECK(fit_square(p, 4) == crop(p, 2, 0, 4, 4));
    BOOST_CHECK_THROW(crop(p, -1, 0, 2, 2), Error);
    BOOST_CHECK_THROW(crop(p, 8, 0, 2, 2), Error);
    BOOST_CHECK_THROW(crop(p, 0, 0, 0, 2), Error);
}

BOOST_AUTO_TEST_CASE(grey_levels_and_pasting)
{
    BOOST_CHECK(grey(blank_picture(2, 2, 93)) == std::vector<std::uint8_t>(4, 93));
    Picture p = blank_picture(3, 3);
    paste(p, blank_picture(2, 2, 9), 2, -1);    // one pixel is left of it
    BOOST_CHECK_EQUAL(int(p.at(2, 0)[0]), 9);
    BOOST_CHECK_EQUAL(std::count(p.rgb.begin(), p.rgb.end(), 9), 3);
    paste(p, blank_picture(2, 2, 9), 5, 5);
    BOOST_CHECK_EQUAL(std::count(p.rgb.begin(), p.rgb.end(), 9), 3);
    draw_text(p, "far too long for it", -2, -2, 12);
    draw_box(p, {-5, -5, 100, 100, 0}, 1, 2, 3);
}

BOOST_AUTO_TEST_SUITE_END()
