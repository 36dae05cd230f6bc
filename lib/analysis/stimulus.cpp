#include "analysis/stimulus.h"

#include "analysis/climb_groups.h"
#include "analysis/numerator.h"
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

// How a climb is to be made, of all neurons alike.
struct Ascent {
    const Model& model;
    std::span<const NeuronId> neurons;
    std::span<const double> norms;
    const AscentOptions& options;
    bool of_numerator;
    std::span<const std::vector<float>> from;    // none: random starts
    std::vector<Shift> shifts;

    std::size_t starts() const { return from.empty() ? std::size_t(options.starts) : 1; }
};

std::vector<double> seen_of(const ConeNeuron& neuron, std::span<const float> input)
{
    std::vector<double> x;
    for (const std::size_t v : neuron.values)
        x.push_back(input[v]);
    return x;
}

OptimalStimulus best_of(std::span<const Climb> climbs, std::size_t input_size)
{
    OptimalStimulus result;
    for (const Climb& c : climbs) {
        if (c.response() > climbs[result.best_start].response())
            result.best_start = c.start();
        result.steps.insert(result.steps.end(), c.steps().begin(), c.steps().end());
    }
    const Climb& best = climbs[result.best_start];
    const std::vector<double> x = best.x();
    result.norm = best.neuron().norm;
    result.response = best.response();
    result.x.assign(input_size, 0.0f);
    for (std::size_t k = 0; k < x.size(); ++k)
        result.x[best.neuron().values[k]] = float(x[k]);
    return result;
}

// Is it even, and how far do the starts agree?
void compare_starts(OptimalStimulus& result, std::span<const Climb> climbs, double response_to_negative)
{
    const std::vector<double> best = climbs[result.best_start].x();
    result.even = std::abs(response_to_negative - result.response) <= 1e-4 * std::abs(result.response);
    double cosines = 0;
    for (const Climb& c : climbs) {
        double cosine = 1;
        if (c.start() != result.best_start) {
            const std::vector<double> x = c.x();
            const double product = std::inner_product(x.begin(), x.end(), best.begin(), 0.0);
            cosine = product / (result.norm * result.norm);
            cosine = result.even ? std::abs(cosine) : cosine;
            cosines += cosine;
        }
        result.ends.push_back({int(c.steps().size()) - 1, c.response(), c.response(), cosine});
    }
    result.agreement = climbs.size() > 1 ? cosines / double(climbs.size() - 1) : std::nan("");
}

// All climbs of one group's neurons; then, at each neuron's best end, what the result says beside x: the response to -x
// and to x at norm 1, asked of the same cone. Results go to the places of the group's neurons. `literal`: the literal
// optima of the same neurons, where these are others.
void climb_group(const Ascent& ascent, const ClimbGroup& group, std::span<const OptimalStimulus> literal, Pool& pool,
                 Progress& progress, std::span<OptimalStimulus> results)
{
    const Model& model = ascent.model;
    const Architecture& a = model.architecture;
    const AscentOptions& options = ascent.options;
    const LayerId layer = ascent.neurons[group.neurons.front()].layer;
    const std::size_t starts = ascent.starts();
    const int lanes = climb_lanes(group.neurons.size(), int(starts * ascent.shifts.size()));
    Cone cone = options.whole ? Cone(model, layer, lanes, pool) : Cone(model, layer, group.positions, lanes, pool);
    std::vector<ConeNeuron> own;    // climbs point into it and to the bases: complete before the first is made
    std::vector<SmoothBasis> bases;
    bases.reserve(group.neurons.size());
    for (const std::size_t n : group.neurons) {
        ConeNeuron& neuron =
            own.emplace_back(in_cone(cone, a, ascent.neurons[n], ascent.norms[n], ascent.of_numerator));
        neuron.shifts = ascent.shifts;
        if (options.prior.smooth > 0)
            neuron.basis = &bases.emplace_back(neuron.area, a.channels, options.prior.smooth);
    }
    std::vector<Climb> climbs;
    for (std::size_t n = 0; n < own.size(); ++n)
        for (int k = 0; k < int(starts); ++k)
            if (ascent.from.empty())
                climbs.emplace_back(own[n], a, k, options.seed);
            else
                climbs.emplace_back(own[n], seen_of(own[n], ascent.from[group.neurons[n]]));
    ConeResponses climbed(cone, layer, lanes, ascent.of_numerator);
    climb(climbed, climbs, std::size_t(lanes), options.iterations, progress);

    std::vector<ConeNeuron> plain;    // the neurons themselves
    for (const std::size_t n : group.neurons)
        plain.push_back(in_cone(cone, a, ascent.neurons[n], ascent.norms[n]));
    ConeResponses responses(cone, layer, lanes);
    for (std::size_t n = 0; n < own.size(); ++n) {
        const auto starts_of = std::span<const Climb>(climbs).subspan(n * starts, starts);
        OptimalStimulus result = best_of(starts_of, a.input().size());
        result.ceiling = ceiling(plain[n].neuron, a);
        std::vector<double> negative = starts_of[result.best_start].x(), unit = negative;
        for (double& v : negative)
            v = -v;
        scale_to(unit, 1);
        const auto response_to = [&](const std::vector<double>& x) {
            return responses.responses({{&plain[n], &x}})[0];
        };
        if (!literal.empty()) {
            const OptimalStimulus& other = literal[group.neurons[n]];
            const std::vector<double> x = seen_of(own[n], other.x);
            result.beside = {ascent.of_numerator, result.response, climbed_values(climbed, {{&own[n], &x}})[0],
                             other.response};
            result.response = response_to(starts_of[result.best_start].x());
        }
        compare_starts(result, starts_of, response_to(negative));
        for (std::size_t k = 0; !literal.empty() && k < starts; ++k)
            result.ends[k].response = response_to(starts_of[k].x());
        result.response_at_norm_1 = response_to(unit);
        results[group.neurons[n]] = std::move(result);
    }
}

// Where there are groups enough each is one thread's task, with nothing to wait for inside; else one group after the
// other has all threads for its arithmetic.
std::vector<OptimalStimulus> climb_all(const Ascent& ascent, std::span<const OptimalStimulus> literal, Pool& pool)
{
    std::vector<OptimalStimulus> results(ascent.neurons.size());
    const bool whole = ascent.options.whole;
    const std::vector<ClimbGroup> groups =
        climb_groups(ascent.model.architecture, ascent.neurons, int(ascent.starts() * ascent.shifts.size()), whole);
    Progress progress("ascent", ascent.neurons.size() * ascent.starts(), "climbs");
    if (groups.size() < std::size_t(pool.threads()) || whole) {
        for (const ClimbGroup& group : groups)
            climb_group(ascent, group, literal, pool, progress, results);
        return results;
    }
    pool.for_each(groups.size(), [&](std::size_t g, int) {
        Pool one(1);
        climb_group(ascent, groups[g], literal, one, progress, results);
    });
    return results;
}

}    // namespace

// Literal optima first, for what the others are shown beside, and for who has reached the ceiling; then the others,
// those that climb their numerators by themselves: they look at another sublayer.
std::vector<OptimalStimulus> optimal_stimuli(const Model& model, std::span<const NeuronId> neurons,
                                             std::span<const double> norms, const AscentOptions& options, Pool& pool,
                                             std::span<const std::vector<float>> from)
{
    AscentOptions plain = options;
    plain.prior = {};
    std::vector<OptimalStimulus> literal = climb_all({model, neurons, norms, plain, false, {}, {{0, 0}}}, {}, pool);
    if (!options.prior.any() && from.empty() && options.climbed != Climbed::numerator)
        return literal;

    std::vector<OptimalStimulus> results(neurons.size());
    const std::vector<Shift> shifts = jitter_shifts(options.prior.jitter, options.seed);
    for (const bool of_numerator : {false, true}) {
        std::vector<std::size_t> number;
        std::vector<NeuronId> own;
        std::vector<double> own_norms;
        std::vector<std::vector<float>> own_from;
        std::vector<OptimalStimulus> own_literal;
        for (std::size_t n = 0; n < neurons.size(); ++n) {
            const bool wanted =
                options.climbed == Climbed::numerator ||
                (options.climbed == Climbed::usual && at_ceiling(literal[n].response, literal[n].ceiling));
            if ((wanted && literal[n].ceiling.has_value()) != of_numerator)
                continue;
            number.push_back(n);
            own.push_back(neurons[n]);
            own_norms.push_back(norms[n]);
            if (!from.empty())
                own_from.push_back(from[n]);
            own_literal.push_back(literal[n]);
        }
        if (own.empty())
            continue;
        std::vector<OptimalStimulus> found =
            climb_all({model, own, own_norms, options, of_numerator, own_from, shifts}, own_literal, pool);
        for (std::size_t k = 0; k < number.size(); ++k)
            results[number[k]] = std::move(found[k]);
    }
    return results;
}

}    // namespace nonna
