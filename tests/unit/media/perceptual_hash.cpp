#include "media/perceptual_hash.h"
#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <vector>

using namespace nonna;

namespace
{

// Smooth clouds: a coarse random grid, enlarged.
Picture clouds(std::uint64_t seed)
{
    Random random(seed, Purpose::tests);
    Picture p = blank_picture(8, 8);
    for (std::uint8_t& v : p.rgb)
        v = std::uint8_t(random.below(256));
    return resize(p, 200, 200);
}

int distance(const Picture& a, const Picture& b) { return std::popcount(perceptual_hash(a) ^ perceptual_hash(b)); }

}    // namespace

BOOST_AUTO_TEST_SUITE(perceptual)

BOOST_AUTO_TEST_CASE(what_looks_alike_is_near)
{
    const Picture p = clouds(1);
    BOOST_TEST(distance(p, decode_picture(encode_jpeg(p, 50), "p")) <= 4);
    BOOST_TEST(distance(p, resize(p, 80, 80)) <= 4);
    Picture darker = p;
    for (std::uint8_t& v : darker.rgb)
        v = std::uint8_t(v * 3 / 4);
    BOOST_TEST(distance(p, darker) <= 4);
}

BOOST_AUTO_TEST_CASE(what_does_not_is_far)
{
    BOOST_TEST(distance(clouds(1), clouds(2)) > 12);
    BOOST_TEST(distance(clouds(1), orient(clouds(1), 2)) > 12);    // mirrored
}

BOOST_AUTO_TEST_CASE(flat_pictures_have_none)
{
    for (const int level : {0, 1, 127, 255})
        BOOST_TEST(perceptual_hash(blank_picture(64, 48, std::uint8_t(level))) == 0u);
}

// Of each kind one that runs across and one that runs down: slopes, steps, lines, stripes, bars, a barcode.
BOOST_AUTO_TEST_CASE(what_varies_in_one_direction_alone_is_told_apart)
{
    constexpr int side = 96;
    int (*const levels[])(int) = {
        [](int x) { return x * 255 / 95; },
        [](int x) { return 255 - x * 255 / 95; },
        [](int x) { return x < 60 ? 255 : 0; },
        [](int x) { return x < 48 ? 255 : 0; },
        [](int x) { return x < 30 ? 0 : 255; },
        [](int x) { return x / 40 == 1 && x < 44 ? 255 : 0; },
        [](int x) { return x >= 70 && x < 74 ? 255 : 0; },
        [](int x) { return x / 6 % 2 ? 255 : 0; },
        [](int x) { return x / 16 % 2 ? 255 : 0; },
        [](int x) { return (x > 9 && x < 21) || (x > 29 && x < 34) || (x > 59 && x < 73) ? 0 : 255; },
        [](int x) { return std::array{225, 178, 149, 105, 76, 29, 255, 0}[std::size_t(x / 12)]; },
    };
    std::vector<Picture> pictures{blank_picture(side, side)};
    for (const auto level : levels) {
        Picture across = blank_picture(side, side);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                for (int c = 0; c < 3; ++c)
                    across.at(x, y)[c] = std::uint8_t(level(x));
        BOOST_TEST(distance(across, decode_picture(encode_jpeg(across, 50), "across")) <= 2);
        pictures.push_back(across);
        pictures.push_back(orient(across, 5));    // mirrored at the diagonal
    }
    for (std::size_t i = 0; i < pictures.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            BOOST_TEST(distance(pictures[i], pictures[j]) > 6, i << " and " << j);
}

// Sets keep hashes: a bit that changes needs a new version.
BOOST_AUTO_TEST_CASE(hashes_of_this_version)
{
    BOOST_TEST(perceptual_hash_version == 2);
    BOOST_TEST(perceptual_hash(clouds(1)) == 4859484088237470238u);
    Picture slope = blank_picture(64, 64);
    for (std::size_t i = 0; i < slope.rgb.size(); ++i)
        slope.rgb[i] = std::uint8_t(i / 192 * 4);
    BOOST_TEST(perceptual_hash(slope) == 3438216842969350144u);
}

BOOST_AUTO_TEST_SUITE_END()
