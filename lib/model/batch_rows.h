// Elementwise work and sums on a batch's activations, a row of positions a task; what the stages share.
//
// Activations as in model/stage.h: of `lanes()` lanes the first `count` are examples. Sums go over the examples alone,
// and a row's sum over rows in their order, so that they do not depend on the number of threads.
#pragma once

#include "base/parallel.h"
#include "kernels/kernels.h"
#include "model/neuron.h"

#include <type_traits>
#include <vector>

namespace nonna
{

template <class Real> class BatchRows
{
  public:
    explicit BatchRows(Pool& pool) : pool_(pool) {}
    void set_lanes(int count)
    {
        count_ = count;
        lanes_ = padded_lanes(count);
    }
    int count() const { return count_; }
    int lanes() const { return lanes_; }

    // f(at, n, row, thread) or f(at, n) for every row: its numbers begin at `at`, and there are n of them
    template <class F> void each(Shape shape, F f) const
    {
        const std::size_t n = std::size_t(shape.columns) * shape.maps * lanes_;
        pool_.for_each(shape.rows, [&](std::size_t row, int thread) {
            if constexpr (std::is_invocable_v<F, std::size_t, std::size_t, std::size_t, int>)
                f(row * n, n, row, thread);
            else
                f(row * n, n);
        });
    }

    // Sum of a * b (b null: of a) over the examples.
    double sum(Shape shape, const Real* a, const Real* b) const
    {
        std::vector<double> sums(shape.rows);
        each(shape, [&](std::size_t at, std::size_t n, std::size_t row, int) {
            sums[row] = kernels<Real>().dot(n, lanes_, count_, a + at, b ? b + at : nullptr);
        });
        double total = 0;
        for (const double s : sums)
            total += s;
        return total;
    }

    // Sum of a over the examples, in a part of an array of that shape.
    double sum(Shape shape, Area part, const Real* a) const
    {
        const std::size_t unit = std::size_t(shape.maps) * lanes_, n = part.columns * unit;
        std::vector<double> sums(part.rows);
        pool_.for_each(part.rows, [&](std::size_t row, int) {
            const std::size_t at = ((part.row + row) * shape.columns + part.column) * unit;
            sums[row] = kernels<Real>().dot(n, lanes_, count_, a + at, nullptr);
        });
        double total = 0;
        for (const double s : sums)
            total += s;
        return total;
    }

  private:
    Pool& pool_;
    int count_ = 0, lanes_ = 0;
};

}    // namespace nonna
