#include "model/layers.h"

#include "base/parallel.h"

#include <cmath>
#include <cstring>

namespace nonna
{

template <class Real> LocalFilters<Real>::LocalFilters(const StageArchitecture& stage, Pool& pool) : pool_(pool)
{
    shape_.input = stage.input;
    shape_.output = stage.filter;
    shape_.field = stage.field;
    shape_.stride = stage.stride;
    for (int t = 0; t < pool.threads(); ++t)
        scratch_.emplace_back(shape_.fan_in() * shape_.output.maps);
}

template <class Real> template <class F> void LocalFilters<Real>::each_band(Shape shape, F f) const
{
    // a dozen bands a thread, so that the last ones even out; whole rows where there are enough of them
    const int cuts = std::min(shape.columns, (12 * pool_.threads() + shape.rows - 1) / shape.rows);
    pool_.for_each(std::size_t(shape.rows) * cuts, [&](std::size_t i, int thread) {
        const int row = int(i) / cuts, cut = int(i) % cuts;
        f(Band{row, shape.columns * cut / cuts, shape.columns * (cut + 1) / cuts}, thread);
    });
}

template <class Real> Segment LocalFilters<Real>::segment(std::size_t offset, bool unit_norm) const
{
    return {offset, std::size_t(shape_.output.rows) * shape_.output.columns, shape_.fan_in(),
            std::size_t(shape_.output.maps), unit_norm};
}

template <class Real> void LocalFilters<Real>::up(int lanes, const Real* w, const Real* x, Real* h) const
{
    each_band(shape_.output, [&](Band band, int) { kernels<Real>().gather(shape_, lanes, w, x, false, h, band); });
}

template <class Real> void LocalFilters<Real>::up_add(int lanes, const Real* w, const Real* e, Real* h) const
{
    each_band(shape_.output, [&](Band band, int) { kernels<Real>().gather(shape_, lanes, w, e, true, h, band); });
}

template <class Real> void LocalFilters<Real>::down(int lanes, const Real* w, const Real* h, Real* x) const
{
    each_band(shape_.input, [&](Band band, int) { kernels<Real>().scatter(shape_, lanes, w, h, x, band); });
}

template <class Real>
void LocalFilters<Real>::weight_gradient(int lanes, const Real* x, const Real* dh, const Real* e, const Real* h,
                                         Real* dw) const
{
    each_band(shape_.output,
              [&](Band band, int) { kernels<Real>().weight_gradient(shape_, lanes, x, dh, e, h, dw, band); });
}

template <class Real>
void LocalFilters<Real>::weight_update(int lanes, const Real* x, const Real* dh, const Real* e, const Real* h,
                                       const Update<Real>& update, bool unit_norm, Real* w) const
{
    each_band(shape_.output, [&](Band band, int thread) {
        kernels<Real>().weight_update(shape_, lanes, x, dh, e, h, update, unit_norm, w, band, scratch_[thread].data());
    });
}

template <class Real>
L2Pool<Real>::L2Pool(const StageArchitecture& stage, int lanes, Pool& pool)
    : epsilon_(Real(stage.epsilon)), ratio_(stage.pooled.size() * lanes), pool_(pool)
{
    shape_.input = stage.filter;
    shape_.output = stage.pooled;
    shape_.window = stage.pool;
    for (int t = 0; t < pool.threads(); ++t)
        scratch_.emplace_back(std::size_t(shape_.input.columns) * shape_.input.maps * lanes);
}

template <class Real> void L2Pool<Real>::up(int lanes, const Real* h, Real* q)
{
    pool_.for_each(shape_.output.rows, [&](std::size_t row, int thread) {
        kernels<Real>().pool_up(shape_, lanes, epsilon_, h, q, int(row), scratch_[thread].data());
    });
}

template <class Real>
void L2Pool<Real>::down(int lanes, const Real* h, const Real* q, const Real* dq, Real bias, Real* dh)
{
    const std::size_t row_size = std::size_t(shape_.output.columns) * shape_.output.maps * lanes;
    pool_.for_each(shape_.output.rows, [&](std::size_t row, int) {
        const std::size_t at = row * row_size;
        kernels<Real>().pool_ratio(row_size, dq ? dq + at : nullptr, bias, q + at, ratio_.data() + at);
    });
    pool_.for_each(shape_.input.rows, [&](std::size_t row, int thread) {
        kernels<Real>().pool_down(shape_, lanes, h, ratio_.data(), dh, int(row), scratch_[thread].data());
    });
}

template <class Real>
ContrastNorm<Real>::ContrastNorm(const StageArchitecture& stage, int lanes, Pool& pool)
    : output_(stage.output), margin_(stage.border == Border::valid ? stage.norm / 2 : 0), c_(Real(stage.c)),
      centred_(stage.pooled.size() * lanes), normalised_(stage.pooled.size() * lanes),
      deviation_(std::size_t(stage.pooled.rows) * stage.pooled.columns * lanes), plane_(deviation_.size()),
      plane2_(deviation_.size()), pool_(pool)
{
    // sigma = window / 4; taps sum to 1
    double total = 0;
    const double sigma = stage.norm / 4.0;
    for (int k = 0; k < stage.norm; ++k) {
        const double d = k - stage.norm / 2;
        taps_.push_back(Real(std::exp(-d * d / (2 * sigma * sigma))));
        total += taps_.back();
    }
    for (Real& tap : taps_)
        tap = Real(tap / total);
    shape_.input = stage.pooled;
    shape_.window = stage.norm;
    shape_.taps = taps_.data();
    for (int t = 0; t < pool.threads(); ++t)
        scratch_.emplace_back(std::size_t(shape_.input.columns) * lanes);
}

template <class Real> void ContrastNorm<Real>::up(int lanes, const Real* q, Real* y)
{
    const auto& k = kernels<Real>();
    const int columns = shape_.input.columns, maps = shape_.input.maps;
    const std::size_t line = std::size_t(columns) * lanes, rows = shape_.input.rows;
    Real *centred = centred_.data(), *deviation = deviation_.data(), *plane = plane_.data(), *plane2 = plane2_.data();
    pool_.for_each(rows, [&](std::size_t row, int thread) {
        k.norm_mean_row(shape_, lanes, q, nullptr, plane, int(row), scratch_[thread].data());
    });
    pool_.for_each(rows, [&](std::size_t row, int thread) {
        k.norm_vertical(shape_, lanes, plane, plane2, int(row));
        const std::size_t at = row * line * maps;
        k.subtract_plane(columns, maps, lanes, q + at, plane2 + row * line, centred + at);
        // deviation_ serves as the row-window mean of g^2 until the next pass
        k.norm_mean_row(shape_, lanes, centred, centred, deviation, int(row), scratch_[thread].data());
    });
    Real* full = margin_ == 0 ? y : normalised_.data();
    pool_.for_each(rows, [&](std::size_t row, int) { k.norm_vertical(shape_, lanes, deviation, plane, int(row)); });
    pool_.for_each(rows, [&](std::size_t row, int) {
        const std::size_t at = row * line * maps;
        k.norm_divide(columns, maps, lanes, c_, centred + at, plane + row * line, deviation + row * line, full + at);
    });
    if (margin_ == 0)
        return;
    const std::size_t unit = std::size_t(maps) * lanes;
    pool_.for_each(output_.rows, [&](std::size_t row, int) {
        std::memcpy(y + row * output_.columns * unit, full + ((row + margin_) * columns + margin_) * unit,
                    output_.columns * unit * sizeof(Real));
    });
}

// With y = g / s, s = max(c, sqrt(v)), v = G g^2, g = q - G q (adjoints primed, n maps):
//     dv = -(sum over maps of dy g) / (2 s^3) where s > c      dg = dy / s + 2 g (G' dv) / n
//     dq = dg - G' (sum over maps of dg) / n
template <class Real> void ContrastNorm<Real>::down(int lanes, const Real* dy, Real* dq)
{
    const auto& k = kernels<Real>();
    const int columns = shape_.input.columns, maps = shape_.input.maps;
    const std::size_t line = std::size_t(columns) * lanes, rows = shape_.input.rows, unit = std::size_t(maps) * lanes;
    Real *centred = centred_.data(), *deviation = deviation_.data(), *plane = plane_.data(), *plane2 = plane2_.data();
    if (margin_ > 0) {
        Real* full = normalised_.data();
        pool_.for_each(rows, [&](std::size_t row, int) {
            Real* out = full + row * columns * unit;
            std::memset(out, 0, columns * unit * sizeof(Real));
            if (int(row) >= margin_ && int(row) < margin_ + output_.rows)
                std::memcpy(out + margin_ * unit, dy + (row - margin_) * output_.columns * unit,
                            output_.columns * unit * sizeof(Real));
        });
        dy = full;
    }
    pool_.for_each(rows, [&](std::size_t row, int) {
        const std::size_t at = row * line * maps;
        k.norm_divide_down(columns, maps, lanes, c_, centred + at, deviation + row * line, dy + at, plane + row * line);
    });
    pool_.for_each(rows,
                   [&](std::size_t row, int) { k.norm_vertical_adjoint(shape_, lanes, plane, plane2, int(row)); });
    pool_.for_each(rows,
                   [&](std::size_t row, int) { k.norm_horizontal_adjoint(shape_, lanes, plane2, plane, int(row)); });
    pool_.for_each(rows, [&](std::size_t row, int) {
        const std::size_t at = row * line * maps;
        k.norm_centre_down(columns, maps, lanes, centred + at, deviation + row * line, dy + at, plane + row * line,
                           dq + at, plane2 + row * line);
    });
    pool_.for_each(rows,
                   [&](std::size_t row, int) { k.norm_vertical_adjoint(shape_, lanes, plane2, plane, int(row)); });
    pool_.for_each(rows, [&](std::size_t row, int) {
        k.norm_horizontal_adjoint(shape_, lanes, plane, plane2, int(row));
        k.add_plane(columns, maps, lanes, plane2 + row * line, dq + row * line * maps);
    });
}

template class LocalFilters<float>;
template class LocalFilters<double>;
template class L2Pool<float>;
template class L2Pool<double>;
template class ContrastNorm<float>;
template class ContrastNorm<double>;

}    // namespace nonna
