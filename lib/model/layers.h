// The three layers of a stage. A layer writes its upward and downward computation; rows are spread over the pool, and
// a row writes only its own output, so results do not depend on the number of threads.
//
// Activations as in model/stage.h.
#pragma once

#include "kernels/aligned.h"
#include "kernels/kernels.h"
#include "model/architecture.h"
#include "model/neuron.h"
#include "model/parameters.h"
#include "model/stage.h"
#include "model/workspace.h"

#include <vector>

namespace nonna
{

class Pool;

// h[p, m] = <w[p, :, m], x at p>. Linear, no bias, weights not shared between positions. In bf16 the weights are split
// (model/parameters.h) and the operands narrowed on the way in; results are fp32 all the same.
template <class Real> class LocalFilters
{
  public:
    LocalFilters(const StageArchitecture& stage, int lanes, Precision, Workspace<Real>&, Pool&);
    Shape shape() const { return shape_.output; }
    std::size_t parameters() const { return shape_.weights(); }
    Segment segment(std::size_t offset, bool unit_norm) const;

    void up(int lanes, Parameters<const Real> w, const Real* x, Real* h) const;
    // h += <w, e>: how the hidden units move an error of the reconstruction
    void up_add(int lanes, Parameters<const Real> w, const Real* e, Real* h) const;
    // x = sum over positions of w * h: the reconstruction, and the gradient of the input
    void down(int lanes, Parameters<const Real> w, const Real* h, Real* x) const;
    // The weights' gradient dh (x) x, plus h (x) e where given (the decoder's part of tied weights), written to
    // use.written or applied to use.updated, then each filter scaled to norm 1 where `unit_norm`.
    void weight_gradient(int lanes, const Real* x, const Real* dh, const Real* e, const Real* h,
                         const GradientUse<Real>& use, bool unit_norm) const;

  private:
    FilterShape shape_;
    Precision precision_;
    Workspace<Real>& workspace_;
    mutable std::vector<Aligned<std::byte>> scratch_;    // one a thread
    Pool& pool_;

    // f(band, thread) for all of `shape`, in bands enough for every thread
    template <class F> void each_band(Shape shape, F f) const;
    void gather(int lanes, Parameters<const Real> w, const Real* x, bool add, Real* h) const;
    const Bf16* pairs(Shape shape, bool each_position, int lanes, const Real* from) const;
    const Bf16* narrow(Narrow kind, Shape shape, int lanes, const Real* from) const;
};

// q = sqrt(epsilon + sum of h^2 over the window), per map.
template <class Real> class L2Pool
{
  public:
    L2Pool(const StageArchitecture& stage, int lanes, Workspace<Real>&, Pool&);
    Shape shape() const { return shape_.output; }

    void up(int lanes, const Real* h, Real* q);
    // dh = h * (window sums of (dq + bias) / q); dq may be null. `bias` is the sparsity cost's own gradient.
    void down(int lanes, const Real* h, const Real* q, const Real* dq, Real bias, Real* dh);

  private:
    PoolShape shape_;
    Real epsilon_;
    Workspace<Real>& workspace_;
    std::vector<Aligned<Real>> scratch_;    // one a thread
    Pool& pool_;
};

// g = q - G q,  s = max(c, sqrt(G g^2)),  y = g / s, with G the Gaussian window mean across all maps, cut at the border
// and its weights renormalised to 1 there; border `valid` keeps only the positions whose window fits. What is kept is a
// window on the full grid's results.
template <class Real> class ContrastNorm
{
  public:
    ContrastNorm(const StageArchitecture& stage, int lanes, Workspace<Real>&, Pool&);
    ContrastNorm(const StageArchitecture& stage, Area kept, int lanes, Workspace<Real>&, Pool&);
    Shape shape() const { return output_; }

    void up(int lanes, const Real* q, Real* y);
    void down(int lanes, const Real* dy, Real* dq);    // at the last up

  private:
    NormShape<Real> shape_;
    Shape output_;
    Area kept_;
    bool all_;    // is kept
    Real c_;
    std::vector<Real> taps_;
    Aligned<Real> centred_, deviation_;    // g and s, for the way down
    Workspace<Real>& workspace_;
    std::vector<Aligned<Real>> scratch_;
    Pool& pool_;
};

extern template class LocalFilters<float>;
extern template class LocalFilters<double>;
extern template class L2Pool<float>;
extern template class L2Pool<double>;
extern template class ContrastNorm<float>;
extern template class ContrastNorm<double>;

}    // namespace nonna
