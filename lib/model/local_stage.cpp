#include "model/local_stage.h"

#include "kernels/aligned.h"
#include "model/batch_rows.h"
#include "model/halo.h"
#include "model/layers.h"

#include <cassert>
#include <optional>

namespace nonna
{

namespace
{

// What of a stage is here, and as which stages its layers see it: their inputs are what they need.
struct Parts {
    StageArchitecture own, filters, pooling;
    Area own_pooled, kept;    // of the pooled units that are computed here: own ones, and those under the output
    std::vector<Area> needed_inputs, needed_filters;    // of every tile; none in one piece

    Parts(const StageArchitecture& whole, const TilePlace& place) : own(whole)
    {
        const int margin = whole.border == Border::valid ? whole.norm / 2 : 0;
        StageTile tile = whole_stage(whole);
        if (place.exchange) {
            tile = stage_tile(whole, place.tiling, place.exchange->tile());
            for (int t = 0; t < place.tiling.tiles(); ++t) {
                const StageTile other = stage_tile(whole, place.tiling, t);
                needed_inputs.push_back(other.needed_input);
                needed_filters.push_back(other.needed_filter);
            }
        }
        own.input = shape_of(tile.input, whole.input.maps);
        own.filter = shape_of(tile.filter, whole.maps);
        own.pooled = shape_of(tile.pooled, whole.maps);
        own.output = shape_of(tile.output, whole.maps);
        filters = pooling = own;
        filters.input = shape_of(tile.needed_input, whole.input.maps);
        pooling.filter = shape_of(tile.needed_filter, whole.maps);
        pooling.pooled = shape_of(tile.needed_pooled, whole.maps);
        own_pooled = inside(tile.needed_pooled, tile.pooled);
        kept = inside(tile.needed_pooled, tile.output);
        kept.row += margin;
        kept.column += margin;
    }
};

// Of a tile all arrays are its own part of what they are called, but what the three layers read is what they need:
// seen inputs, seen hidden units, and the pooled units, which are all computed here.
template <class Real> class LocalStage : public Stage<Real>
{
  public:
    LocalStage(const StageArchitecture& stage, const TilePlace& place, const Parts& parts, int batch,
               Precision precision, Workspace<Real>& workspace, Pool& pool)
        : stage_(parts.own), exchange_(place.exchange), all_pooled_(parts.pooling.pooled),
          own_pooled_(parts.own_pooled), most_lanes_(padded_lanes(batch)), rows_(pool), workspace_(workspace),
          inputs_(place, stage.input, parts.needed_inputs), hiddens_(place, stage.filter, parts.needed_filters),
          filters_(parts.filters, most_lanes_, precision, workspace, pool),
          pooling_(parts.pooling, most_lanes_, workspace, pool), hidden_(stage_.filter.size() * most_lanes_),
          pooled_(all_pooled_.size() * most_lanes_), seen_input_(inputs_.needed_size() * most_lanes_),
          seen_hidden_(hiddens_.needed_size() * most_lanes_)
    {
        if (stage.norm > 0) {
            norm_.emplace(parts.pooling, parts.kept, most_lanes_, workspace, pool);
            normalised_ = Aligned<Real>(stage_.output.size() * most_lanes_);
            workspace.claim(pooled_gradient(), pooled_.size());
        }
        workspace.claim(Scratch::hidden_gradient, hidden_.size());
        workspace.claim(Scratch::reconstruction, stage_.input.size() * most_lanes_);
        workspace.claim(Scratch::residual, stage_.input.size() * most_lanes_);
        workspace.claim(Scratch::needed_input, seen_input_.size());
        workspace.claim(Scratch::needed_input_gradient, seen_input_.size());
        workspace.claim(Scratch::needed_hidden_gradient, seen_hidden_.size());
    }

    Shape input() const override { return stage_.input; }
    int sublayers() const override { return norm_ ? 3 : 2; }
    Shape shape(int sublayer) const override
    {
        return sublayer == 0 ? stage_.filter : sublayer == 1 ? stage_.pooled : stage_.output;
    }
    const Real* activation(int sublayer) const override
    {
        return sublayer == 0 ? hidden_.data() : sublayer == 1 ? own_pooled() : normalised_.data();
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
        filters_.up(rows_.lanes(), parameters, inputs_.spread(rows_.lanes(), x, seen_input_.data()), hidden_.data());
        if (last >= 1)
            pooling_.up(rows_.lanes(), hiddens_.spread(rows_.lanes(), hidden_.data(), seen_hidden_.data()),
                        pooled_.data());
        if (last >= 2)
            norm_->up(rows_.lanes(), pooled_.data(), normalised_.data());
        release_turn();
    }

    std::vector<double> batch_statistics(Parameters<const Real> parameters, const Real* x) override
    {
        if (workspace_.turn != this) {    // else they are known since cost or batch_statistics were asked last
            const Real* u = reconstruct(parameters);
            sums_ = {rows_.sum(stage_.input, u, x), rows_.sum(stage_.input, u, u)};
            sum_over_tiles(exchange_, sums_);
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
        std::vector<double> sums = {rows_.sum(stage_.input, e, e), rows_.sum(all_pooled_, own_pooled_, pooled_.data()),
                                    rows_.sum(stage_.input, x, x)};
        sum_over_tiles(exchange_, sums);
        cost.reconstruction = sums[0];
        cost.sparsity = sums[1];
        cost.input = sums[2];
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
        const Real* e = nullptr;
        if (own) {
            Real* const slopes = workspace_[Scratch::reconstruction];
            const Real slope = 2 * cost_scale * scale(statistics);
            const Real* const residual = workspace_[Scratch::residual];
            rows_.each(stage_.input, [&](std::size_t at, std::size_t n) {
                kernels<Real>().scaled(n, slope, residual + at, slopes + at);
            });
            e = inputs_.spread(rows_.lanes(), slopes, workspace_[Scratch::needed_input]);
            filters_.up_add(rows_.lanes(), decoder_of(parameters), e, dh);
        }
        if (dx)    // before the weights move
            input_gradient(parameters, cost_scale, dh, dx);
        if (use)
            weight_gradients(inputs_.needed(x, seen_input_.data()), dh, e, *use);
    }

  private:
    StageArchitecture stage_;    // what of it is here
    Exchange* exchange_;         // null: in one piece
    Shape all_pooled_;           // what is computed here, and the own ones in it
    Area own_pooled_;
    int most_lanes_;
    BatchRows<Real> rows_;
    Workspace<Real>& workspace_;
    Halo<Real> inputs_, hiddens_;
    LocalFilters<Real> filters_;
    L2Pool<Real> pooling_;
    std::optional<ContrastNorm<Real>> norm_;
    Aligned<Real> hidden_, pooled_, normalised_, seen_input_, seen_hidden_;
    mutable Aligned<Real> copied_pooled_;    // a tile's own ones, when they were asked for
    std::vector<double> sums_;               // of the reconstruction: <u, x> and |u|^2

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
        Real* const u = workspace_[Scratch::reconstruction];
        Real* const needed = inputs_.needed(u, workspace_[Scratch::needed_input]);
        filters_.down(rows_.lanes(), decoder_of(parameters), hidden_.data(), needed);
        inputs_.collect(rows_.lanes(), needed, u);
        return u;
    }

    // dh from above and from the sparsity cost, whose gradient is the same at every pooled unit.
    void hidden_gradient(Real cost_scale, const Real* dy, int from, Real* dh)
    {
        const Real* dq = from == 1 ? dy : nullptr;
        Real sparsity = Real(stage_.lambda) * cost_scale;
        if (dy && from == 2) {
            norm_->down(rows_.lanes(), dy, workspace_[pooled_gradient()]);
            dq = workspace_[pooled_gradient()];
        }
        if (dq || cost_scale != 0) {
            if (has_foreign_pooled()) {
                dq = own_share(dq, from == 1, sparsity);
                sparsity = 0;
            }
            Real* const needed = hiddens_.needed(dh, workspace_[Scratch::needed_hidden_gradient]);
            pooling_.down(rows_.lanes(), hiddens_.needed(hidden_.data(), seen_hidden_.data()), pooled_.data(), dq,
                          sparsity, needed);
            hiddens_.collect(rows_.lanes(), needed, dh);
        } else
            rows_.each(stage_.filter, [&](std::size_t at, std::size_t n) { std::fill_n(dh + at, n, Real(0)); });
        if (dy && from == 0)
            rows_.each(stage_.filter,
                       [&](std::size_t at, std::size_t n) { kernels<Real>().add_scaled(n, 1, dy + at, dh + at); });
    }

    // Pooled units that others own are computed in several tiles, but each has its part of the sparsity cost once: with
    // its owner. `dq` is of all that are computed here, or of the own ones alone, or null.
    const Real* own_share(const Real* dq, bool own_alone, Real sparsity)
    {
        Real* const all = workspace_[pooled_gradient()];
        const std::size_t unit = std::size_t(all_pooled_.maps) * rows_.lanes(), n = own_pooled_.columns * unit;
        if (!dq || own_alone)
            std::fill_n(all, std::size_t(all_pooled_.rows) * all_pooled_.columns * unit, Real(0));
        for (int r = 0; r < own_pooled_.rows; ++r) {
            Real* const row = all + first_own_pooled(r) * unit;
            if (dq && own_alone)
                std::copy_n(dq + r * n, n, row);
            for (std::size_t i = 0; i < n; ++i)
                row[i] += sparsity;
        }
        return all;
    }
    bool has_foreign_pooled() const { return !(all_pooled_ == stage_.pooled); }
    // Of a tile it is needed for the sparsity cost too, in one piece for gradients from above alone.
    Scratch pooled_gradient() const
    {
        return has_foreign_pooled() ? Scratch::needed_pooled_gradient : Scratch::pooled_gradient;
    }
    std::size_t first_own_pooled(int row) const    // in the array of all that are computed here, a position
    {
        return std::size_t(own_pooled_.row + row) * all_pooled_.columns + own_pooled_.column;
    }

    // Copied for who asks: the layers never do.
    const Real* own_pooled() const
    {
        if (!has_foreign_pooled())
            return pooled_.data();
        if (copied_pooled_.size() == 0)
            copied_pooled_ = Aligned<Real>(stage_.pooled.size() * most_lanes_);
        const std::size_t unit = std::size_t(all_pooled_.maps) * rows_.lanes(), n = own_pooled_.columns * unit;
        for (int r = 0; r < own_pooled_.rows; ++r)
            std::copy_n(pooled_.data() + first_own_pooled(r) * unit, n, copied_pooled_.data() + r * n);
        return copied_pooled_.data();
    }

    // The input is the reconstruction's target too: of r - x it has a share of its own.
    void input_gradient(Parameters<const Real> parameters, Real cost_scale, const Real* dh, Real* dx)
    {
        Real* const needed = inputs_.needed(dx, workspace_[Scratch::needed_input_gradient]);
        filters_.down(rows_.lanes(), parameters, dh, needed);
        inputs_.collect(rows_.lanes(), needed, dx);
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
                                              Workspace<Real>& workspace, Pool& pool, const TilePlace& place)
{
    return std::make_unique<LocalStage<Real>>(stage, place, Parts(stage, place), batch, precision, workspace, pool);
}

template std::unique_ptr<Stage<float>> make_local_stage(const StageArchitecture&, int, Precision, Workspace<float>&,
                                                        Pool&, const TilePlace&);
template std::unique_ptr<Stage<double>> make_local_stage(const StageArchitecture&, int, Precision, Workspace<double>&,
                                                         Pool&, const TilePlace&);

}    // namespace nonna
