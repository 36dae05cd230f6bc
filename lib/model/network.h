// The network: stages one on another, for batches of up to `batch` examples.
//
// A Network owns activation buffers, never the parameters: the same flat vector serves training, servers and tests. One
// in bf16 takes split parameters (model/parameters.h), and no others.
// Not thread-safe; it spreads its own work over the pool it was given. Results do not depend on the pool's size.
//
//     Network<float> network(model.architecture, 96, pool);
//     network.load(images, count);            // preprocessed pictures, (image, row, column, channel)
//     network.up(model.parameters);
//     const float* y = network.activation(layer);         // (row, column, map, lane), network.lanes() lanes
#pragma once

#include "base/names.h"
#include "model/architecture.h"
#include "model/exchange.h"
#include "model/neuron.h"
#include "model/stage.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace nonna
{

enum class Schedule {
    joint,        // gradients cross stages and reach the reconstruction's target
    stagewise,    // all stages at once, each on its own cost, its input taken as constant
    greedy,       // one stage after another, with an equal share of the steps each
    tuned,        // stagewise, and jointly for the last third of the steps, at a third of the rate
};

template <>
inline constexpr auto names_of<Schedule> = names<Schedule>({
    {Schedule::joint, "joint"},
    {Schedule::stagewise, "stagewise"},
    {Schedule::greedy, "greedy"},
    {Schedule::tuned, "tuned"},
});

// A part of a run: by which of the first three it learns, and where in the part a step is. The rate falls anew in each.
struct Phase {
    Schedule schedule;
    std::int64_t step, steps;
    double rate = 1;    // of the run's
};

// Of a step of `steps`; both count from 0.
constexpr Phase phase_at(Schedule schedule, std::int64_t step, std::int64_t steps)
{
    const std::int64_t first = schedule == Schedule::tuned ? (2 * steps + 2) / 3 : steps;
    if (schedule != Schedule::tuned || step < first)
        return {schedule == Schedule::tuned ? Schedule::stagewise : schedule, step, first};
    return {Schedule::joint, step - first, steps - first, 1.0 / 3};
}

template <>
inline constexpr auto names_of<Precision> = names<Precision>({{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}});

template <class Real> class Network
{
  public:
    // In one piece, or the tile whose place is given: then pictures, activations, parameters and their gradients are
    // what the tile owns (model/tiling.h), statistics and costs those of the whole, and whatever one tile does, all do.
    // The exchange must outlive the network.
    Network(const Architecture& architecture, int batch, Pool& pool, Precision precision = Precision::fp32,
            const TilePlace& place = {});
    Network(std::vector<std::unique_ptr<Stage<Real>>> stages, int batch, Pool& pool);    // any stages (the layer seam)
    // The architecture's, and one above them that was made for the same batch.
    Network(const Architecture& architecture, std::unique_ptr<Stage<Real>> above, int batch, Pool& pool);
    ~Network();

    int batch() const;    // the most examples
    int count() const;    // examples loaded
    int lanes() const;    // count padded: the innermost length of activations
    int stages() const;
    const Stage<Real>& stage(int s) const;

    // Pictures (image, row, column, channel); count <= batch.
    void load(std::span<const Real> images, int count);
    const Real* input() const;    // (row, column, channel, lane)

    // Forward through stages 0 .. last.layer, up to that sublayer.
    void up(Parameters<const Real> parameters, LayerId last);
    void up(Parameters<const Real> parameters);

    const Real* activation(LayerId layer) const;
    // One layer's activations as (image, row, column, map), for files and people.
    void copy_activation(LayerId layer, std::span<Real> into) const;

    // Costs of every stage at the last up (sums over the batch).
    std::vector<StageCost> costs(Parameters<const Real> parameters, std::span<const double> statistics);

    // The stages' statistics of this batch, concatenated (for a local stage alpha's two sums).
    std::vector<double> batch_statistics(Parameters<const Real> parameters);

    // Gradient at the last up of the mean cost over the batch: the plain sum over the stages (joint, stagewise), or
    // stage `only`'s alone (greedy). Written to `gradient`, all of it. Returns the costs.
    std::vector<StageCost> gradient(Parameters<const Real> parameters, std::span<const double> statistics,
                                    Schedule schedule, int only, std::span<Real> gradient);
    // The same, where the statistics take in this batch's means first, as `step` does.
    std::vector<StageCost> gradient(Parameters<const Real> parameters, std::span<double> statistics, double decay,
                                    Schedule schedule, int only, std::span<Real> gradient);

    // Gradient at the last up of the last stage's mean cost alone, through all stages below it, whose own costs take no
    // part: so a supervised objective moves all of a network. Written to `gradient`, all of it. Returns that cost.
    StageCost top_gradient(Parameters<const Real> parameters, std::span<const double> statistics,
                           std::span<Real> gradient);

    // One step of descent at the last up. Each stage's statistics first take in this batch's means,
    // s = decay * s + (1 - decay) * sums / count; then come its cost and gradient with that alpha, and its parameters
    // move where the gradient arises, by its own of `updates` (one a stage, their states those of the network's first
    // parameter). Returns the costs before the step; where one is not finite, that stage and those below it have not
    // moved.
    std::vector<StageCost> step(Parameters<Real> parameters, std::span<double> statistics, double decay,
                                Schedule schedule, int only, std::span<const Update<Real>> updates);

    // Gradient with respect to the input of sum over lanes of <seed, activation(layer)>: `seed` is shaped like the
    // layer's activation (row, column, map, lane), the result like input(). For stimuli. The last up must have
    // reached `layer`.
    void input_gradient(Parameters<const Real> parameters, LayerId layer, const Real* seed, Real* into);

    std::size_t parameters() const;
    std::size_t statistics() const;

    // Reserves what training on this schedule will use beyond the forward pass, else reserved when it is first used:
    // from then on memory::reserved() counts it.
    void reserve_gradients(Schedule schedule);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

extern template class Network<float>;
extern template class Network<double>;

}    // namespace nonna
