#include "media/resample.h"

#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numbers>

using namespace nonna;

namespace
{

Picture noise(int width, int height, std::uint64_t seed)
{
    Random random(seed, Purpose::tests);
    Picture picture = blank_picture(width, height);
    for (auto& v : picture.rgb)
        v = std::uint8_t(random.below(256));
    return picture;
}

// Waves of `period` pixels across and down: another in each channel.
Picture waves(int width, int height, double period)
{
    Picture picture = blank_picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                picture.at(x, y)[c] =
                    std::uint8_t(std::lround(128 + 50 * std::sin(2 * std::numbers::pi * (x + 0.5) / period + c) +
                                             50 * std::cos(2 * std::numbers::pi * (y + 0.5) / period - c)));
    return picture;
}

int greatest_difference(const Picture& a, const Picture& b, int margin)
{
    BOOST_REQUIRE(a.width == b.width && a.height == b.height);
    int most = 0;
    for (int y = margin; y < a.height - margin; ++y)
        for (int x = margin; x < a.width - margin; ++x)
            for (int c = 0; c < 3; ++c)
                most = std::max(most, std::abs(int(a.at(x, y)[c]) - int(b.at(x, y)[c])));
    return most;
}

AffineMap shift(double x, double y)
{
    AffineMap map;
    map.x0 = x;
    map.y0 = y;
    return map;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(resampling)

BOOST_AUTO_TEST_CASE(nothing_changed_is_the_same)
{
    for (const auto& [w, h] : {std::pair(1, 1), std::pair(7, 5), std::pair(48, 48)}) {
        const Picture picture = noise(w, h, 1);
        BOOST_TEST((resample(picture, {}, w, h) == picture));
        BOOST_TEST((resample(picture, {}, w, h, {false, {1, 2, 3}}) == picture));
    }
}

BOOST_AUTO_TEST_CASE(whole_pixels_are_exact_and_beyond_is_what_was_asked)
{
    const Picture picture = noise(6, 5, 2);
    const Picture mirrored = resample(picture, shift(3, -2), 6, 5);
    const Picture plain = resample(picture, shift(3, -2), 6, 5, {false, {10, 20, 30}});
    const int from_x[] = {3, 4, 5, 4, 3, 2}, from_y[] = {2, 1, 0, 1, 2};    // reflect-101
    for (int y = 0; y < 5; ++y)
        for (int x = 0; x < 6; ++x)
            for (int c = 0; c < 3; ++c) {
                BOOST_TEST(int(mirrored.at(x, y)[c]) == int(picture.at(from_x[x], from_y[y])[c]));
                const bool inside = x + 3 < 6 && y - 2 >= 0;
                BOOST_TEST(int(plain.at(x, y)[c]) == (inside ? int(picture.at(x + 3, y - 2)[c]) : 10 * (c + 1)));
            }
    // Twice around: reflect-101 repeats after 2 (size - 1) pixels.
    BOOST_TEST((resample(picture, shift(20, 16), 6, 5) == picture));
}

BOOST_AUTO_TEST_CASE(a_quarter_turn_is_exact)
{
    const Picture picture = noise(9, 9, 3);
    const double sine = std::sin(std::numbers::pi / 2), cosine = std::cos(std::numbers::pi / 2);
    const double half = 4.5;
    const AffineMap map{cosine, -sine,  half - half * cosine + half * sine,
                        sine,   cosine, half - half * sine - half * cosine};
    BOOST_TEST((resample(picture, map, 9, 9) == orient(picture, 8)));    // EXIF 8: to be turned anticlockwise
}

// Halfway between pixels Keys' cubic weighs -1/16, 9/16, 9/16, -1/16.
BOOST_AUTO_TEST_CASE(the_cubic)
{
    Picture picture = blank_picture(8, 1, 100);
    picture.at(3, 0)[0] = 180;
    const Picture half = resample(picture, shift(0.5, 0), 8, 1);
    const int expected[] = {100, 95, 145, 145, 95, 100, 100, 100};
    for (int x = 0; x < 8; ++x)
        BOOST_TEST(int(half.at(x, 0)[0]) == expected[x]);
    // A third of a pixel, by the formula.
    const auto k = [](double d) {
        return d < 1 ? 1.5 * d * d * d - 2.5 * d * d + 1 : -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2;
    };
    const Picture third = resample(picture, shift(1 / 3.0, 0), 8, 1);
    for (int x = 1; x <= 4; ++x)
        BOOST_TEST(int(third.at(x, 0)[0]) == std::lround(100 + 80 * k(std::abs(x + 1 / 3.0 - 3))));
}

BOOST_AUTO_TEST_CASE(what_is_reduced_is_averaged)
{
    Picture board = blank_picture(64, 64);
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x)
            for (int c = 0; c < 3; ++c)
                board.at(x, y)[c] = (x + y) % 2 ? 255 : 0;
    for (const int factor : {2, 4, 16}) {    // 16: by area first
        AffineMap map;
        map.xx = map.yy = factor;
        const Picture less = resample(board, map, 64 / factor, 64 / factor);
        for (const std::uint8_t v : less.rgb)
            BOOST_TEST(std::abs(int(v) - 128) <= 8);
    }
    // At 45 degrees too, where a source row is sampled at other distances.
    const AffineMap turned{2.2, -2.2, 32, 2.2, 2.2, -10};
    for (const std::uint8_t v : resample(board, turned, 16, 16).rgb)
        BOOST_TEST(std::abs(int(v) - 128) <= 8);
}

BOOST_AUTO_TEST_CASE(enlarged_and_reduced_again)
{
    const Picture picture = waves(40, 40, 20);
    AffineMap twice, half;
    twice.xx = twice.yy = 0.5;
    half.xx = half.yy = 2;
    const Picture back = resample(resample(picture, twice, 80, 80), half, 40, 40);
    BOOST_TEST(greatest_difference(back, picture, 3) <= 2);    // rounded twice, and the cubic's own error
}

// A large source goes by way of an area reduction; the result is that of a source of moderate size.
BOOST_AUTO_TEST_CASE(large_sources)
{
    AffineMap large, small;
    large.xx = large.yy = 20;
    small.xx = small.yy = 4;
    const Picture a = resample(waves(800, 800, 400), large, 40, 40), b = resample(waves(160, 160, 80), small, 40, 40);
    BOOST_TEST(greatest_difference(a, b, 2) <= 1);
    BOOST_TEST(greatest_difference(a, waves(40, 40, 20), 2) <= 2);
}

BOOST_AUTO_TEST_CASE(mean_colours)
{
    Picture picture = blank_picture(2, 1);
    picture.rgb = {0, 10, 255, 1, 20, 255};
    BOOST_TEST((mean_colour(picture) == std::array<std::uint8_t, 3>{1, 15, 255}));
}

BOOST_AUTO_TEST_SUITE_END()
