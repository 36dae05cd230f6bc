// What the kernels' tests share: aligned numbers, the connections of local filters one by one, bands, and the
// comparison with sums in double precision.
//
// Bound: float sums of up to ~600 products of numbers of order 1, in any order: relative to the sum of magnitudes the
// error is below 600 * 2^-24 = 4e-5; the tests allow 2e-5 of the largest result, which such sums keep by a wide margin
// (rounding errors average out) and any wrong index breaks by orders of magnitude.
#pragma once

#include "kernels/kernels.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

namespace nonna::test
{

struct Free {
    void operator()(void* p) const { std::free(p); }
};

// 64-byte aligned numbers, as the kernels demand.
template <class Real> class Buffer
{
  public:
    explicit Buffer(std::size_t n)
        : n_(n), data_(static_cast<Real*>(std::aligned_alloc(64, (n * sizeof(Real) + 63) / 64 * 64)))
    {
        std::fill(begin(), end(), Real(0));
    }
    Real* begin() { return data_.get(); }
    Real* end() { return data_.get() + n_; }
    operator Real*() { return data_.get(); }
    std::size_t size() const { return n_; }

  private:
    std::size_t n_;
    std::unique_ptr<Real[], Free> data_;
};

template <class Real> Buffer<Real> noise(std::size_t n, unsigned seed, double offset = 0)
{
    std::mt19937 generator(seed);
    std::normal_distribution<double> normal;
    Buffer<Real> b(n);
    for (Real& v : b)
        v = Real(normal(generator) + offset);
    return b;
}

template <class Real>
void check_close(Buffer<Real>& got, const std::vector<double>& want, const char* what, const char* variant)
{
    double largest = 0, error = 0;
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        largest = std::max(largest, std::abs(want[i]));
        const double e = std::abs(got[i] - want[i]);
        error = std::isnan(e) ? INFINITY : std::max(error, e);
    }
    const double bound = (sizeof(Real) == 4 ? 2e-5 : 1e-13) * std::max(largest, 1e-30);
    BOOST_TEST(error <= bound, what << " (" << variant << "): error " << error << ", largest " << largest);
}

struct Case {
    int rows, columns, in, field, stride, maps, lanes;
};

inline FilterShape filter_shape(const Case& c)
{
    FilterShape s;
    s.input = {c.rows, c.columns, c.in};
    s.output = {(c.rows - c.field) / c.stride + 1, (c.columns - c.field) / c.stride + 1, c.maps};
    s.field = c.field;
    s.stride = c.stride;
    return s;
}

// Calls f(position, tap k, map m, index of the input unit) for every connection.
template <class F> void every_connection(const FilterShape& s, F f)
{
    for (int r = 0; r < s.output.rows; ++r)
        for (int c = 0; c < s.output.columns; ++c)
            for (int dy = 0; dy < s.field; ++dy)
                for (int dx = 0; dx < s.field; ++dx)
                    for (int i = 0; i < s.input.maps; ++i)
                        for (int m = 0; m < s.output.maps; ++m)
                            f(std::size_t(r) * s.output.columns + c, std::size_t(dy * s.field + dx) * s.input.maps + i,
                              m,
                              (std::size_t(r * s.stride + dy) * s.input.columns + c * s.stride + dx) * s.input.maps +
                                  i);
}

// Every row in bands of `width` columns, or whole (0).
template <class F> void every_band(Shape shape, int width, F f)
{
    for (int r = 0; r < shape.rows; ++r)
        for (int c = 0; c < shape.columns; c += width ? width : shape.columns)
            f(Band{r, c, width ? std::min(c + width, shape.columns) : shape.columns});
}

}    // namespace nonna::test
