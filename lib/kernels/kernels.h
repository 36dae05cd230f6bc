// The arithmetic: raw pointers and a shape struct, a row or a band of one a call, no threads, no allocation, no errors.
//
// Activations are (row, column, map, lane), lane innermost; `lanes` is a multiple of lane_multiple. So one weight is
// broadcast against vectors of examples, no patch is ever copied out, and each example's sum has the same order for any
// vector width. Weights are (position, dy, dx, input map, map), map innermost. Callers spread rows and bands over
// threads; a call writes only what its band owns, and how a row is cut into bands changes no bit, so results do not
// depend on the number of threads. No argument may overlap another that is written.
//
// One body (body.inc), compiled once for each instruction set; `kernels<float>()` picks the best this processor has,
// lowered by the environment variable NONNA_ISA = generic | avx2 | avx512. double is compiled portably only.
#pragma once

#include "kernels/segment.h"
#include "kernels/update_rules.h"

namespace nonna
{

// Geometry of local filters: position (r, c) sees input rows r * stride .. r * stride + field - 1, columns likewise.
struct FilterShape {
    Shape input, output;
    int field = 0, stride = 1;
    std::size_t fan_in() const { return std::size_t(field) * field * input.maps; }
    std::size_t weights() const { return fan_in() * output.size(); }
};

// Columns first .. last - 1 of row `row`: one task of a thread.
struct Band {
    int row = 0, first = 0, last = 0;
};

// Window of pooling: output (r, c) sees input rows r .. r + window - 1, columns likewise, of its own map.
struct PoolShape {
    Shape input, output;
    int window = 0;
};

// Normalisation over a separable window across all maps. `taps`: window weights that sum to 1.
template <class Real> struct NormShape {
    Shape input;
    int window = 0;    // odd
    const Real* taps = nullptr;
};

template <class Real> struct Kernels {
    const char* name;

    // gather (encode, gradient of the hidden units), a band of output positions:
    //     h[p, m] = sum over k of w[p, k, m] * x[patch(p), k]        (+ h[p, m] when add)
    void (*gather)(const FilterShape&, int lanes, const Real* w, const Real* x, bool add, Real* h, Band);

    // scatter (decode, gradient of the input), a band of input units:
    //     x[q] = sum over positions p that see q, over m, of w[p, q - p, m] * h[p, m]
    void (*scatter)(const FilterShape&, int lanes, const Real* w, const Real* h, Real* x, Band);

    // weight gradient of a band of output positions:
    //     dw[p, k, m] = sum over lanes of x[patch(p), k] * a[p, m]  +  e[patch(p), k] * b[p, m]
    // The second pair (decoder's part of tied weights) may be null. Written, not added.
    void (*weight_gradient)(const FilterShape&, int lanes, const Real* x, const Real* a, const Real* e, const Real* b,
                            Real* dw, Band);

    // The same gradient applied at once to the band's weights, so that training alone needs no gradient buffer. The
    // same bits as weight_gradient, `update` and finish_matrix one after another. `scratch`: 2 x fan_in x maps numbers
    // (two neighbouring positions may share a vector).
    void (*weight_update)(const FilterShape&, int lanes, const Real* x, const Real* a, const Real* e, const Real* b,
                          const Update<Real>&, bool unit_norm, Real* w, Band, Real* scratch);

    // q = sqrt(epsilon + sum of h^2 over the window), output row `row`. `scratch`: one input row.
    void (*pool_up)(const PoolShape&, int lanes, Real epsilon, const Real* h, Real* q, int row, Real* scratch);

    // dh = h * sum over windows that hold it of t, t = dq / q; input row `row`. `scratch`: one output row.
    void (*pool_down)(const PoolShape&, int lanes, const Real* h, const Real* t, Real* dh, int row, Real* scratch);

    // t = (dq + bias) / q, dq may be null; n values
    void (*pool_ratio)(std::size_t n, const Real* dq, Real bias, const Real* q, Real* t);

    // Rows of the contrast normalisation. A plane is (row, column, lane): one map.
    // plane[row] = horizontal window mean, renormalised at the border, of mean over maps of a * b (b null: of a)
    void (*norm_mean_row)(const NormShape<Real>&, int lanes, const Real* a, const Real* b, Real* plane, int row,
                          Real* scratch);
    // out[row] = vertical window mean, renormalised at the border, of plane
    void (*norm_vertical)(const NormShape<Real>&, int lanes, const Real* plane, Real* out, int row);
    // The adjoints of the two window means, on planes: vertical then horizontal (mean over maps not included).
    void (*norm_vertical_adjoint)(const NormShape<Real>&, int lanes, const Real* plane, Real* out, int row);
    void (*norm_horizontal_adjoint)(const NormShape<Real>&, int lanes, const Real* plane, Real* out, int row);

    // out = a - plane, every map; one row
    void (*subtract_plane)(int columns, int maps, int lanes, const Real* a, const Real* plane, Real* out);
    // s = max(c, sqrt(v));  y = g / s
    void (*norm_divide)(int columns, int maps, int lanes, Real c, const Real* g, const Real* v, Real* s, Real* y);
    // dv = -(sum over maps of dy * g) / (2 s^3) where s > c, else 0
    void (*norm_divide_down)(int columns, int maps, int lanes, Real c, const Real* g, const Real* s, const Real* dy,
                             Real* dv);
    // dg = dy / s + 2 g dv / maps;  dm = -(sum over maps of dg) / maps
    void (*norm_centre_down)(int columns, int maps, int lanes, const Real* g, const Real* s, const Real* dy,
                             const Real* dv, Real* dg, Real* dm);
    // a += plane, every map
    void (*add_plane)(int columns, int maps, int lanes, const Real* plane, Real* a);

    // Sigmoid units, a run of units with all their lanes; lanes at and beyond `count` are padding.
    // h = 1 / (1 + exp(-(h + bias))) - 1/2, padding 0
    void (*sigmoid_up)(int units, int lanes, int count, const Real* bias, Real* h);
    // d = d * (1/4 - h^2), padding 0: the gradient of what the sigmoid was taken of
    void (*sigmoid_down)(int units, int lanes, int count, const Real* h, Real* d);
    // r += bias, padding as it is
    void (*add_bias)(int units, int lanes, int count, const Real* bias, Real* r);
    // sums = sum over all lanes of a, one a unit: never -0
    void (*lane_sums)(int units, int lanes, const Real* a, Real* sums);

    // e = alpha * u - x
    void (*residual)(std::size_t n, Real alpha, const Real* u, const Real* x, Real* e);
    // out = scale * a
    void (*scaled)(std::size_t n, Real scale, const Real* a, Real* out);
    // out += scale * a
    void (*add_scaled)(std::size_t n, Real scale, const Real* a, Real* out);

    // sum of a * b (b null: of a) over n values in groups of `lanes`, the first `count` lanes of each, in double
    double (*dot)(std::size_t n, int lanes, int count, const Real* a, const Real* b);

    // One row of the whitening: x[column, o] of one picture, from three padded planes (channel, row, column) with a
    // margin of (width - 1) / 2 on each side; out is (channel, column).
    void (*whiten_row)(int columns, int channels, int width, const Real* filters, const Real* planes,
                       std::size_t plane_stride, std::size_t row_stride, Real* out);

    // The rule on parameters [at, at + n) of w and its state, gradient g[0 .. n). Where the rule is of a whole matrix
    // only the state moves.
    void (*update)(const Update<Real>&, std::size_t at, std::size_t n, const Real* g, Real* w);
    // After it, what the rule does to a whole matrix, `rows` x `columns` at w, whose state begins at `at`; and, where
    // `unit_norm`, every column scaled to norm 1 (columns of norm 0 stay).
    void (*finish_matrix)(const Update<Real>&, std::size_t at, std::size_t rows, std::size_t columns, bool unit_norm,
                          Real* w);
    // Every column of the `rows` x `columns` matrix at w scaled to norm 1 (columns of norm 0 stay).
    void (*unit_columns)(std::size_t rows, std::size_t columns, Real* w);
};

template <class Real> const Kernels<Real>& kernels();
template <> const Kernels<float>& kernels<float>();
template <> const Kernels<double>& kernels<double>();

// Is NONNA_ISA unset or empty, or does it name an instruction set of this program's, whether this processor has it or
// not? Who makes a network asks, so that a misspelt name is no silent best.
bool known_instruction_set();

// Every variant this processor can run, for tests and benchmarks; the last is the best. Returns how many.
int kernel_variants(const Kernels<float>* into[3]);

}    // namespace nonna
