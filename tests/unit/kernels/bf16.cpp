// The bf16 kernels of every instruction set against plain loops in double precision over the rounded numbers, narrowing
// and splitting against their definitions.
//
// The product of two bf16 numbers is exact in a float, so what is left is the error of float sums: reference.h's bound
// holds (one instruction that sums pairs rounds less often, not more).
#include "reference.h"

#include "kernels/bf16.h"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace nonna;
using namespace nonna::test;

namespace
{

// Every number of maps up to a register block and one, and around two; inputs, columns and fields odd and even, so that
// a field begins and ends at either unit of a pair; rows of inputs that take one and several blocks of registers.
const Case cases[] = {{4, 6, 1, 3, 1, 1, 16},    {6, 7, 2, 3, 2, 2, 32},   {5, 9, 3, 3, 1, 3, 48},
                      {7, 8, 5, 2, 3, 4, 64},    {5, 5, 3, 4, 1, 5, 80},   {7, 7, 3, 3, 2, 6, 96},
                      {6, 6, 1, 2, 1, 7, 112},   {6, 8, 3, 4, 1, 8, 96},   {4, 9, 8, 3, 1, 8, 144},
                      {8, 11, 3, 5, 3, 8, 48},   {3, 3, 7, 1, 1, 8, 16},   {5, 10, 1, 5, 1, 8, 80},
                      {6, 7, 3, 4, 1, 9, 128},   {5, 6, 5, 3, 2, 16, 144}, {4, 5, 2, 2, 1, 17, 32},
                      {19, 19, 1, 18, 1, 8, 32}, {7, 8, 5, 6, 1, 12, 64}};

// ---- definitions --------------------------------------------------------------------------------------------------

float widened(Bf16 v) { return std::bit_cast<float>(std::uint32_t(v) << 16); }

// To nearest, ties to the even one. Of the two neighbours, the upper may be infinity, as if the exponent went on.
Bf16 rounded(float v)
{
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(v);
    const Bf16 towards_zero = Bf16(bits >> 16);
    if (std::isnan(v))
        return Bf16(towards_zero | 0x40);
    const std::uint32_t rest = bits & 0xffff;
    const bool away = rest > 0x8000 || (rest == 0x8000 && towards_zero % 2 == 1);
    return Bf16(towards_zero + away);
}

// Floats with every upper half, and the lower halves where rounding turns.
Buffer<float> every_kind()
{
    const std::uint32_t lower[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    Buffer<float> all(std::size_t(65536) * 6);
    std::size_t i = 0;
    for (std::uint32_t upper = 0; upper < 65536; ++upper)
        for (const std::uint32_t low : lower)
            all[i++] = std::bit_cast<float>(upper << 16 | low);
    return all;
}

bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

Buffer<Bf16> as_lanes(Buffer<float>& from)
{
    Buffer<Bf16> to(from.size());
    for (std::size_t i = 0; i < from.size(); ++i)
        to[i] = rounded(from[i]);
    return to;
}

Buffer<Bf16> as_pairs(Buffer<float>& from, std::size_t groups, std::size_t units, std::size_t lanes)
{
    const std::size_t pairs = (units + 1) / 2;
    Buffer<Bf16> to(groups * pairs * lanes * 2);
    for (std::size_t g = 0; g < groups; ++g)
        for (std::size_t u = 0; u < units; ++u)
            for (std::size_t l = 0; l < lanes; ++l)
                to[((g * pairs + u / 2) * lanes + l) * 2 + u % 2] = rounded(from[(g * units + u) * lanes + l]);
    return to;
}

Buffer<Bf16> as_split(Buffer<float>& from, std::size_t matrix)
{
    Buffer<Bf16> to(from.size() * 2);
    for (std::size_t i = 0; i < from.size(); ++i) {
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(from[i]);
        const std::size_t at = i / matrix * 2 * matrix + i % matrix;
        to[at] = Bf16((bits + 0x8000) >> 16);
        to[at + matrix] = Bf16(bits);
    }
    return to;
}

// Exactly as large as asked for, and full of NaN.
struct Scratch : Buffer<char> {
    Scratch(const Bf16Kernels& k, const FilterShape& s, int lanes) : Buffer<char>(k.scratch_bytes(s, lanes))
    {
        BOOST_TEST(size() % 64 == 0U);
        std::fill(begin(), end(), char(0xff));
    }
};

template <class F> void every_variant(F f)
{
    const Bf16Kernels* variants[4];
    const int n = bf16_kernel_variants(variants);
    for (int i = 0; i < n; ++i)
        f(*variants[i]);
}

// The fp32 kernels compiled for the same instructions.
const Kernels<float>& floats_beside(const Bf16Kernels& k)
{
    const std::string name = k.name == std::string("avx512bf16") ? "avx512" : k.name;
    const Kernels<float>* variants[3];
    const int n = kernel_variants(variants);
    for (int i = 0; i < n; ++i)
        if (variants[i]->name == name)
            return *variants[i];
    BOOST_FAIL("no fp32 kernels beside " << k.name);
    std::abort();
}

template <class T> bool equal(Buffer<T>& a, Buffer<T>& b)
{
    return a.size() == b.size() && std::memcmp(a.begin(), b.begin(), a.size() * sizeof(T)) == 0;
}

// ---- local filters ------------------------------------------------------------------------------------------------

struct Results {
    Buffer<float> h, u, dw, dw2;
    explicit Results(const FilterShape& s, std::size_t lanes)
        : h(s.output.size() * lanes), u(s.input.size() * lanes), dw(s.weights()), dw2(s.weights())
    {
    }
};

void check_filters(const Case& c)
{
    const FilterShape s = filter_shape(c);
    const std::size_t lanes = c.lanes, maps = c.maps, matrix = s.fan_in() * maps;
    const std::size_t positions = std::size_t(s.output.rows) * s.output.columns, row = s.input.columns * c.in;
    auto w = noise<float>(s.weights(), 1), x = noise<float>(s.input.size() * lanes, 2);
    auto h0 = noise<float>(s.output.size() * lanes, 3), b = noise<float>(s.output.size() * lanes, 4);
    auto e = noise<float>(s.input.size() * lanes, 5), before = noise<float>(s.output.size() * lanes, 6);
    auto weights = as_split(w, matrix);
    auto x_pairs = as_pairs(x, c.rows, row, lanes), h_pairs = as_pairs(h0, positions, maps, lanes);
    auto x_lanes = as_lanes(x), e_lanes = as_lanes(e), h_lanes = as_lanes(h0), b_lanes = as_lanes(b);

    std::vector<double> h(s.output.size() * lanes), u(s.input.size() * lanes), dw(s.weights()), dw2(s.weights());
    every_connection(s, [&](std::size_t p, std::size_t t, int m, std::size_t unit) {
        const std::size_t at = (p * s.fan_in() + t) * maps + m;
        const double weight = widened(weights[p * 2 * matrix + t * maps + m]);
        for (std::size_t l = 0; l < lanes; ++l) {
            const std::size_t hidden = (p * maps + m) * lanes + l, input = unit * lanes + l;
            h[hidden] += weight * widened(x_lanes[input]);
            u[input] += weight * widened(h_lanes[hidden]);
            const double first = double(widened(x_lanes[input])) * widened(h_lanes[hidden]);
            dw[at] += first;
            dw2[at] += first + double(widened(e_lanes[input])) * widened(b_lanes[hidden]);
        }
    });
    std::vector<double> added(h.size());
    for (std::size_t i = 0; i < h.size(); ++i)
        added[i] = before[i] + h[i];

    every_variant([&](const Bf16Kernels& k) {
        Results got(s, lanes), cut(s, lanes);
        auto sum = noise<float>(h.size(), 6);
        Scratch scratch(k, s, c.lanes);
        every_band(s.output, 0, [&](Band band) {
            k.gather(s, c.lanes, weights, x_pairs, false, got.h, band, scratch);
            k.gather(s, c.lanes, weights, x_pairs, true, sum, band, scratch);
            k.weight_gradient(s, c.lanes, x_lanes, h_lanes, nullptr, nullptr, got.dw, band, scratch);
            k.weight_gradient(s, c.lanes, x_lanes, h_lanes, e_lanes, b_lanes, got.dw2, band, scratch);
        });
        every_band(s.input, 0, [&](Band band) { k.scatter(s, c.lanes, weights, h_pairs, got.u, band, scratch); });
        check_close(got.h, h, "gather", k.name);
        check_close(sum, added, "gather, added", k.name);
        check_close(got.u, u, "scatter", k.name);
        check_close(got.dw, dw, "weight gradient", k.name);
        check_close(got.dw2, dw2, "weight gradient of two pairs", k.name);

        // How a row is cut changes no bit.
        for (const int width : {1, 2, 3}) {
            every_band(s.output, width, [&](Band band) {
                k.gather(s, c.lanes, weights, x_pairs, false, cut.h, band, scratch);
                k.weight_gradient(s, c.lanes, x_lanes, h_lanes, e_lanes, b_lanes, cut.dw2, band, scratch);
            });
            every_band(s.input, width,
                       [&](Band band) { k.scatter(s, c.lanes, weights, h_pairs, cut.u, band, scratch); });
            BOOST_TEST(equal(cut.h, got.h), "gather in bands of " << width << ", " << k.name);
            BOOST_TEST(equal(cut.u, got.u), "scatter in bands of " << width << ", " << k.name);
            BOOST_TEST(equal(cut.dw2, got.dw2), "gradient in bands of " << width << ", " << k.name);
        }
    });
}

// The fused update is, to the last bit, gradient, rule, constraint and split one after another.
void check_fused_update(const Bf16Kernels& k, const Case& c, Rule rule, bool two, bool unit_norm)
{
    const Kernels<float>& floats = floats_beside(k);
    const FilterShape s = filter_shape(c);
    const std::size_t lanes = c.lanes, matrix = s.fan_in() * c.maps;
    auto x = noise<float>(s.input.size() * lanes, 2), a = noise<float>(s.output.size() * lanes, 3);
    auto e = noise<float>(s.input.size() * lanes, 5), b = noise<float>(s.output.size() * lanes, 4);
    auto x_lanes = as_lanes(x), a_lanes = as_lanes(a), e_lanes = as_lanes(e), b_lanes = as_lanes(b);
    auto w = noise<float>(s.weights(), 1);
    const std::size_t kept = row_of(rule).kept() * s.weights();
    auto s1 = noise<float>(kept, 6, 9), s2 = noise<float>(kept, 6, 9);
    auto got = as_split(w, matrix);
    Buffer<float> dw(s.weights());
    Scratch scratch(k, s, c.lanes);
    const Bf16* second = two ? e_lanes.begin() : nullptr;
    const Bf16* hidden = two ? b_lanes.begin() : nullptr;

    Update<float> u{rule, 0.01F, 0.9F, kept ? s1.begin() : nullptr, s.weights()};
    every_band(s.output, 0,
               [&](Band band) { k.weight_gradient(s, c.lanes, x_lanes, a_lanes, second, hidden, dw, band, scratch); });
    for (std::size_t at = 0; at < s.weights(); at += matrix) {
        floats.update(u, at, matrix, dw + at, w);
        floats.finish_matrix(u, at, s.fan_in(), std::size_t(c.maps), unit_norm, w + at);
    }
    auto want = as_split(w, matrix);
    u.state = kept ? s2.begin() : nullptr;
    every_band(s.output, 4, [&](Band band) {
        k.weight_update(s, c.lanes, x_lanes, a_lanes, second, hidden, u, unit_norm, got, band, scratch);
    });
    BOOST_TEST(equal(got, want), "fused update, " << k.name << ", rule " << int(rule) << ", " << c.maps << " maps, "
                                                  << (two ? "two pairs" : "one pair") << (unit_norm ? ", norm 1" : ""));
    BOOST_TEST(equal(s1, s2), "fused update's state, " << k.name);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(bf16_kernels_against_reference)

BOOST_AUTO_TEST_CASE(local_filters)
{
    for (const Case& c : cases)
        check_filters(c);
}

BOOST_AUTO_TEST_CASE(fused_update)
{
    every_variant([](const Bf16Kernels& k) {
        for (const Case& c : cases)
            for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules)
                for (const bool two : {false, true})
                    for (const bool unit_norm : {false, true})
                        check_fused_update(k, c, rule, two, unit_norm);
    });
}

BOOST_AUTO_TEST_CASE(narrowing_rounds_to_nearest_even)
{
    auto all = every_kind();
    auto want = as_lanes(all);
    every_variant([&](const Bf16Kernels& k) {
        Buffer<Bf16> got(all.size());
        k.narrow_lanes(all.size(), all, got);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (std::isnan(all[i]) ? !std::isnan(widened(got[i])) : got[i] != want[i]) {
                if (wrong++ == 0)
                    BOOST_ERROR(k.name << ": " << std::bit_cast<std::uint32_t>(float(all[i])) << " becomes " << got[i]
                                       << ", not " << want[i]);
            }
        BOOST_TEST(wrong == 0U, k.name);

        // the same numbers as pairs: every kind meets first and second place; then odd units, other lanes
        const std::size_t lanes = 48, units = all.size() / lanes;
        auto pairs = as_pairs(all, 1, units, lanes);
        Buffer<Bf16> got_pairs(pairs.size());
        k.narrow_pairs(1, int(units), int(lanes), all, got_pairs);
        wrong = 0;
        for (std::size_t i = 0; i < pairs.size(); ++i)
            wrong += got_pairs[i] != pairs[i] && !(std::isnan(widened(got_pairs[i])) && std::isnan(widened(pairs[i])));
        BOOST_TEST(wrong == 0U, k.name);
        for (const int n : {1, 2, 3, 8, 9, 17})
            for (const int l : {16, 32, 48, 80, 144}) {
                auto from = noise<float>(std::size_t(5) * n * l, unsigned(n + l));
                auto expected = as_pairs(from, 5, n, l);
                Buffer<Bf16> to(expected.size());
                std::fill(to.begin(), to.end(), Bf16(0xffff));
                k.narrow_pairs(5, n, l, from, to);
                BOOST_TEST(equal(to, expected), k.name << ": " << n << " units, " << l << " lanes");
            }
        for (int n = 0; n < 70; ++n) {    // any number, and nothing behind it
            auto from = noise<float>(n, unsigned(n + 1));
            auto expected = as_lanes(from);
            Buffer<Bf16> to(n);
            k.narrow_lanes(n, from, to);
            BOOST_TEST(equal(to, expected), k.name << ": " << n << " numbers");
        }
    });
}

BOOST_AUTO_TEST_CASE(splitting_keeps_every_bit)
{
    auto all = every_kind();
    every_variant([&](const Bf16Kernels& k) {
        const std::size_t n = all.size();
        Buffer<float> matrix(n);
        std::copy(all.begin(), all.end(), matrix.begin());
        Buffer<char> scratch(n * 4);
        k.split(n, matrix, scratch);
        const Bf16* upper = reinterpret_cast<const Bf16*>(matrix.begin());
        std::size_t far = 0, lost = 0, changed = 0;
        for (std::size_t i = 0; i < n; ++i) {
            if (std::isnan(all[i])) {    // NaN in bf16 too
                lost += !std::isnan(widened(upper[i]));
                continue;
            }
            // within half a unit of bf16's last place
            const std::int64_t away =
                std::int64_t(std::bit_cast<std::uint32_t>(float(all[i]))) - (std::int64_t(upper[i]) << 16);
            far += away < -0x8000 || away > 0x7fff;
        }
        BOOST_TEST(far == 0U, k.name);
        k.join(n, matrix, scratch);
        for (std::size_t i = 0; i < n; ++i)
            if (std::isnan(all[i]))
                lost += !std::isnan(matrix[i]);
            else
                changed += !same_bits(all[i], matrix[i]);
        BOOST_TEST(lost == 0U, k.name);
        BOOST_TEST(changed == 0U, k.name);

        for (std::size_t m = 1; m < 70; ++m) {    // any size, and where the halves lie
            auto w = noise<float>(m, unsigned(m));
            auto want = as_split(w, m);
            Buffer<float> there(m);
            std::copy(w.begin(), w.end(), there.begin());
            Buffer<char> small(m * 4);
            k.split(m, there, small);
            BOOST_TEST(std::memcmp(there.begin(), want.begin(), m * 4) == 0, k.name << ": split " << m);
            k.join(m, there, small);
            BOOST_TEST(equal(there, w), k.name << ": join " << m);
        }
    });
}

BOOST_AUTO_TEST_CASE(infinite_inputs_stay_infinite)
{
    // One infinite weight, one infinite input, one NaN: their sums are not finite, and no other sum is touched.
    const Case c{5, 6, 3, 3, 1, 8, 32};
    const FilterShape s = filter_shape(c);
    auto w = noise<float>(s.weights(), 1), x = noise<float>(s.input.size() * 32, 2);
    const std::size_t matrix = s.fan_in() * 8;
    w[matrix * 2 + 5] = INFINITY;    // position 2, tap 0, map 5
    x[(std::size_t(4) * 6 * 3 + 0) * 32 + 7] =
        -NAN;    // the last row's first unit, lane 7: seen by position (2, 0) only
    auto weights = as_split(w, matrix);
    auto pairs = as_pairs(x, 5, 18, 32);
    every_variant([&](const Bf16Kernels& k) {
        Buffer<float> h(s.output.size() * 32);
        Scratch scratch(k, s, 32);
        every_band(s.output, 0, [&](Band band) { k.gather(s, 32, weights, pairs, false, h, band, scratch); });
        std::size_t wrong = 0;
        for (std::size_t p = 0; p < 12; ++p)
            for (std::size_t m = 0; m < 8; ++m)
                for (std::size_t l = 0; l < 32; ++l)
                    wrong += std::isfinite(h[(p * 8 + m) * 32 + l]) == ((p == 2 && m == 5) || (p == 8 && l == 7));
        BOOST_TEST(wrong == 0U, k.name);
    });
}

BOOST_AUTO_TEST_SUITE_END()
