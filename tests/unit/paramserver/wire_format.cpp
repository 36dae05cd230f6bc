// Numbers on the wire: bf16 to the nearest and stochastically, and what is not finite.
#include "base/error.h"
#include "models.h"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

using namespace nonna;
using namespace nonna::test;

namespace
{

std::vector<float> there_and_back(const std::vector<float>& numbers, Wire wire, std::optional<std::uint64_t> key)
{
    std::vector<std::byte> bytes(numbers.size() * bytes_each(wire));
    pack(numbers, wire, key, bytes.data());
    std::vector<float> back(numbers.size());
    unpack(bytes.data(), wire, back);
    return back;
}

float below(float v) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) & 0xffff0000u); }    // towards 0
float beyond(float v) { return std::bit_cast<float>((std::bit_cast<std::uint32_t>(v) & 0xffff0000u) + 0x10000u); }

float largest_of(const std::vector<float>& numbers, Wire wire)
{
    std::vector<std::byte> bytes(numbers.size() * bytes_each(wire));
    pack(numbers, wire, {}, bytes.data());
    return largest(bytes.data(), wire, numbers.size());
}

bool finite(const std::vector<float>& numbers, Wire wire) { return std::isfinite(largest_of(numbers, wire)); }

const float infinity = std::numeric_limits<float>::infinity(), nan_ = std::numeric_limits<float>::quiet_NaN();

}    // namespace

BOOST_AUTO_TEST_SUITE(wire_format)

BOOST_AUTO_TEST_CASE(fp32_is_untouched)
{
    std::vector<float> v = noise(1000, 3, 1.1);
    v[3] = -0.0f;
    v[4] = std::numeric_limits<float>::denorm_min();
    for (const auto key : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(5)}) {
        const std::vector<float> back = there_and_back(v, Wire::fp32, key);
        BOOST_TEST(std::memcmp(v.data(), back.data(), v.size() * sizeof(float)) == 0);
    }
}

BOOST_AUTO_TEST_CASE(bf16_is_the_nearest)
{
    const std::vector<float> v = noise(10000, 7, 0.913);
    const std::vector<float> back = there_and_back(v, Wire::bf16, {});
    for (std::size_t i = 0; i < v.size(); ++i) {
        const double low = below(v[i]), high = beyond(v[i]), value = v[i];
        BOOST_TEST((back[i] == float(low) || back[i] == float(high)));
        BOOST_TEST(std::abs(back[i] - value) <= std::min(std::abs(low - value), std::abs(high - value)));
    }
    // halves go to the even one; what is a bf16 stays
    const std::vector<float> halves = {std::bit_cast<float>(0x3f808000u), std::bit_cast<float>(0x3f818000u), 1.5f, -2,
                                       0};
    const std::vector<float> rounded = there_and_back(halves, Wire::bf16, {});
    BOOST_TEST(std::bit_cast<std::uint32_t>(rounded[0]) == 0x3f800000u);
    BOOST_TEST(std::bit_cast<std::uint32_t>(rounded[1]) == 0x3f820000u);
    BOOST_TEST((rounded[2] == 1.5f && rounded[3] == -2 && rounded[4] == 0));
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_stays_so)
{
    for (const auto key : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(5)}) {
        // the last: a NaN whose bits are all in the half that is cut off
        const std::vector<float> back =
            there_and_back({infinity, -infinity, nan_, std::bit_cast<float>(0x7f800001u)}, Wire::bf16, key);
        BOOST_TEST((back[0] == infinity && back[1] == -infinity && std::isnan(back[2]) && std::isnan(back[3])));
    }
}

// The mean over keys of a number between two bf16s: each draw is one of them, up with probability p, so the mean of n
// draws has a deviation of (high - low) * sqrt(p (1 - p) / n); five of these over 200 numbers are never met by chance.
BOOST_AUTO_TEST_CASE(stochastic_rounding_is_unbiased)
{
    const std::vector<float> v = noise(200, 2, 0.71);
    constexpr int keys = 4000;
    std::vector<double> sum(v.size());
    for (int k = 0; k < keys; ++k) {
        const std::vector<float> back = there_and_back(v, Wire::bf16, std::uint64_t(k) * 0x9e3779b97f4a7c15u + 12345);
        for (std::size_t i = 0; i < v.size(); ++i) {
            BOOST_REQUIRE((back[i] == below(v[i]) || back[i] == beyond(v[i])));
            sum[i] += back[i];
        }
    }
    double bias = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
        const double low = below(v[i]), high = beyond(v[i]), p = (v[i] - low) / (high - low);
        const double off = (sum[i] / keys - v[i]) / (high - low);
        BOOST_TEST(std::abs(off) <= 5 * std::sqrt(p * (1 - p) / keys) + 1e-6, "number " << i << " off by " << off);
        bias += off / double(v.size());
    }
    BOOST_TEST(std::abs(bias) <= 5 * 0.5 / std::sqrt(double(keys) * double(v.size())));
}

BOOST_AUTO_TEST_CASE(draws_differ_within_a_push_and_between_pushes)
{
    // Half way between two, many times over: as many up as down in one push, and not the same ones in the next.
    const std::vector<float> v(20000, std::bit_cast<float>(0x3f808000u));
    for (std::uint64_t k : {0ull, 1ull, 77ull << 32}) {
        const std::vector<float> a = there_and_back(v, Wire::bf16, k), b = there_and_back(v, Wire::bf16, k + 1);
        int up = 0, same = 0, alternate = 0;
        for (std::size_t i = 0; i < v.size(); ++i) {
            up += a[i] > v[i];
            same += a[i] == b[i];
            alternate += i > 0 && a[i] == a[i - 1];
        }
        // binomial with 20000 draws: deviation 71
        BOOST_TEST(std::abs(up - 10000) < 400);
        BOOST_TEST(std::abs(same - 10000) < 400);
        BOOST_TEST(std::abs(alternate - 10000) < 400);
        BOOST_TEST((a == there_and_back(v, Wire::bf16, k)));
    }
}

BOOST_AUTO_TEST_CASE(finite_or_not)
{
    for (const Wire wire : {Wire::fp32, Wire::bf16}) {
        std::vector<float> v = noise(67, 1e30f, 0.3);
        v[5] = 0;
        v[6] = std::numeric_limits<float>::denorm_min();
        v[7] = -0.0f;
        BOOST_TEST(finite(v, wire));
        BOOST_TEST(finite({}, wire));
        for (const float bad : {infinity, -infinity, nan_, -nan_, std::bit_cast<float>(0x7f800001u)})
            for (const std::size_t at : {std::size_t(0), std::size_t(31), v.size() - 1}) {
                std::vector<float> w = v;
                w[at] = bad;
                BOOST_TEST(!finite(w, wire));
            }
    }
    for (const Wire wire : {Wire::fp32, Wire::bf16}) {
        BOOST_TEST(largest_of({}, wire) == 0.0f);
        BOOST_TEST(largest_of({-0.0f, 0.5f, -3, 2}, wire) == 3.0f);
        BOOST_TEST(largest_of({std::ldexp(1.0f, -140), -std::ldexp(1.0f, -130)}, wire) == std::ldexp(1.0f, -130));
    }
    std::vector<float> most = {std::numeric_limits<float>::max()};
    BOOST_TEST(finite(most, Wire::fp32));
    BOOST_TEST(!finite(most, Wire::bf16));    // rounds up to infinity
}

BOOST_AUTO_TEST_SUITE_END()
