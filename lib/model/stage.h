// The layer seam. Whoever adds an objective writes a Stage; optimisers, training, servers, tiles and the gradient
// checker see only this.
//
// A stage maps its input x to sublayers (filter, pool, norm; or one), the last being the next stage's input, and owns a
// cost on x. Activations are (row, column, map, lane), lane innermost; lanes at and beyond `count` are padding: their x
// must be zero and they take no part in costs, statistics and gradients. Parameters are the stage's part of the flat
// vector (model/parameters.h). Calls use the buffers of the last `up`: up, then cost and/or down on the same x. Stages
// of a network share scratch memory (model/workspace.h): between a stage's cost and its down no other stage has its
// turn.
//
// Templated on the number type: float runs on the fast kernels, double on the portable ones, so that gradients are
// checked on the very code that trains.
#pragma once

#include "kernels/segment.h"
#include "kernels/update_rules.h"
#include "model/parameters.h"

#include <memory>
#include <span>
#include <vector>

namespace nonna
{

class Pool;

// Sums over the batch's examples (not yet means).
struct StageCost {
    double reconstruction = 0;    // |r - x|^2
    double sparsity = 0;          // sum of pooled activations (autoencoder: hidden), not yet times lambda
    double input = 0;             // |x|^2
    double total = 0;             // reconstruction + lambda * sparsity
    // The stage's statistics of this batch (alpha's two sums, of <r, x> and |r|^2 before alpha): same length as
    // Stage::statistics().
    std::vector<double> statistics;
};

// What becomes of the gradient of a stage's parameters: it is written (not added) to `written`, as long as they, or
// applied where it arises to `updated`, the parameters themselves, so that training alone holds no gradient.
template <class Real> struct GradientUse {
    Real* written = nullptr;
    Parameters<Real> updated;
    Update<Real> update;    // state: of the stage's first parameter

    // Of the parameters from `offset` on.
    GradientUse from(std::size_t offset) const
    {
        GradientUse part = *this;
        if (written)
            part.written = written + offset;
        if (!updated.empty())
            part.updated = updated.from(offset);
        if (update.state)
            part.update.state = update.state + offset;
        return part;
    }
};

template <class Real> class Stage
{
  public:
    virtual ~Stage() = default;

    virtual Shape input() const = 0;
    virtual int sublayers() const = 0;
    virtual Shape shape(int sublayer) const = 0;
    virtual const Real* activation(int sublayer) const = 0;    // of the last up
    virtual std::vector<Segment> segments() const = 0;         // offsets from the stage's first parameter
    virtual std::size_t parameters() const = 0;
    virtual std::size_t statistics() const = 0;

    virtual bool updates() const = 0;    // can `down` apply the gradient itself?

    virtual void set_lanes(int count) = 0;    // examples in use, 1 .. the batch the stage was made for

    // All sublayers from x, up to and including `last`.
    virtual void up(Parameters<const Real> parameters, const Real* x, int last) = 0;
    void up(Parameters<const Real> parameters, const Real* x) { up(parameters, x, sublayers() - 1); }

    // The stage's own cost at the last up. `statistics` are those of the model (averaged); they are constants here.
    virtual StageCost cost(Parameters<const Real> parameters, std::span<const double> statistics, const Real* x) = 0;

    // This batch's sums that the averaged statistics are made of.
    virtual std::vector<double> batch_statistics(Parameters<const Real> parameters, const Real* x) = 0;

    // Gradients at the last up: of scale * (own cost), if cost_scale is not 0 (cost must have been called), plus what
    // comes from above: `dy`, the gradient with respect to sublayer `from`'s activation, or null. That of x is written
    // to dx, that of the parameters goes where `use` says; each may be null.
    virtual void down(Parameters<const Real> parameters, std::span<const double> statistics, const Real* x,
                      Real cost_scale, const Real* dy, int from, Real* dx, const GradientUse<Real>* use) = 0;
};

}    // namespace nonna
