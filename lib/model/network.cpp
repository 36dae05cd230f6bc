#include "model/network.h"

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/aligned.h"
#include "model/autoencoder_stage.h"
#include "model/local_stage.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace nonna
{

template <class Real> struct Network<Real>::State {
    std::unique_ptr<Workspace<Real>> workspace;    // outlives the stages
    std::vector<std::unique_ptr<Stage<Real>>> stages;
    int batch;
    Pool& pool;
    int count = 0, lanes = 0;
    Aligned<Real> input;
    std::vector<Aligned<Real>> masked;                            // stage s >= 1: its input with padding lanes zeroed
    Aligned<Real> gradients[2];                                   // d cost / d input of a stage and the one above
    std::vector<std::size_t> first_parameter, first_statistic;    // of each stage; one more: the totals

    State(std::unique_ptr<Workspace<Real>> w, std::vector<std::unique_ptr<Stage<Real>>> s, int b, Pool& p)
        : workspace(std::move(w)), stages(std::move(s)), batch(b), pool(p)
    {
        std::size_t parameter = 0, statistic = 0;
        for (const auto& stage : stages) {
            first_parameter.push_back(parameter);
            first_statistic.push_back(statistic);
            parameter += stage->parameters();
            statistic += stage->statistics();
            masked.emplace_back();
        }
        first_parameter.push_back(parameter);
        first_statistic.push_back(statistic);
        input = Aligned<Real>(stages.front()->input().size() * padded_lanes(batch));
    }

    Parameters<const Real> of(Parameters<const Real> parameters, int s) const
    {
        return parameters.from(first_parameter[s], first_parameter[s + 1] - first_parameter[s]);
    }
    std::span<const double> statistics_of(std::span<const double> statistics, int s) const
    {
        return statistics.subspan(first_statistic[s], first_statistic[s + 1] - first_statistic[s]);
    }
    const Real* input_of(int s) const
    {
        if (s == 0)
            return input.data();
        return padded() ? masked[s].data() : output(s - 1);
    }
    const Real* output(int s) const { return stages[s]->activation(stages[s]->sublayers() - 1); }
    bool padded() const { return count < lanes; }

    Real* gradient_of(int s)
    {
        Aligned<Real>& buffer = gradients[s % 2];
        if (buffer.size() == 0) {
            std::size_t largest = 0;
            for (std::size_t k = s % 2; k < stages.size(); k += 2)
                largest = std::max(largest, stages[k]->input().size());
            buffer = Aligned<Real>(largest * padded_lanes(batch));
        }
        return buffer.data();
    }

    // Costs and gradients from the top down, a stage after the other: each gets the gradient from above while what its
    // cost left in the shared scratch is still its own (model/workspace.h). `statistics` take the batch in where
    // decay < 1, before the cost, which is at the alpha that they give.
    std::vector<StageCost> descend(Parameters<const Real> parameters, std::span<double> statistics, double decay,
                                   Schedule schedule, int only, const GradientUse<Real>& use,
                                   std::span<const Update<Real>> updates = {})
    {
        const Real share = Real(1) / Real(count);
        std::vector<StageCost> costs(stages.size());
        const Real* dy = nullptr;
        for (int k = int(stages.size()) - 1; k >= 0; --k) {
            Stage<Real>& stage = *stages[k];
            const auto own = statistics.subspan(first_statistic[k], first_statistic[k + 1] - first_statistic[k]);
            if (decay < 1) {
                const std::vector<double> sums = stage.batch_statistics(of(parameters, k), input_of(k));
                for (std::size_t i = 0; i < sums.size(); ++i)
                    own[i] = decay * own[i] + (1 - decay) * sums[i] / double(count);
            }
            costs[k] = stage.cost(of(parameters, k), own, input_of(k));
            if (!use.updated.empty() && !std::isfinite(costs[k].total))
                break;    // an update with it would spoil weights that are still good
            GradientUse<Real> part = use;
            if (!updates.empty())
                part.update = updates[std::size_t(k)];
            part = part.from(first_parameter[k]);
            if (schedule == Schedule::greedy && k != only) {
                if (part.written)    // -0: not even a gradient of 0 (optimiser.h)
                    std::fill_n(part.written, stage.parameters(), -Real(0));
                continue;
            }
            Real* dx = schedule == Schedule::joint && k > 0 ? gradient_of(k) : nullptr;
            stage.down(of(parameters, k), own, input_of(k), share, dy, stage.sublayers() - 1, dx, &part);
            dy = dx;
        }
        return costs;
    }

    Real* masked_input(int s)
    {
        if (masked[s].size() == 0)
            masked[s] = Aligned<Real>(stages[s]->input().size() * padded_lanes(batch));
        return masked[s].data();
    }

    // Padding lanes of an output are not zero (the pooling's epsilon); as an input they must be.
    void mask(int s)
    {
        const Shape shape = stages[s]->input();
        const Real* from = output(s - 1);
        Real* to = masked_input(s);
        const std::size_t n = std::size_t(shape.columns) * shape.maps;
        pool.for_each(shape.rows, [&](std::size_t row, int) {
            for (std::size_t i = row * n; i < (row + 1) * n; ++i)
                std::memcpy(to + i * lanes, from + i * lanes, count * sizeof(Real));
        });
    }
};

namespace
{

template <class Real>
std::vector<std::unique_ptr<Stage<Real>>> make_stages(const Architecture& architecture, int batch, Precision precision,
                                                      Workspace<Real>& workspace, Pool& pool, const TilePlace& place)
{
    if (!known_instruction_set())
        throw Error("NONNA_ISA", "no such instruction set: generic, avx2 or avx512", ExitStatus::usage);
    std::vector<std::unique_ptr<Stage<Real>>> stages;
    for (const StageArchitecture& stage : architecture.stages)
        stages.push_back(stage.kind == StageKind::autoencoder
                             ? make_autoencoder_stage<Real>(stage, batch, precision, workspace, pool, place)
                             : make_local_stage<Real>(stage, batch, precision, workspace, pool, place));
    return stages;
}

}    // namespace

template <class Real>
Network<Real>::Network(const Architecture& architecture, int batch, Pool& pool, Precision precision,
                       const TilePlace& place)
{
    auto workspace = std::make_unique<Workspace<Real>>();
    auto stages = make_stages<Real>(architecture, batch, precision, *workspace, pool, place);
    state_ = std::make_unique<State>(std::move(workspace), std::move(stages), batch, pool);
}

template <class Real>
Network<Real>::Network(const Architecture& architecture, std::unique_ptr<Stage<Real>> above, int batch, Pool& pool)
{
    auto workspace = std::make_unique<Workspace<Real>>();
    auto stages = make_stages<Real>(architecture, batch, Precision::fp32, *workspace, pool, TilePlace{});
    stages.push_back(std::move(above));
    state_ = std::make_unique<State>(std::move(workspace), std::move(stages), batch, pool);
}

template <class Real>
Network<Real>::Network(std::vector<std::unique_ptr<Stage<Real>>> stages, int batch, Pool& pool)
    : state_(std::make_unique<State>(nullptr, std::move(stages), batch, pool))
{
}

template <class Real> Network<Real>::~Network() = default;

template <class Real> int Network<Real>::batch() const { return state_->batch; }
template <class Real> int Network<Real>::count() const { return state_->count; }
template <class Real> int Network<Real>::lanes() const { return state_->lanes; }
template <class Real> int Network<Real>::stages() const { return int(state_->stages.size()); }
template <class Real> const Stage<Real>& Network<Real>::stage(int s) const { return *state_->stages[s]; }
template <class Real> const Real* Network<Real>::input() const { return state_->input.data(); }
template <class Real> std::size_t Network<Real>::parameters() const { return state_->first_parameter.back(); }
template <class Real> std::size_t Network<Real>::statistics() const { return state_->first_statistic.back(); }

template <class Real> void Network<Real>::load(std::span<const Real> images, int count)
{
    State& s = *state_;
    const Shape shape = s.stages.front()->input();
    assert(count >= 1 && count <= s.batch && images.size() >= shape.size() * count);
    const int lanes = padded_lanes(count);
    if (lanes != s.lanes)    // the masked inputs' padding lanes move
        for (auto& buffer : s.masked)
            std::fill_n(buffer.data(), buffer.size(), Real(0));
    else if (count < s.count)
        for (auto& buffer : s.masked)
            for (std::size_t i = 0; i < buffer.size() / padded_lanes(s.batch); ++i)
                std::fill_n(buffer.data() + i * lanes + count, lanes - count, Real(0));
    s.count = count;
    s.lanes = lanes;
    for (auto& stage : s.stages)
        stage->set_lanes(count);
    const std::size_t n = std::size_t(shape.columns) * shape.maps, size = shape.size();
    s.pool.for_each(shape.rows, [&](std::size_t row, int) {
        for (std::size_t i = row * n; i < (row + 1) * n; ++i) {
            Real* out = s.input.data() + i * lanes;
            for (int l = 0; l < count; ++l)
                out[l] = images[l * size + i];
            std::fill(out + count, out + lanes, Real(0));
        }
    });
}

template <class Real> void Network<Real>::up(Parameters<const Real> parameters, LayerId last)
{
    State& s = *state_;
    for (int k = 0; k <= last.stage; ++k) {
        Stage<Real>& stage = *s.stages[k];
        if (k > 0 && s.padded())
            s.mask(k);
        stage.up(s.of(parameters, k), s.input_of(k),
                 k < last.stage ? stage.sublayers() - 1 : static_cast<int>(last.sublayer));
    }
}

template <class Real> void Network<Real>::up(Parameters<const Real> parameters)
{
    const int top = stages() - 1;
    up(parameters, {top, static_cast<Sublayer>(state_->stages[top]->sublayers() - 1)});
}

template <class Real> const Real* Network<Real>::activation(LayerId layer) const
{
    return state_->stages[layer.stage]->activation(static_cast<int>(layer.sublayer));
}

template <class Real> void Network<Real>::copy_activation(LayerId layer, std::span<Real> into) const
{
    const State& s = *state_;
    const std::size_t size = s.stages[layer.stage]->shape(static_cast<int>(layer.sublayer)).size();
    assert(into.size() >= size * s.count);
    const Real* from = activation(layer);
    constexpr std::size_t block = 256;    // units at a time, so that neither side leaves the cache
    s.pool.for_each((size + block - 1) / block, [&](std::size_t b, int) {
        for (int l = 0; l < s.count; ++l)
            for (std::size_t i = b * block; i < std::min(size, (b + 1) * block); ++i)
                into[l * size + i] = from[i * s.lanes + l];
    });
}

template <class Real>
std::vector<StageCost> Network<Real>::costs(Parameters<const Real> parameters, std::span<const double> statistics)
{
    State& s = *state_;
    std::vector<StageCost> all;
    for (int k = 0; k < stages(); ++k)
        all.push_back(s.stages[k]->cost(s.of(parameters, k), s.statistics_of(statistics, k), s.input_of(k)));
    return all;
}

template <class Real> std::vector<double> Network<Real>::batch_statistics(Parameters<const Real> parameters)
{
    State& s = *state_;
    std::vector<double> all;
    for (int k = 0; k < stages(); ++k)
        for (const double v : s.stages[k]->batch_statistics(s.of(parameters, k), s.input_of(k)))
            all.push_back(v);
    return all;
}

template <class Real>
std::vector<StageCost> Network<Real>::gradient(Parameters<const Real> parameters, std::span<const double> statistics,
                                               Schedule schedule, int only, std::span<Real> gradient)
{
    std::vector<double> constant(statistics.begin(), statistics.end());
    return this->gradient(parameters, constant, 1, schedule, only, gradient);
}

template <class Real>
std::vector<StageCost> Network<Real>::gradient(Parameters<const Real> parameters, std::span<double> statistics,
                                               double decay, Schedule schedule, int only, std::span<Real> gradient)
{
    assert(gradient.size() == this->parameters());
    GradientUse<Real> use;
    use.written = gradient.data();
    return state_->descend(parameters, statistics, decay, schedule, only, use);
}

template <class Real>
StageCost Network<Real>::top_gradient(Parameters<const Real> parameters, std::span<const double> statistics,
                                      std::span<Real> gradient)
{
    assert(gradient.size() == this->parameters());
    State& s = *state_;
    const int top = stages() - 1;
    StageCost cost;
    const Real* dy = nullptr;
    for (int k = top; k >= 0; --k) {
        Stage<Real>& stage = *s.stages[k];
        const std::span<const double> own = s.statistics_of(statistics, k);
        if (k == top)
            cost = stage.cost(s.of(parameters, k), own, s.input_of(k));
        GradientUse<Real> use;
        use.written = gradient.data() + s.first_parameter[k];
        Real* const dx = k > 0 ? s.gradient_of(k) : nullptr;
        stage.down(s.of(parameters, k), own, s.input_of(k), k == top ? Real(1) / Real(s.count) : Real(0), dy,
                   stage.sublayers() - 1, dx, &use);
        dy = dx;
    }
    return cost;
}

template <class Real>
std::vector<StageCost> Network<Real>::step(Parameters<Real> parameters, std::span<double> statistics, double decay,
                                           Schedule schedule, int only, std::span<const Update<Real>> updates)
{
    assert(int(updates.size()) == stages());
    assert(std::all_of(state_->stages.begin(), state_->stages.end(), [](const auto& s) { return s->updates(); }));
    GradientUse<Real> use;
    use.updated = parameters;
    return state_->descend(parameters, statistics, decay, schedule, only, use, updates);
}

template <class Real> void Network<Real>::reserve_gradients(Schedule schedule)
{
    State& s = *state_;
    if (s.workspace)
        s.workspace->reserve_all(schedule == Schedule::joint);
    for (int k = 1; k < std::min(3, stages()) && schedule == Schedule::joint; ++k)
        s.gradient_of(k);
    for (int k = 1; k < stages() && s.batch < padded_lanes(s.batch); ++k)
        s.masked_input(k);
}

template <class Real>
void Network<Real>::input_gradient(Parameters<const Real> parameters, LayerId layer, const Real* seed, Real* into)
{
    State& s = *state_;
    const std::vector<double> statistics(this->statistics());    // no cost, so no alpha is needed
    const Real* dy = seed;
    int from = static_cast<int>(layer.sublayer);
    for (int k = layer.stage; k >= 0; --k) {
        Real* dx = k == 0 ? into : s.gradient_of(k);
        s.stages[k]->down(s.of(parameters, k), s.statistics_of(statistics, k), s.input_of(k), 0, dy, from, dx, nullptr);
        dy = dx;
        if (k > 0)
            from = s.stages[k - 1]->sublayers() - 1;
    }
}

template class Network<float>;
template class Network<double>;

}    // namespace nonna
