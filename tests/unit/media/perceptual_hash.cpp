#include "media/perceptual_hash.h"
#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <bit>

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

BOOST_AUTO_TEST_SUITE_END()
