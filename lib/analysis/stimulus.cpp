#include "analysis/stimulus.h"

#include "analysis/climb_groups.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "model/cone.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nonna
{

namespace
{

OptimalStimulus best_of(std::span<const Climb> climbs, std::size_t input_size)
{
    OptimalStimulus result;
    for (const Climb& c : climbs) {
        if (c.response() > climbs[result.best_start].response())
            result.best_start = c.start();
        result.steps.insert(result.steps.end(), c.steps().begin(), c.steps().end());
    }
    const Climb& best = climbs[result.best_start];
    result.norm = best.neuron().norm;
    result.response = best.response();
    result.x.assign(input_size, 0.0f);
    for (std::size_t k = 0; k < best.x().size(); ++k)
        result.x[best.neuron().values[k]] = float(best.x()[k]);
    return result;
}

// Is it even, and how far do the starts agree?
void compare_starts(OptimalStimulus& result, std::span<const Climb> climbs, double response_to_negative)
{
    const Climb& best = climbs[result.best_start];
    result.even = std::abs(response_to_negative - best.response()) <= 1e-4 * std::abs(best.response());
    double cosines = 0;
    for (const Climb& c : climbs) {
        double cosine = 1;
        if (c.start() != result.best_start) {
            const double product = std::inner_product(c.x().begin(), c.x().end(), best.x().begin(), 0.0);
            cosine = product / (result.norm * result.norm);
            cosine = result.even ? std::abs(cosine) : cosine;
            cosines += cosine;
        }
        result.ends.push_back({int(c.steps().size()) - 1, c.response(), cosine});
    }
    result.agreement = climbs.size() > 1 ? cosines / double(climbs.size() - 1) : std::nan("");
}

// All climbs of one group's neurons; then, at each neuron's best end, what the result says beside x: the response to -x
// and to x at norm 1, asked of the same cone. Results go to the places of the group's neurons.
void climb_group(const Model& model, const ClimbGroup& group, std::span<const NeuronId> neurons,
                 std::span<const double> norms, const AscentOptions& options, Pool& pool, Progress& progress,
                 std::span<OptimalStimulus> results)
{
    const Architecture& a = model.architecture;
    const LayerId layer = neurons[group.neurons.front()].layer;
    const int lanes = climb_lanes(group.neurons.size(), options.starts);
    Cone cone = options.whole ? Cone(model, layer, lanes, pool) : Cone(model, layer, group.positions, lanes, pool);
    std::vector<ConeNeuron> own;    // climbs point into it: complete before the first is made
    for (const std::size_t n : group.neurons)
        own.push_back(in_cone(cone, a, neurons[n], norms[n]));
    std::vector<Climb> climbs;
    for (const ConeNeuron& neuron : own)
        for (int k = 0; k < options.starts; ++k)
            climbs.emplace_back(neuron, a, k, options.seed);
    ConeResponses responses(cone, layer, lanes);
    climb(responses, climbs, std::size_t(lanes), options.iterations, progress);

    const std::size_t starts = std::size_t(options.starts);
    for (std::size_t n = 0; n < own.size(); ++n) {
        const auto starts_of = std::span<const Climb>(climbs).subspan(n * starts, starts);
        OptimalStimulus result = best_of(starts_of, a.input().size());
        std::vector<double> negative = starts_of[result.best_start].x(), unit = negative;
        for (double& v : negative)
            v = -v;
        scale_to(unit, 1);
        compare_starts(result, starts_of, responses.responses({{&own[n], &negative}})[0]);
        result.response_at_norm_1 = responses.responses({{&own[n], &unit}})[0];
        results[group.neurons[n]] = std::move(result);
    }
}

}    // namespace

// Where there are groups enough each is one thread's task, with nothing to wait for inside; else one group after the
// other has all threads for its arithmetic.
std::vector<OptimalStimulus> optimal_stimuli(const Model& model, std::span<const NeuronId> neurons,
                                             std::span<const double> norms, const AscentOptions& options, Pool& pool)
{
    std::vector<OptimalStimulus> results(neurons.size());
    const std::vector<ClimbGroup> groups = climb_groups(model.architecture, neurons, options.starts, options.whole);
    Progress progress("ascent", neurons.size() * std::size_t(options.starts), "climbs");
    if (groups.size() < std::size_t(pool.threads()) || options.whole) {
        for (const ClimbGroup& group : groups)
            climb_group(model, group, neurons, norms, options, pool, progress, results);
        return results;
    }
    pool.for_each(groups.size(), [&](std::size_t g, int) {
        Pool one(1);
        climb_group(model, groups[g], neurons, norms, options, one, progress, results);
    });
    return results;
}

}    // namespace nonna
