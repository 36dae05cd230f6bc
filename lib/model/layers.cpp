#include "model/layers.h"

#include "base/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace nonna
{

template <class Real>
LocalFilters<Real>::LocalFilters(const StageArchitecture& stage, int lanes, Precision precision,
                                 Workspace<Real>& workspace, Pool& pool)
    : precision_(precision), workspace_(workspace), pool_(pool)
{
    shape_.input = stage.input;
    shape_.output = stage.filter;
    shape_.field = stage.field;
    shape_.stride = stage.stride;
    std::size_t scratch = 2 * shape_.fan_in() * shape_.output.maps * sizeof(Real);
    // In bf16 every operand is copied just before it is read, into buffers that all stages share: the largest of either
    // side for the sums over units, of which there is one at a time, and four for the sums over lanes.
    if (precision == Precision::bf16) {
        scratch = bf16_kernels().scratch_bytes(shape_, lanes);
        const Shape in = shape_.input, out = shape_.output;
        const std::size_t row_pairs = (std::size_t(in.columns) * in.maps + 1) / 2 * 2,
                          position_pairs = (std::size_t(out.maps) + 1) / 2 * 2;
        workspace.claim(Narrow::pairs, in.rows * row_pairs * lanes);
        workspace.claim(Narrow::pairs, std::size_t(out.rows) * out.columns * position_pairs * lanes);
        for (const Narrow kind : {Narrow::lanes_x, Narrow::lanes_e})
            workspace.claim(kind, in.size() * lanes);
        for (const Narrow kind : {Narrow::lanes_a, Narrow::lanes_b})
            workspace.claim(kind, out.size() * lanes);
    }
    for (int t = 0; t < pool.threads(); ++t)
        scratch_.emplace_back(scratch);
}

template <class Real> template <class F> void LocalFilters<Real>::each_band(Shape shape, F f) const
{
    // a dozen bands a thread, so that the last ones even out; whole rows where there are enough of them
    const int cuts =
        std::clamp((12 * pool_.threads() + shape.rows - 1) / shape.rows, 1, std::max(1, shape.columns / 2));
    pool_.for_each(std::size_t(shape.rows) * cuts, [&](std::size_t i, int thread) {
        const int row = int(i) / cuts, cut = int(i) % cuts;
        const auto edge = [&](int k) {    // even, as the kernels take neighbours two at a time
            return k == cuts ? shape.columns : shape.columns * k / cuts / 2 * 2;
        };
        f(Band{row, edge(cut), edge(cut + 1)}, thread);
    });
}

// The operand of a sum over units, row by row: a group a row, or a group a position.
template <class Real>
const Bf16* LocalFilters<Real>::pairs(Shape shape, bool each_position, int lanes, const Real* from) const
{
    Bf16* const to = workspace_[Narrow::pairs];
    if constexpr (std::is_same_v<Real, float>) {
        const int groups = each_position ? shape.columns : 1;
        const int units = each_position ? shape.maps : shape.columns * shape.maps;
        const std::size_t row_from = std::size_t(shape.columns) * shape.maps * lanes,
                          row_to = std::size_t(groups) * ((units + 1) / 2 * 2) * lanes;
        pool_.for_each(shape.rows, [&](std::size_t row, int) {
            bf16_kernels().narrow_pairs(groups, units, lanes, from + row * row_from, to + row * row_to);
        });
    }
    return to;
}

template <class Real>
const Bf16* LocalFilters<Real>::narrow(Narrow kind, Shape shape, int lanes, const Real* from) const
{
    Bf16* const to = workspace_[kind];
    if constexpr (std::is_same_v<Real, float>) {
        const std::size_t n = std::size_t(shape.columns) * shape.maps * lanes;
        pool_.for_each(shape.rows,
                       [&](std::size_t row, int) { bf16_kernels().narrow_lanes(n, from + row * n, to + row * n); });
    }
    return to;
}

template <class Real> Segment LocalFilters<Real>::segment(std::size_t offset, bool unit_norm) const
{
    return {offset, std::size_t(shape_.output.rows) * shape_.output.columns, shape_.fan_in(),
            std::size_t(shape_.output.maps), unit_norm};
}

template <class Real>
void LocalFilters<Real>::gather(int lanes, Parameters<const Real> w, const Real* x, bool add, Real* h) const
{
    if constexpr (std::is_same_v<Real, float>)
        if (precision_ == Precision::bf16) {
            const Bf16* const narrowed = pairs(shape_.input, false, lanes, x);
            each_band(shape_.output, [&](Band band, int thread) {
                bf16_kernels().gather(shape_, lanes, w.halves(), narrowed, add, h, band, scratch_[thread].data());
            });
            return;
        }
    each_band(shape_.output,
              [&](Band band, int) { kernels<Real>().gather(shape_, lanes, w.unsplit(), x, add, h, band); });
}

template <class Real> void LocalFilters<Real>::up(int lanes, Parameters<const Real> w, const Real* x, Real* h) const
{
    gather(lanes, w, x, false, h);
}

template <class Real> void LocalFilters<Real>::up_add(int lanes, Parameters<const Real> w, const Real* e, Real* h) const
{
    gather(lanes, w, e, true, h);
}

template <class Real> void LocalFilters<Real>::down(int lanes, Parameters<const Real> w, const Real* h, Real* x) const
{
    if constexpr (std::is_same_v<Real, float>)
        if (precision_ == Precision::bf16) {
            const Bf16* const narrowed = pairs(shape_.output, true, lanes, h);
            each_band(shape_.input, [&](Band band, int thread) {
                bf16_kernels().scatter(shape_, lanes, w.halves(), narrowed, x, band, scratch_[thread].data());
            });
            return;
        }
    each_band(shape_.input, [&](Band band, int) { kernels<Real>().scatter(shape_, lanes, w.unsplit(), h, x, band); });
}

// Two precisions, and in each the gradient is either kept or applied at once. With bf16 x, dh, e and h are narrowed
// first, whole; the weights need no narrowing, as their upper halves are not read here: the update joins them, moves
// them in fp32 and splits them again, a matrix at a time.
template <class Real>
void LocalFilters<Real>::weight_gradient(int lanes, const Real* x, const Real* dh, const Real* e, const Real* h,
                                         const GradientUse<Real>& use, bool unit_norm) const
{
    if constexpr (std::is_same_v<Real, float>)
        if (precision_ == Precision::bf16) {
            const Bf16* const nx = narrow(Narrow::lanes_x, shape_.input, lanes, x);
            const Bf16* const na = narrow(Narrow::lanes_a, shape_.output, lanes, dh);
            const Bf16* const ne = e ? narrow(Narrow::lanes_e, shape_.input, lanes, e) : nullptr;
            const Bf16* const nb = e ? narrow(Narrow::lanes_b, shape_.output, lanes, h) : nullptr;
            each_band(shape_.output, [&](Band band, int thread) {
                void* const scratch = scratch_[thread].data();
                if (use.written)
                    bf16_kernels().weight_gradient(shape_, lanes, nx, na, ne, nb, use.written, band, scratch);
                else
                    bf16_kernels().weight_update(shape_, lanes, nx, na, ne, nb, use.update, unit_norm,
                                                 use.updated.halves(), band, scratch);
            });
            return;
        }
    each_band(shape_.output, [&](Band band, int thread) {
        if (use.written)
            kernels<Real>().weight_gradient(shape_, lanes, x, dh, e, h, use.written, band);
        else
            kernels<Real>().weight_update(shape_, lanes, x, dh, e, h, use.update, unit_norm, use.updated.unsplit(),
                                          band, reinterpret_cast<Real*>(scratch_[thread].data()));
    });
}

template <class Real>
L2Pool<Real>::L2Pool(const StageArchitecture& stage, int lanes, Workspace<Real>& workspace, Pool& pool)
    : epsilon_(Real(stage.epsilon)), workspace_(workspace), pool_(pool)
{
    workspace.claim(Scratch::pooled, stage.pooled.size() * lanes);
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
    Real* const ratio = workspace_[Scratch::pooled];
    pool_.for_each(shape_.output.rows, [&](std::size_t row, int) {
        const std::size_t at = row * row_size;
        kernels<Real>().pool_ratio(row_size, dq ? dq + at : nullptr, bias, q + at, ratio + at);
    });
    pool_.for_each(shape_.input.rows, [&](std::size_t row, int thread) {
        kernels<Real>().pool_down(shape_, lanes, h, ratio, dh, int(row), scratch_[thread].data());
    });
}

template <class Real>
ContrastNorm<Real>::ContrastNorm(const StageArchitecture& stage, int lanes, Workspace<Real>& workspace, Pool& pool)
    : ContrastNorm(stage,
                   {(stage.pooled.rows - stage.output.rows) / 2, (stage.pooled.columns - stage.output.columns) / 2,
                    stage.output.rows, stage.output.columns},
                   lanes, workspace, pool)
{
}

template <class Real>
ContrastNorm<Real>::ContrastNorm(const StageArchitecture& stage, Area kept, int lanes, Workspace<Real>& workspace,
                                 Pool& pool)
    : output_{kept.rows, kept.columns, stage.pooled.maps}, kept_(kept), all_(output_ == stage.pooled),
      c_(Real(stage.c)), centred_(stage.pooled.size() * lanes),
      deviation_(std::size_t(stage.pooled.rows) * stage.pooled.columns * lanes), workspace_(workspace), pool_(pool)
{
    workspace.claim(Scratch::plane, deviation_.size());
    workspace.claim(Scratch::plane2, deviation_.size());
    if (!all_)
        workspace.claim(Scratch::pooled, centred_.size());
    // taps sum to 1 in each direction
    double total = 0;
    for (int k = 0; k < stage.norm; ++k) {
        taps_.push_back(Real(window_weight(stage.norm, k - stage.norm / 2)));
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

// g = q - G q in one pass down the rows and y = g / s in another. A row of a window mean down the columns needs the
// rows around it to have had theirs along the row: where that is so, the pool is waited for and a new loop begins.
template <class Real> void ContrastNorm<Real>::up(int lanes, const Real* q, Real* y)
{
    const auto& k = kernels<Real>();
    const int columns = shape_.input.columns, maps = shape_.input.maps;
    const std::size_t line = std::size_t(columns) * lanes, rows = shape_.input.rows;
    Real *centred = centred_.data(), *deviation = deviation_.data();
    Real *plane = workspace_[Scratch::plane], *plane2 = workspace_[Scratch::plane2];
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
    Real* full = all_ ? y : workspace_[Scratch::pooled];
    pool_.for_each(rows, [&](std::size_t row, int) { k.norm_vertical(shape_, lanes, deviation, plane, int(row)); });
    pool_.for_each(rows, [&](std::size_t row, int) {
        const std::size_t at = row * line * maps;
        k.norm_divide(columns, maps, lanes, c_, centred + at, plane + row * line, deviation + row * line, full + at);
    });
    if (all_)
        return;
    const std::size_t unit = std::size_t(maps) * lanes;
    pool_.for_each(output_.rows, [&](std::size_t row, int) {
        std::memcpy(y + row * output_.columns * unit, full + ((row + kept_.row) * columns + kept_.column) * unit,
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
    Real *centred = centred_.data(), *deviation = deviation_.data();
    Real *plane = workspace_[Scratch::plane], *plane2 = workspace_[Scratch::plane2];
    if (!all_) {    // what was not kept has no gradient; on the full grid the rest is one case
        Real* full = workspace_[Scratch::pooled];
        pool_.for_each(rows, [&](std::size_t row, int) {
            Real* out = full + row * columns * unit;
            std::memset(out, 0, columns * unit * sizeof(Real));
            if (int(row) >= kept_.row && int(row) < kept_.row + output_.rows)
                std::memcpy(out + kept_.column * unit, dy + (row - kept_.row) * output_.columns * unit,
                            output_.columns * unit * sizeof(Real));
        });
        dy = full;
    }
    pool_.for_each(rows, [&](std::size_t row, int) {
        const std::size_t at = row * line * maps;
        k.norm_divide_down(columns, maps, lanes, c_, centred + at, deviation + row * line, dy + at, plane + row * line);
    });
    // G' dv: the window's two directions, each a pass of its own, as each reads other rows' results of the one before
    pool_.for_each(rows,
                   [&](std::size_t row, int) { k.norm_vertical_adjoint(shape_, lanes, plane, plane2, int(row)); });
    pool_.for_each(rows,
                   [&](std::size_t row, int) { k.norm_horizontal_adjoint(shape_, lanes, plane2, plane, int(row)); });
    pool_.for_each(rows, [&](std::size_t row, int) {
        const std::size_t at = row * line * maps;
        k.norm_centre_down(columns, maps, lanes, centred + at, deviation + row * line, dy + at, plane + row * line,
                           dq + at, plane2 + row * line);
    });
    // dq holds dg; -G' of its mean over the maps is the same for all maps
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
