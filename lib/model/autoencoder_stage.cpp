#include "model/autoencoder_stage.h"

#include "kernels/aligned.h"
#include "model/batch_rows.h"
#include "model/halo.h"
#include "model/layers.h"

#include <cassert>

namespace nonna
{

namespace
{

template <class Real> class AutoencoderStage : public Stage<Real>
{
  public:
    // Of a tile `own` is what is here, and `seen` the same with the input that the filters need.
    AutoencoderStage(const StageArchitecture& own, const StageArchitecture& seen, Halo<Real> inputs, Exchange* exchange,
                     int batch, Precision precision, Workspace<Real>& workspace, Pool& pool)
        : stage_(own), exchange_(exchange), rows_(pool), workspace_(workspace), inputs_(std::move(inputs)),
          filters_(seen, padded_lanes(batch), precision, workspace, pool),
          hidden_(own.filter.size() * padded_lanes(batch)), seen_input_(inputs_.needed_size() * padded_lanes(batch))
    {
        workspace.claim(Scratch::hidden_gradient, hidden_.size());
        workspace.claim(Scratch::reconstruction, own.input.size() * padded_lanes(batch));
        workspace.claim(Scratch::residual, own.input.size() * padded_lanes(batch));
        workspace.claim(Scratch::needed_input, seen_input_.size());
        workspace.claim(Scratch::needed_input_gradient, seen_input_.size());
        for (int t = 0; t < pool.threads(); ++t)
            sums_over_lanes_.emplace_back(std::max(row(own.input), row(own.filter)));
    }

    Shape input() const override { return stage_.input; }
    int sublayers() const override { return 1; }
    Shape shape(int) const override { return stage_.filter; }
    const Real* activation(int) const override { return hidden_.data(); }
    std::vector<Segment> segments() const override
    {
        std::vector<Segment> all = {filters_.segment(0, false)};
        if (!stage_.tied)
            all.push_back(filters_.segment(filters_.parameters(), false));
        all.push_back(bias_segment(encoder_bias(), stage_.filter));
        all.push_back(bias_segment(decoder_bias(), stage_.input));
        return all;
    }
    std::size_t parameters() const override { return decoder_bias() + stage_.input.size(); }
    std::size_t statistics() const override { return 2; }    // for the log alone
    bool updates() const override { return true; }
    void set_lanes(int count) override { rows_.set_lanes(count); }

    void up(Parameters<const Real> parameters, const Real* x, int) override
    {
        filters_.up(rows_.lanes(), parameters, inputs_.spread(rows_.lanes(), x, seen_input_.data()), hidden_.data());
        const Real* const bias = parameters.from(encoder_bias()).biases();
        rows_.each(stage_.filter, [&](std::size_t at, std::size_t, std::size_t r, int) {
            const std::size_t units = row(stage_.filter);
            kernels<Real>().sigmoid_up(int(units), rows_.lanes(), rows_.count(), bias + r * units, hidden_.data() + at);
        });
        release_turn();
    }

    std::vector<double> batch_statistics(Parameters<const Real> parameters, const Real* x) override
    {
        if (workspace_.turn != this) {    // else they are known since cost or batch_statistics were asked last
            const Real* r = reconstruct(parameters);
            sums_ = {rows_.sum(stage_.input, r, x), rows_.sum(stage_.input, r, r)};
            sum_over_tiles(exchange_, sums_);
            workspace_.turn = this;
        }
        return sums_;
    }

    StageCost cost(Parameters<const Real> parameters, std::span<const double>, const Real* x) override
    {
        StageCost cost;
        cost.statistics = batch_statistics(parameters, x);
        const Real* r = workspace_[Scratch::reconstruction];
        Real* e = workspace_[Scratch::residual];
        rows_.each(stage_.input,
                   [&](std::size_t at, std::size_t n) { kernels<Real>().residual(n, 1, r + at, x + at, e + at); });
        std::vector<double> sums = {rows_.sum(stage_.input, e, e),
                                    rows_.sum(stage_.filter, hidden_.data(), nullptr) +
                                        0.5 * double(stage_.filter.size()) * rows_.count(),
                                    rows_.sum(stage_.input, x, x)};
        sum_over_tiles(exchange_, sums);
        cost.reconstruction = sums[0];
        cost.sparsity = sums[1];
        cost.input = sums[2];
        cost.total = cost.reconstruction + stage_.lambda * cost.sparsity;
        return cost;
    }

    // dh comes from above, from the sparsity cost and from the reconstruction's error e, is taken through the sigmoid,
    // and is then the gradient of what the encoder's weights and biases add up to. The rest follows:
    //     dx = W' dh - e,   dw[p] = x at p (x) dh[p] + e at p (x) h[p],   db = sum of dh,   dc = sum of e
    void down(Parameters<const Real> parameters, std::span<const double>, const Real* x, Real cost_scale,
              const Real* dy, int, Real* dx, const GradientUse<Real>* use) override
    {
        const bool own = cost_scale != 0;
        assert(!own || workspace_.turn == this);
        release_turn();
        const int lanes = rows_.lanes();
        Real* const dh = workspace_[Scratch::hidden_gradient];
        const Real sparsity = own ? Real(stage_.lambda) * cost_scale : Real(0);
        rows_.each(stage_.filter, [&](std::size_t at, std::size_t n) {
            std::fill_n(dh + at, n, sparsity);
            if (dy)
                kernels<Real>().add_scaled(n, 1, dy + at, dh + at);
        });
        // e = 2 * cost_scale * (r - x) takes r's place, which is not needed any more.
        Real* const own_e = own ? workspace_[Scratch::reconstruction] : nullptr;
        const Real* e = nullptr;
        if (own) {
            const Real* const residual = workspace_[Scratch::residual];
            rows_.each(stage_.input, [&](std::size_t at, std::size_t n) {
                kernels<Real>().scaled(n, 2 * cost_scale, residual + at, own_e + at);
            });
            e = inputs_.spread(lanes, own_e, workspace_[Scratch::needed_input]);
            filters_.up_add(lanes, decoder_of(parameters), e, dh);
        }
        rows_.each(stage_.filter, [&](std::size_t at, std::size_t) {
            kernels<Real>().sigmoid_down(int(row(stage_.filter)), lanes, rows_.count(), hidden_.data() + at, dh + at);
        });
        if (dx) {    // before the weights move
            Real* const needed = inputs_.needed(dx, workspace_[Scratch::needed_input_gradient]);
            filters_.down(lanes, parameters, dh, needed);
            inputs_.collect(lanes, needed, dx);
            if (own)    // x is also the target
                rows_.each(stage_.input, [&](std::size_t at, std::size_t n) {
                    kernels<Real>().add_scaled(n, -1, own_e + at, dx + at);
                });
        }
        if (use)
            parameter_gradients(inputs_.needed(x, seen_input_.data()), dh, e, own_e, *use);
    }

  private:
    StageArchitecture stage_;    // what of it is here
    Exchange* exchange_;         // null: in one piece
    BatchRows<Real> rows_;
    Workspace<Real>& workspace_;
    Halo<Real> inputs_;
    LocalFilters<Real> filters_;
    Aligned<Real> hidden_, seen_input_;
    std::vector<Aligned<Real>> sums_over_lanes_;    // one a thread: of a row's units
    std::vector<double> sums_;                      // of the reconstruction: <r, x> and |r|^2

    static std::size_t row(Shape shape) { return std::size_t(shape.columns) * shape.maps; }    // units of a row
    std::size_t encoder_bias() const { return filters_.parameters() * (stage_.tied ? 1 : 2); }
    std::size_t decoder_bias() const { return encoder_bias() + stage_.filter.size(); }
    static Segment bias_segment(std::size_t offset, Shape shape)
    {
        return {offset, std::size_t(shape.rows) * shape.columns, 1, std::size_t(shape.maps), false};
    }

    Parameters<const Real> decoder_of(Parameters<const Real> parameters) const
    {
        return stage_.tied ? parameters : parameters.from(filters_.parameters());
    }

    // r = D h + c; it and its sums are kept as long as it is this stage's turn in the workspace. Padding lanes are 0.
    const Real* reconstruct(Parameters<const Real> parameters)
    {
        Real* r = workspace_[Scratch::reconstruction];
        Real* const needed = inputs_.needed(r, workspace_[Scratch::needed_input]);
        filters_.down(rows_.lanes(), decoder_of(parameters), hidden_.data(), needed);
        inputs_.collect(rows_.lanes(), needed, r);
        const Real* const bias = parameters.from(decoder_bias()).biases();
        rows_.each(stage_.input, [&](std::size_t at, std::size_t, std::size_t k, int) {
            const std::size_t units = row(stage_.input);
            kernels<Real>().add_bias(int(units), rows_.lanes(), rows_.count(), bias + k * units, r + at);
        });
        return r;
    }
    void release_turn()
    {
        if (workspace_.turn == this)
            workspace_.turn = nullptr;
    }

    // e: null without a cost of its own, and then an untied decoder and the input's biases have no gradient. Filters
    // take what they need of x and e, the input's biases what of e is here.
    void parameter_gradients(const Real* x, const Real* dh, const Real* e, const Real* own_e,
                             const GradientUse<Real>& use)
    {
        const int lanes = rows_.lanes();
        const Real* const h = hidden_.data();
        const GradientUse<Real> decoder = use.from(filters_.parameters()), input_biases = use.from(decoder_bias());
        if (stage_.tied) {
            filters_.weight_gradient(lanes, x, dh, e, h, use, false);
        } else {
            filters_.weight_gradient(lanes, x, dh, nullptr, nullptr, use, false);
            if (e)
                filters_.weight_gradient(lanes, e, h, nullptr, nullptr, decoder, false);
            else if (decoder.written)
                std::fill_n(decoder.written, filters_.parameters(), Real(0));
        }
        bias_gradient(stage_.filter, dh, use.from(encoder_bias()));
        if (e)
            bias_gradient(stage_.input, own_e, input_biases);
        else if (input_biases.written)
            std::fill_n(input_biases.written, stage_.input.size(), Real(0));
    }

    // Biases move by the sums over the batch of `g`, the gradient with respect to what they are added to.
    void bias_gradient(Shape shape, const Real* g, const GradientUse<Real>& use)
    {
        rows_.each(shape, [&](std::size_t at, std::size_t, std::size_t r, int thread) {
            const std::size_t units = row(shape), first = r * units;
            Real* const sums = use.written ? use.written + first : sums_over_lanes_[std::size_t(thread)].data();
            kernels<Real>().lane_sums(int(units), rows_.lanes(), g + at, sums);
            if (use.written)
                return;
            kernels<Real>().update(use.update, first, units, sums, use.updated.biases());
            const std::size_t maps = std::size_t(shape.maps);
            for (std::size_t unit = first; unit < first + units; unit += maps)    // a position's are a matrix
                kernels<Real>().finish_matrix(use.update, unit, 1, maps, false, use.updated.biases() + unit);
        });
    }
};

}    // namespace

template <class Real>
std::unique_ptr<Stage<Real>> make_autoencoder_stage(const StageArchitecture& stage, int batch, Precision precision,
                                                    Workspace<Real>& workspace, Pool& pool, const TilePlace& place)
{
    if (!place.exchange)
        return std::make_unique<AutoencoderStage<Real>>(stage, stage, Halo<Real>(), nullptr, batch, precision,
                                                        workspace, pool);
    std::vector<Area> needed;
    for (int t = 0; t < place.tiling.tiles(); ++t)
        needed.push_back(stage_tile(stage, place.tiling, t).needed_input);
    const StageTile tile = stage_tile(stage, place.tiling, place.exchange->tile());
    StageArchitecture own = stage;
    own.input = shape_of(tile.input, stage.input.maps);
    own.filter = own.pooled = own.output = shape_of(tile.filter, stage.maps);
    StageArchitecture seen = own;
    seen.input = shape_of(tile.needed_input, stage.input.maps);
    return std::make_unique<AutoencoderStage<Real>>(own, seen, Halo<Real>(place, stage.input, needed), place.exchange,
                                                    batch, precision, workspace, pool);
}

template std::unique_ptr<Stage<float>> make_autoencoder_stage(const StageArchitecture&, int, Precision,
                                                              Workspace<float>&, Pool&, const TilePlace&);
template std::unique_ptr<Stage<double>> make_autoencoder_stage(const StageArchitecture&, int, Precision,
                                                               Workspace<double>&, Pool&, const TilePlace&);

}    // namespace nonna
