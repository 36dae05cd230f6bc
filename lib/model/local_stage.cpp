#include "model/local_stage.h"

#include "kernels/aligned.h"
#include "model/batch_rows.h"
#include "model/layers.h"

#include <cassert>
#include <optional>

namespace nonna
{

namespace
{

template <class Real> class LocalStage : public Stage<Real>
{
  public:
    LocalStage(const StageArchitecture& stage, int batch, Precision precision, Workspace<Real>& workspace, Pool& pool)
        : stage_(stage), most_lanes_(padded_lanes(batch)), rows_(pool), workspace_(workspace),
          filters_(stage, most_lanes_, precision, workspace, pool), pooling_(stage, most_lanes_, workspace, pool),
          hidden_(stage.filter.size() * most_lanes_), pooled_(stage.pooled.size() * most_lanes_)
    {
        if (stage.norm > 0) {
            norm_.emplace(stage, most_lanes_, workspace, pool);
            normalised_ = Aligned<Real>(stage.output.size() * most_lanes_);
            workspace.claim(Scratch::pooled_gradient, pooled_.size());
        }
        workspace.claim(Scratch::hidden_gradient, hidden_.size());
        workspace.claim(Scratch::reconstruction, stage.input.size() * most_lanes_);
        workspace.claim(Scratch::residual, stage.input.size() * most_lanes_);
    }

    Shape input() const override { return stage_.input; }
    int sublayers() const override { return norm_ ? 3 : 2; }
    Shape shape(int sublayer) const override
    {
        return sublayer == 0 ? stage_.filter : sublayer == 1 ? stage_.pooled : stage_.output;
    }
    const Real* activation(int sublayer) const override
    {
        return sublayer == 0 ? hidden_.data() : sublayer == 1 ? pooled_.data() : normalised_.data();
    }
    std::vector<Segment> segments() const override
    {
        std::vector<Segment> all = {filters_.segment(0, stage_.unit_norm)};
        if (!stage_.tied)
            all.push_back(filters_.segment(filters_.parameters(), false));
        return all;
    }
    std::size_t parameters() const override { return filters_.parameters() * (stage_.tied ? 1 : 2); }
    std::size_t statistics() const override { return 2; }

    bool updates() const override { return true; }

    void set_lanes(int count) override { rows_.set_lanes(count); }

    void up(Parameters<const Real> parameters, const Real* x, int last) override
    {
        filters_.up(rows_.lanes(), parameters, x, hidden_.data());
        if (last >= 1)
            pooling_.up(rows_.lanes(), hidden_.data(), pooled_.data());
        if (last >= 2)
            norm_->up(rows_.lanes(), pooled_.data(), normalised_.data());
        release_turn();
    }

    std::vector<double> batch_statistics(Parameters<const Real> parameters, const Real* x) override
    {
        if (workspace_.turn != this) {    // else they are known since cost or batch_statistics were asked last
            const Real* u = reconstruct(parameters);
            sums_ = {rows_.sum(stage_.input, u, x), rows_.sum(stage_.input, u, u)};
            workspace_.turn = this;
        }
        return sums_;
    }

    StageCost cost(Parameters<const Real> parameters, std::span<const double> statistics, const Real* x) override
    {
        StageCost cost;
        cost.statistics = batch_statistics(parameters, x);
        const Real* u = workspace_[Scratch::reconstruction];
        Real* e = workspace_[Scratch::residual];
        const Real alpha = scale(statistics);
        rows_.each(stage_.input,
                   [&](std::size_t at, std::size_t n) { kernels<Real>().residual(n, alpha, u + at, x + at, e + at); });
        cost.reconstruction = rows_.sum(stage_.input, e, e);
        cost.sparsity = rows_.sum(stage_.pooled, pooled_.data(), nullptr);
        cost.input = rows_.sum(stage_.input, x, x);
        cost.total = cost.reconstruction + stage_.lambda * cost.sparsity;
        return cost;
    }

    // What comes from above and the sparsity cost reach the hidden units through the layers; the reconstruction's error
    // e reaches them by another way up, since r is the hidden units' way down. Then dh is whole, and with it the
    // gradient of the input and of the weights:
    //     dx = W' dh - 2 (r - x),     dw[p] = x at p (x) dh[p] + e at p (x) h[p]     (the second part the decoder's)
    void down(Parameters<const Real> parameters, std::span<const double> statistics, const Real* x, Real cost_scale,
              const Real* dy, int from, Real* dx, const GradientUse<Real>* use) override
    {
        const bool own = cost_scale != 0;
        assert(!own || workspace_.turn == this);
        release_turn();
        Real* const dh = workspace_[Scratch::hidden_gradient];
        hidden_gradient(cost_scale, dy, from, dh);
        // With r = alpha u, e is the cost's gradient with respect to u, 2 * cost_scale * alpha * (r - x). It takes u's
        // place, which is not needed any more.
        Real* const e = own ? workspace_[Scratch::reconstruction] : nullptr;
        if (own) {
            const Real slope = 2 * cost_scale * scale(statistics);
            const Real* const residual = workspace_[Scratch::residual];
            rows_.each(stage_.input,
                       [&](std::size_t at, std::size_t n) { kernels<Real>().scaled(n, slope, residual + at, e + at); });
            filters_.up_add(rows_.lanes(), decoder_of(parameters), e, dh);
        }
        if (dx)    // before the weights move
            input_gradient(parameters, cost_scale, dh, dx);
        if (use)
            weight_gradients(x, dh, e, *use);
    }

  private:
    StageArchitecture stage_;
    int most_lanes_;
    BatchRows<Real> rows_;
    Workspace<Real>& workspace_;
    LocalFilters<Real> filters_;
    L2Pool<Real> pooling_;
    std::optional<ContrastNorm<Real>> norm_;
    Aligned<Real> hidden_, pooled_, normalised_;
    std::vector<double> sums_;    // of the reconstruction: <u, x> and |u|^2

    Real scale(std::span<const double> statistics) const
    {
        return stage_.tied ? Real(least_squares_scale(statistics)) : Real(1);
    }

    Parameters<const Real> decoder_of(Parameters<const Real> parameters) const
    {
        return stage_.tied ? parameters : parameters.from(filters_.parameters());
    }

    // u = W'h; it and its sums are kept as long as it is this stage's turn in the workspace.
    const Real* reconstruct(Parameters<const Real> parameters)
    {
        Real* u = workspace_[Scratch::reconstruction];
        filters_.down(rows_.lanes(), decoder_of(parameters), hidden_.data(), u);
        return u;
    }

    // dh from above and from the sparsity cost, whose gradient is the same at every pooled unit.
    void hidden_gradient(Real cost_scale, const Real* dy, int from, Real* dh)
    {
        const Real* dq = from == 1 ? dy : nullptr;
        if (dy && from == 2) {
            norm_->down(rows_.lanes(), dy, workspace_[Scratch::pooled_gradient]);
            dq = workspace_[Scratch::pooled_gradient];
        }
        if (dq || cost_scale != 0)
            pooling_.down(rows_.lanes(), hidden_.data(), pooled_.data(), dq, Real(stage_.lambda) * cost_scale, dh);
        else
            rows_.each(stage_.filter, [&](std::size_t at, std::size_t n) { std::fill_n(dh + at, n, Real(0)); });
        if (dy && from == 0)
            rows_.each(stage_.filter,
                       [&](std::size_t at, std::size_t n) { kernels<Real>().add_scaled(n, 1, dy + at, dh + at); });
    }

    // The input is the reconstruction's target too: of r - x it has a share of its own.
    void input_gradient(Parameters<const Real> parameters, Real cost_scale, const Real* dh, Real* dx)
    {
        filters_.down(rows_.lanes(), parameters, dh, dx);
        if (cost_scale == 0)
            return;
        const Real* const residual = workspace_[Scratch::residual];
        rows_.each(stage_.input, [&](std::size_t at, std::size_t n) {
            kernels<Real>().add_scaled(n, -2 * cost_scale, residual + at, dx + at);
        });
    }

    // e: null without a cost of its own, and then an untied decoder has no gradient.
    void weight_gradients(const Real* x, const Real* dh, const Real* e, const GradientUse<Real>& use)
    {
        if (stage_.tied) {
            filters_.weight_gradient(rows_.lanes(), x, dh, e, hidden_.data(), use, stage_.unit_norm);
            return;
        }
        const std::size_t encoder = filters_.parameters();
        filters_.weight_gradient(rows_.lanes(), x, dh, nullptr, nullptr, use, stage_.unit_norm);
        const GradientUse<Real> decoder = use.from(encoder);
        if (e)
            filters_.weight_gradient(rows_.lanes(), e, hidden_.data(), nullptr, nullptr, decoder, false);
        else if (decoder.written)
            std::fill_n(decoder.written, encoder, Real(0));
    }
    void release_turn()
    {
        if (workspace_.turn == this)
            workspace_.turn = nullptr;
    }
};

}    // namespace

template <class Real>
std::unique_ptr<Stage<Real>> make_local_stage(const StageArchitecture& stage, int batch, Precision precision,
                                              Workspace<Real>& workspace, Pool& pool)
{
    return std::make_unique<LocalStage<Real>>(stage, batch, precision, workspace, pool);
}

template std::unique_ptr<Stage<float>> make_local_stage(const StageArchitecture&, int, Precision, Workspace<float>&,
                                                        Pool&);
template std::unique_ptr<Stage<double>> make_local_stage(const StageArchitecture&, int, Precision, Workspace<double>&,
                                                         Pool&);

}    // namespace nonna
