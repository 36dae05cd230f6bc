#include "model/cone.h"

#include "base/parallel.h"
#include "model/autoencoder_stage.h"
#include "model/local_stage.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace nonna
{

namespace
{

// What of one stage is in the cone.
struct StagePart {
    StageArchitecture stage;    // the part as a stage of its own
    Area filters;               // positions of the whole stage's filters
    Area window;                // of the part's last sublayer: what is right of it, and handed upward
};

struct Plan {
    Area input;                       // pixels
    std::vector<StagePart> stages;    // bottom up
    bool whole = true;                // every stage's every position
};

struct Range {
    int first = 0, last = 0;    // half-open
    int size() const { return last - first; }
};

// One axis of one stage, followed down from `wanted` of its sublayer `from`.
struct AxisPart {
    Range pooled, filters, input, window;
};

AxisPart follow(Range wanted, Sublayer from, const StageArchitecture& a, int pooled)
{
    AxisPart part;
    Range r = wanted;
    if (from == Sublayer::norm) {
        // g's mean and g^2's, one window after the other; border valid has dropped a margin
        const int reach = 2 * (a.norm / 2), margin = a.border == Border::valid ? a.norm / 2 : 0;
        r = {std::max(0, wanted.first + margin - reach), std::min(pooled, wanted.last + margin + reach)};
        part.window = {wanted.first + margin - r.first, wanted.last + margin - r.first};
    } else {
        part.window = {0, wanted.size()};
    }
    part.pooled = r;
    part.filters = {r.first, from == Sublayer::filter ? r.last : r.last + a.pool - 1};
    part.input = {part.filters.first * a.stride, (part.filters.last - 1) * a.stride + a.field};
    return part;
}

Area area_of(Range rows, Range columns) { return {rows.first, columns.first, rows.size(), columns.size()}; }

Plan plan_cone(const Architecture& architecture, LayerId layer, Area positions)
{
    Plan plan;
    plan.stages.resize(layer.stage + 1);
    Range rows = {positions.row, positions.row + positions.rows},
          columns = {positions.column, positions.column + positions.columns};
    for (int s = layer.stage; s >= 0; --s) {
        const StageArchitecture& a = architecture.stages[s];
        const Sublayer from = s == layer.stage ? layer.sublayer : static_cast<Sublayer>(a.sublayers() - 1);
        const AxisPart down = follow(rows, from, a, a.pooled.rows), across = follow(columns, from, a, a.pooled.columns);
        StagePart& part = plan.stages[s];
        part.filters = area_of(down.filters, across.filters);
        part.window = area_of(down.window, across.window);
        part.stage = a;
        part.stage.tied = true;              // no decoder: nobody asks for the cost
        part.stage.border = Border::same;    // the window does what `valid` would
        if (from != Sublayer::norm)
            part.stage.norm = 0;
        if (from == Sublayer::filter)
            part.stage.pool = 1;
        part.stage.input = {down.input.size(), across.input.size(), a.input.maps};
        part.stage.filter = {down.filters.size(), across.filters.size(), a.maps};
        part.stage.pooled = {down.pooled.size(), across.pooled.size(), a.maps};
        part.stage.output = part.stage.pooled;
        plan.whole = plan.whole && down.filters.size() == a.filter.rows && across.filters.size() == a.filter.columns;
        rows = down.input;
        columns = across.input;
    }
    plan.input = area_of(rows, columns);
    return plan;
}

// The part's own parameters, cut out of the whole stage's: encoder, and an autoencoder's biases.
void copy_parameters(const StageArchitecture& whole, const StagePart& part, const float* from, float* to)
{
    const auto copy = [&](std::size_t position) {    // `position` numbers each
        const std::size_t row = part.filters.columns * position;
        for (int r = 0; r < part.filters.rows; ++r, to += row) {
            const std::size_t first = std::size_t(part.filters.row + r) * whole.filter.columns + part.filters.column;
            std::copy_n(from + first * position, row, to);
        }
    };
    copy(std::size_t(whole.field) * whole.field * whole.input.maps * whole.maps);
    from += whole.encoder_weights() + whole.decoder_weights();
    if (whole.kind == StageKind::autoencoder)
        copy(std::size_t(whole.maps));    // the input's biases are the decoder's: not looked at
}

std::size_t parameters_of(const StageArchitecture& s) { return s.encoder_weights() + s.decoder_weights() + s.biases(); }

// A stage whose last sublayer is seen through a window, by whatever comes above it.
class WindowedStage : public Stage<float>
{
  public:
    WindowedStage(std::unique_ptr<Stage<float>> stage, Area window, int batch, Pool& pool)
        : stage_(std::move(stage)), window_(window), pool_(pool), full_(stage_->shape(stage_->sublayers() - 1)),
          seen_(shape(sublayers() - 1).size() * padded_lanes(batch)), gradient_(full_.size() * padded_lanes(batch))
    {
    }

    Shape input() const override { return stage_->input(); }
    int sublayers() const override { return stage_->sublayers(); }
    Shape shape(int sublayer) const override
    {
        return is_last(sublayer) ? Shape{window_.rows, window_.columns, full_.maps} : stage_->shape(sublayer);
    }
    const float* activation(int sublayer) const override
    {
        return is_last(sublayer) ? seen_.data() : stage_->activation(sublayer);
    }
    std::vector<Segment> segments() const override { return stage_->segments(); }
    std::size_t parameters() const override { return stage_->parameters(); }
    std::size_t statistics() const override { return stage_->statistics(); }
    bool updates() const override { return stage_->updates(); }
    void set_lanes(int count) override
    {
        lanes_ = padded_lanes(count);
        stage_->set_lanes(count);
    }
    void up(Parameters<const float> parameters, const float* x, int last) override
    {
        stage_->up(parameters, x, last);
        if (!is_last(last))
            return;
        const float* const full = stage_->activation(last);
        const std::size_t n = row_size();
        pool_.for_each(window_.rows, [&](std::size_t r, int) { std::copy_n(full + at(r), n, seen_.data() + r * n); });
    }
    StageCost cost(Parameters<const float> parameters, std::span<const double> statistics, const float* x) override
    {
        return stage_->cost(parameters, statistics, x);
    }
    std::vector<double> batch_statistics(Parameters<const float> parameters, const float* x) override
    {
        return stage_->batch_statistics(parameters, x);
    }
    void down(Parameters<const float> parameters, std::span<const double> statistics, const float* x, float cost_scale,
              const float* dy, int from, float* dx, const GradientUse<float>* use) override
    {
        if (dy && is_last(from)) {
            const std::size_t n = row_size();
            std::fill_n(gradient_.data(), full_.size() * lanes_, 0.0f);
            pool_.for_each(window_.rows,
                           [&](std::size_t r, int) { std::copy_n(dy + r * n, n, gradient_.data() + at(r)); });
            dy = gradient_.data();
        }
        stage_->down(parameters, statistics, x, cost_scale, dy, from, dx, use);
    }

  private:
    std::unique_ptr<Stage<float>> stage_;
    Area window_;
    Pool& pool_;
    Shape full_;
    int lanes_ = 0;
    Aligned<float> seen_, gradient_;    // the last sublayer's: what the window shows, and the gradient of all of it

    bool is_last(int sublayer) const { return sublayer == sublayers() - 1; }
    std::size_t row_size() const { return std::size_t(window_.columns) * full_.maps * lanes_; }
    std::size_t at(std::size_t row) const
    {
        return ((window_.row + row) * full_.columns + window_.column) * full_.maps * lanes_;
    }
};

Area all_positions(const Shape& shape) { return {0, 0, shape.rows, shape.columns}; }

}    // namespace

double cone_work(const Architecture& architecture, LayerId layer, Area positions)
{
    double work = 0;
    for (const StagePart& part : plan_cone(architecture, layer, positions).stages)
        work += double(part.stage.encoder_weights());
    return work;
}

struct Cone::State {
    LayerId layer;
    Area positions, input, pooled;
    Shape units;
    std::unique_ptr<Workspace<float>> workspace;    // outlives the network's stages
    std::unique_ptr<Network<float>> network;
    Aligned<float> copied;
    std::span<const float> parameters;

    void take_whole(const Model& model, LayerId which, int batch, Pool& pool)
    {
        layer = which;
        units = layer_shape(layer, model.architecture);
        positions = all_positions(units);
        input = all_positions(model.architecture.input());
        pooled = all_positions(model.architecture.stages[layer.stage].pooled);
        network = std::make_unique<Network<float>>(model.architecture, batch, pool);
        parameters = model.parameters;
    }

    // A network of the plan's parts, as the layer seam lets anybody make one: each stage is of its own kind but
    // smaller, with its share of the model's parameters copied, and a window on it where it computes more than is
    // right. All in fp32: a model's parameters are floats here.
    void cut(const Model& model, const Plan& plan, int batch, Pool& pool)
    {
        std::size_t total = 0;
        for (const StagePart& part : plan.stages)
            total += parameters_of(part.stage);
        copied = Aligned<float>(total);
        parameters = copied;
        workspace = std::make_unique<Workspace<float>>();
        std::vector<std::unique_ptr<Stage<float>>> stages;
        const float* from = model.parameters.data();
        float* to = copied.data();
        for (std::size_t s = 0; s < plan.stages.size(); ++s) {
            const StageArchitecture& whole = model.architecture.stages[s];
            const StagePart& part = plan.stages[s];
            copy_parameters(whole, part, from, to);
            from += parameters_of(whole);
            to += parameters_of(part.stage);
            auto stage = whole.kind == StageKind::autoencoder
                             ? make_autoencoder_stage<float>(part.stage, batch, Precision::fp32, *workspace, pool)
                             : make_local_stage<float>(part.stage, batch, Precision::fp32, *workspace, pool);
            if (part.window.rows < part.stage.output.rows || part.window.columns < part.stage.output.columns)
                stage = std::make_unique<WindowedStage>(std::move(stage), part.window, batch, pool);
            stages.push_back(std::move(stage));
        }
        network = std::make_unique<Network<float>>(std::move(stages), batch, pool);
    }
};

Cone::Cone(const Model& model, LayerId layer, Area positions, int batch, Pool& pool) : state_(std::make_unique<State>())
{
    const Plan plan = plan_cone(model.architecture, layer, positions);
    if (plan.whole && layer.stage + 1 == int(model.architecture.stages.size())) {
        state_->take_whole(model, layer, batch, pool);
        return;
    }
    state_->layer = layer;
    state_->positions = positions;
    state_->units = {positions.rows, positions.columns, layer_shape(layer, model.architecture).maps};
    state_->input = plan.input;
    const StagePart& last = plan.stages.back();
    state_->pooled = {last.filters.row, last.filters.column, last.stage.pooled.rows, last.stage.pooled.columns};
    state_->cut(model, plan, batch, pool);
}

Cone::Cone(const Model& model, LayerId layer, int batch, Pool& pool) : state_(std::make_unique<State>())
{
    state_->take_whole(model, layer, batch, pool);
}

Cone::~Cone() = default;

Area Cone::input() const { return state_->input; }
std::size_t Cone::input_size() const { return state_->network->stage(0).input().size(); }
Network<float>& Cone::network() { return *state_->network; }
std::span<const float> Cone::parameters() const { return state_->parameters; }
std::size_t Cone::units() const { return state_->units.size(); }

std::size_t Cone::unit(NeuronId neuron) const
{
    const State& s = *state_;
    assert(neuron.layer == s.layer);
    const int row = neuron.row - s.positions.row, column = neuron.column - s.positions.column;
    assert(row >= 0 && row < s.units.rows && column >= 0 && column < s.units.columns);
    return (std::size_t(row) * s.units.columns + column) * s.units.maps + neuron.map;
}

std::size_t Cone::pooled_units() const
{
    return std::size_t(state_->pooled.rows) * state_->pooled.columns * state_->units.maps;
}

std::size_t Cone::pooled_unit(int row, int column, int map) const
{
    const Area& p = state_->pooled;
    assert(row >= p.row && row < p.row + p.rows && column >= p.column && column < p.column + p.columns);
    return (std::size_t(row - p.row) * p.columns + (column - p.column)) * state_->units.maps + map;
}

}    // namespace nonna
