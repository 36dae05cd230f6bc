// Sigmoid units with biases against plain loops in double precision, for every instruction set.
//
// Bound: the float exponential's series and rounding leave a few units in the last place of a value of at most 1/2 +
// 1/2 taken apart, 3e-7 together; a wrong coefficient or exponent shows in the second digit.
#include "reference.h"

#include "kernels/kernels.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace nonna;
using namespace nonna::test;

namespace
{

template <class F> void every_variant(F f)
{
    const Kernels<float>* variants[3];
    const int n = kernel_variants(variants);
    for (int i = 0; i < n; ++i)
        f(*variants[i]);
    f(kernels<double>());
}

template <class Real> void check_values(const Kernels<Real>& k)
{
    // Every sixteenth between -120 and 120, and what lies beyond: of one unit, several vectors of lanes.
    const int lanes = 3840 + 16;
    Buffer<Real> h(lanes);
    for (int l = 0; l < 3840; ++l)
        h[l] = Real(l - 1920) / 16;
    const Real infinity = std::numeric_limits<Real>::infinity();
    const Real beyond[16] = {infinity, -infinity, Real(1e30), Real(-1e30), Real(1e-30), 0, Real(-0.0)};
    std::copy(beyond, beyond + 16, h.begin() + 3840);
    std::vector<double> a(h.begin(), h.end());
    const Real bias = Real(0.25);
    k.sigmoid_up(1, lanes, lanes, &bias, h);
    for (int l = 0; l < lanes; ++l) {
        const double want = 1 / (1 + std::exp(-(a[l] + 0.25))) - 0.5;
        BOOST_REQUIRE_MESSAGE(std::abs(double(h[l]) - want) < 3e-7, k.name << ": s(" << a[l] + 0.25 << ") = " << h[l]);
        BOOST_REQUIRE(h[l] >= Real(-0.5) && h[l] <= Real(0.5));
    }
    h[7] = std::numeric_limits<Real>::quiet_NaN();    // shows in the cost
    k.sigmoid_up(1, lanes, lanes, &bias, h);
    BOOST_TEST(std::isnan(h[7]));
    BOOST_TEST(!std::isnan(h[6]));
}

template <class Real> void check_units(const Kernels<Real>& k)
{
    const int units = 7, lanes = 48;
    for (const int count : {1, 16, 33, 48}) {
        auto h = noise<Real>(units * lanes, 1), bias = noise<Real>(units, 2), d = noise<Real>(units * lanes, 3);
        std::vector<double> want_h(h.size()), want_d(h.size()), want_r(h.begin(), h.end()), want_sums(units);
        for (int u = 0; u < units; ++u)
            for (int l = 0; l < lanes; ++l) {
                const int i = u * lanes + l;
                if (l < count) {
                    want_h[i] = 1 / (1 + std::exp(-(double(h[i]) + bias[u]))) - 0.5;
                    want_r[i] += bias[u];
                }
                want_sums[u] += d[i];
                want_d[i] = l < count ? double(d[i]) * (0.25 - want_h[i] * want_h[i]) : 0;
            }
        auto r = noise<Real>(units * lanes, 1);
        k.add_bias(units, lanes, count, bias, r);
        check_close(r, want_r, "bias", k.name);
        k.sigmoid_up(units, lanes, count, bias, h);
        check_close(h, want_h, "sigmoid", k.name);
        for (int u = 0; u < units; ++u)
            for (int l = count; l < lanes; ++l)
                BOOST_REQUIRE_EQUAL(h[u * lanes + l], Real(0));
        Buffer<Real> sums(units);
        k.lane_sums(units, lanes, d, sums);
        check_close(sums, want_sums, "sums over lanes", k.name);
        k.sigmoid_down(units, lanes, count, h, d);
        check_close(d, want_d, "sigmoid's gradient", k.name);
        Buffer<Real> nothing(16);
        std::fill(nothing.begin(), nothing.end(), Real(-0.0));
        k.lane_sums(1, 16, nothing, sums);    // -0 would mean no gradient at all (optimiser.h)
        BOOST_TEST(!std::signbit(sums[0]));
    }
}

}    // namespace

BOOST_AUTO_TEST_SUITE(sigmoid_units)

BOOST_AUTO_TEST_CASE(values)
{
    every_variant([](const auto& k) { check_values(k); });
}

BOOST_AUTO_TEST_CASE(units_and_biases)
{
    every_variant([](const auto& k) { check_units(k); });
}

BOOST_AUTO_TEST_SUITE_END()
