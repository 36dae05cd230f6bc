#include "media/reduced_picture.h"

#include "base/error.h"
#include "jpegs.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace nonna;
using nonna::test::Factors;
using nonna::test::jpeg;
using nonna::test::with_orientation;

namespace
{

// Waves, each channel its own, steep enough for a shift by the few columns that a last block has too much (5 and 7
// here) to be ten levels and more.
Picture waves(int width, int height)
{
    Picture p = blank_picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            p.at(x, y)[0] = std::uint8_t(std::lround(128 + 100 * std::sin(0.06 * x + 0.01 * y)));
            p.at(x, y)[1] = std::uint8_t(std::lround(128 + 100 * std::sin(0.05 * y - 0.02 * x)));
            p.at(x, y)[2] = std::uint8_t(std::lround(128 + 100 * std::cos(0.04 * (x + y))));
        }
    return p;
}

int largest_difference(const Picture& a, const Picture& b)
{
    BOOST_REQUIRE(a.width == b.width && a.height == b.height);
    int largest = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        largest = std::max(largest, std::abs(a.rgb[i] - b.rgb[i]));
    return largest;
}

// The middle square at `reduction`, which is `lowered` to less, held against that of the whole picture.
int difference_at(int reduction, const Bytes& file, int size, int lowered = 1)
{
    const Picture whole = decode_picture(file, "x");
    const ReducedPicture from = decode_reduced(file, "x", reduction);
    reduction = std::max(1, reduction / lowered);
    BOOST_CHECK_EQUAL(from.reduction, reduction);
    BOOST_CHECK_EQUAL(from.width, whole.width);
    BOOST_CHECK_EQUAL(from.height, whole.height);
    BOOST_CHECK_EQUAL(from.picture.width, (whole.width + reduction - 1) / reduction);
    const int side = std::min(whole.width, whole.height);
    return largest_difference(cut_square(from, (whole.width - side) / 2, (whole.height - side) / 2, side, size),
                              fit_square(whole, size));
}

}    // namespace

BOOST_AUTO_TEST_SUITE(reduced_picture)

BOOST_AUTO_TEST_CASE(four_pixels_a_side_are_left_for_each)
{
    BOOST_CHECK_EQUAL(reduction_for(255, 32), 1);
    BOOST_CHECK_EQUAL(reduction_for(256, 32), 2);
    BOOST_CHECK_EQUAL(reduction_for(511, 32), 2);
    BOOST_CHECK_EQUAL(reduction_for(512, 32), 4);
    BOOST_CHECK_EQUAL(reduction_for(1024, 32), 8);
    BOOST_CHECK_EQUAL(reduction_for(1000000, 32), 8);
    BOOST_CHECK_EQUAL(reduction_for(32, 32), 1);
    BOOST_CHECK_EQUAL(reduction_for(1000000, 1000000), 1);
}

// Three levels: a rounding in each way, and what the file's own noise makes of it.
BOOST_AUTO_TEST_CASE(every_kind_of_jpeg_gives_the_whole_pictures_square)
{
    const Picture p = waves(331, 273);
    for (const int reduction : {2, 4, 8}) {
        // Beside the sampling factors, by how much less a picture of these is reduced.
        for (const auto& [factors, lowered] : std::vector<std::pair<std::vector<Factors>, int>>{
                 {{{1, 1}, {1, 1}, {1, 1}}, 1},
                 {{{2, 2}, {1, 1}, {1, 1}}, 1},
                 {{{2, 1}, {1, 1}, {1, 1}}, 2},
                 {{{4, 1}, {1, 1}, {1, 1}}, 4},
                 {{{4, 2}, {1, 1}, {1, 1}}, 2},
                 {{{1, 4}, {1, 1}, {1, 1}}, 4},
                 {{{2, 2}, {1, 2}, {2, 1}}, 2},
                 {{{1, 1}, {2, 2}, {2, 2}}, 1},
             })
            for (const bool progressive : {false, true})
                BOOST_TEST_CONTEXT("1/" << reduction << " of " << factors[0].across << "x" << factors[0].down << " "
                                        << factors[1].across << "x" << factors[1].down)
        BOOST_CHECK_LE(difference_at(reduction, jpeg(p, factors, JCS_YCbCr, false, progressive), 8, lowered), 3);
        BOOST_CHECK_LE(difference_at(reduction, jpeg(p, {}, JCS_CMYK), 8), 3);
        BOOST_CHECK_LE(difference_at(reduction, jpeg(p, {}, JCS_YCCK, true), 8), 3);
        BOOST_CHECK_LE(difference_at(reduction, jpeg(p, {}, JCS_GRAYSCALE), 8), 3);
    }
}

// Where a side is no multiple of the reduction the block that sticks out comes first in the turned picture.
BOOST_AUTO_TEST_CASE(orientation_keeps_places)
{
    const Bytes file = jpeg(waves(331, 273), {});
    for (int o = 1; o <= 8; ++o)
        for (const int reduction : {2, 4, 8}) {
            const Bytes turned = with_orientation(file, o);
            BOOST_CHECK_LE(difference_at(reduction, turned, 8), 3);
            const Picture whole = decode_picture(turned, "x");
            const ReducedPicture from = decode_reduced(turned, "x", reduction);
            const int right = whole.width - 200, bottom = whole.height - 200;
            for (const auto& [x, y] : {std::pair(0, 0), std::pair(right, 0), std::pair(0, bottom), std::pair(37, 51)})
                BOOST_CHECK_LE(
                    largest_difference(cut_square(from, x, y, 200, 6), resize(crop(whole, x, y, 200, 200), 6, 6)), 3);
        }
}

BOOST_AUTO_TEST_CASE(what_is_whole_is_cut_and_resized_as_ever)
{
    const Picture p = waves(131, 73);
    const Bytes png = encode_png(p), file = jpeg(p, {});
    const ReducedPicture from_png = decode_reduced(png, "x", 8), from_jpeg = decode_reduced(file, "x", 1);
    BOOST_CHECK_EQUAL(from_png.reduction, 1);    // only JPEGs are decoded smaller
    BOOST_CHECK(cut_square(from_png, 29, 0, 73, 8) == fit_square(p, 8));
    BOOST_CHECK(cut_square(from_jpeg, 29, 0, 73, 8) == fit_square(decode_picture(file, "x"), 8));
}

BOOST_AUTO_TEST_CASE(damage_and_size_are_refused_alike)
{
    const Picture p = waves(331, 273);
    for (const bool progressive : {false, true}) {
        Bytes file = jpeg(p, {}, JCS_YCbCr, false, progressive);
        BOOST_CHECK_THROW(decode_reduced(file, "x", 8, 331 * 273 - 1), Error);
        file.resize(file.size() - 40);
        for (const int reduction : {2, 4, 8})
            BOOST_CHECK_EXCEPTION(decode_reduced(file, "x", reduction), Error,
                                  [](const Error& e) { return e.reason() == "truncated picture"; });
    }
}

BOOST_AUTO_TEST_SUITE_END()
