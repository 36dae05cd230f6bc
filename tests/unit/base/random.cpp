#include "base/random.h"

#include <Random123/philox.h>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(random_numbers)

namespace
{

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key)
{
    const philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    const philox4x32_key_t k = {{key[0], key[1]}};
    const philox4x32_ctr_t r = philox4x32(c, k);
    return {r.v[0], r.v[1], r.v[2], r.v[3]};
}

}    // namespace

// The vectors of Random123's own kat_vectors file (philox 4x32, 10 rounds): the generator on this machine is Philox.
BOOST_AUTO_TEST_CASE(known_answers)
{
    using Block = std::array<std::uint32_t, 4>;
    BOOST_TEST((philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    BOOST_TEST((philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    BOOST_TEST((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// How seed, purpose, index and position are laid into key and counter is part of every result: it must not change.
BOOST_AUTO_TEST_CASE(layout_of_key_and_counter)
{
    Random zero(0, static_cast<Purpose>(0), 0);
    for (const std::uint32_t expected : {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u})
        BOOST_TEST(zero.bits() == expected);

    Random random(0x1122334455667788, Purpose::batch_order, 0x99aabbccddeeff00);
    for (std::uint32_t block = 0; block < 3; ++block)
        for (const std::uint32_t expected : philox({block, 4, 0xddeeff00, 0x99aabbcc}, {0x55667788, 0x11223344}))
            BOOST_TEST(random.bits() == expected);
}

BOOST_AUTO_TEST_CASE(streams_differ_by_seed_purpose_and_index)
{
    std::set<std::uint64_t> firsts;
    for (const std::uint64_t seed : {0ull, 1ull, 1ull << 32, ~0ull})
        for (const Purpose purpose : {Purpose::weights, Purpose::whitening_patches, Purpose::tests})
            for (const std::uint64_t index : {0ull, 1ull, 1ull << 32, ~0ull}) {
                Random random(seed, purpose, index);
                const std::uint64_t high = random.bits();
                firsts.insert(high << 32 | random.bits());
            }
    BOOST_TEST(firsts.size() == 4u * 3u * 4u);
    Random a(7, Purpose::tests, 3), b(7, Purpose::tests, 3);
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(a.bits() == b.bits());
}

// Bounds: four standard errors of the estimate from n draws (the seed is fixed: the test cannot fail by chance).
BOOST_AUTO_TEST_CASE(uniform_moments)
{
    Random random(1, Purpose::tests);
    const int n = 200'000;
    double sum = 0, squares = 0;
    std::vector<int> tenths(10);
    for (int i = 0; i < n; ++i) {
        const double u = random.uniform();
        BOOST_REQUIRE((u >= 0 && u < 1));
        sum += u;
        squares += u * u;
        ++tenths[static_cast<std::size_t>(u * 10)];
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    BOOST_TEST(std::abs(mean - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
    BOOST_TEST(std::abs(variance - 1.0 / 12) < 4 * std::sqrt(1.0 / 180 / n));
    for (const int count : tenths)
        BOOST_TEST(std::abs(count - n / 10.0) < 4 * std::sqrt(n * 0.1 * 0.9));
}

BOOST_AUTO_TEST_CASE(normal_moments)
{
    Random random(2, Purpose::tests);
    const int n = 200'000;
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, neighbours = 0, last = 0;
    for (int i = 0; i < n; ++i) {
        const double x = random.normal();
        m1 += x;
        m2 += x * x;
        m3 += x * x * x;
        m4 += x * x * x * x;
        neighbours += x * last;
        last = x;
    }
    // Variances of x, x^2, x^3, x^4 and of the product of two: 1, 2, 15, 96, 1.
    BOOST_TEST(std::abs(m1 / n) < 4 * std::sqrt(1.0 / n));
    BOOST_TEST(std::abs(m2 / n - 1) < 4 * std::sqrt(2.0 / n));
    BOOST_TEST(std::abs(m3 / n) < 4 * std::sqrt(15.0 / n));
    BOOST_TEST(std::abs(m4 / n - 3) < 4 * std::sqrt(96.0 / n));
    BOOST_TEST(std::abs(neighbours / n) < 4 * std::sqrt(1.0 / n));
}

BOOST_AUTO_TEST_CASE(below_is_in_range_and_even)
{
    Random random(3, Purpose::tests);
    std::vector<int> counts(7);
    const int n = 70'000;
    for (int i = 0; i < n; ++i)
        ++counts.at(random.below(7));
    for (const int count : counts)
        BOOST_TEST(std::abs(count - n / 7.0) < 4 * std::sqrt(n / 7.0 * 6 / 7));
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(random.below(1) == 0u);
        BOOST_TEST(random.below(~0ull) < ~0ull);
    }
}

BOOST_AUTO_TEST_CASE(shuffle_permutes)
{
    std::vector<int> order(1000), sorted(1000);
    std::iota(sorted.begin(), sorted.end(), 0);
    order = sorted;
    Random random(4, Purpose::batch_order);
    shuffle(order, random);
    BOOST_TEST(order != sorted);
    std::vector<int> again = sorted;
    Random same(4, Purpose::batch_order);
    shuffle(again, same);
    BOOST_TEST(again == order);
    std::sort(order.begin(), order.end());
    BOOST_TEST(order == sorted);
}

BOOST_AUTO_TEST_SUITE_END()
