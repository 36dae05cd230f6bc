#include "analysis/stimulus.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "kernels/aligned.h"
#include "model/cone.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

namespace nonna
{

namespace
{

// Three vectors of the widest registers: what the kernels do best; results do not depend on it.
constexpr std::size_t most_lanes = 48;
constexpr double armijo = 1e-4, first_angle = 0.5, largest_angle = 1.5, smallest_angle = 1e-5;

double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void scale_to(std::vector<double>& x, double norm)
{
    const double factor = norm / std::sqrt(dot(x, x));
    for (double& v : x)
        v *= factor;
}

// Which values of the input the neuron sees: indices into (row, column, channel).
std::vector<std::size_t> visible_values(const Architecture& architecture, NeuronId neuron)
{
    const Area area = visible_area(neuron, architecture);
    std::vector<std::size_t> values;
    for (int r = area.row; r < area.row + area.rows; ++r)
        for (int c = area.column; c < area.column + area.columns; ++c)
            for (int i = 0; i < architecture.channels; ++i)
                values.push_back((std::size_t(r) * architecture.side + c) * architecture.channels + i);
    return values;
}

// One neuron's input as a list of numbers: the values that it sees.
struct Seen {
    NeuronId neuron;
    double norm = 0;
    std::vector<std::size_t> values;     // indices into the whole input
    std::vector<std::size_t> in_cone;    // the same, into the cone's
    std::size_t unit = 0;                // the neuron in the cone
};

// An input of one neuron, by its visible values.
struct Trial {
    const Seen* seen = nullptr;
    const std::vector<double>* x = nullptr;
};

// Responses and gradients of a group's neurons at as many inputs as there are lanes.
class Evaluator
{
  public:
    Evaluator(Cone& cone, LayerId layer, int lanes)
        : cone_(cone), layer_(layer), images_(lanes * cone.input_size()), seed_(cone.units() * padded_lanes(lanes)),
          gradient_(cone.input_size() * padded_lanes(lanes))
    {
    }

    std::vector<double> responses(const std::vector<Trial>& trials)
    {
        const std::size_t size = cone_.input_size();
        Network<float>& network = cone_.network();
        std::fill_n(images_.begin(), trials.size() * size, 0.0f);
        for (std::size_t lane = 0; lane < trials.size(); ++lane) {
            const std::vector<std::size_t>& at = trials[lane].seen->in_cone;
            for (std::size_t k = 0; k < at.size(); ++k)
                images_[lane * size + at[k]] = float((*trials[lane].x)[k]);
        }
        network.load(std::span<const float>(images_).first(trials.size() * size), int(trials.size()));
        network.up(cone_.parameters(), layer_);
        const float* const y = network.activation(layer_);
        std::vector<double> result(trials.size());
        for (std::size_t lane = 0; lane < trials.size(); ++lane)
            result[lane] = y[trials[lane].seen->unit * std::size_t(network.lanes()) + lane];
        return result;
    }

    // At the last responses(), of the same trials.
    std::vector<std::vector<double>> gradients(const std::vector<Trial>& trials)
    {
        Network<float>& network = cone_.network();
        const std::size_t padded = std::size_t(network.lanes());
        std::fill_n(seed_.data(), cone_.units() * padded, 0.0f);
        for (std::size_t lane = 0; lane < trials.size(); ++lane)
            seed_[trials[lane].seen->unit * padded + lane] = 1;
        network.input_gradient(cone_.parameters(), layer_, seed_.data(), gradient_.data());
        std::vector<std::vector<double>> result(trials.size());
        for (std::size_t lane = 0; lane < trials.size(); ++lane) {
            const std::vector<std::size_t>& at = trials[lane].seen->in_cone;
            result[lane].resize(at.size());
            for (std::size_t k = 0; k < at.size(); ++k)
                result[lane][k] = gradient_[at[k] * padded + lane];
        }
        return result;
    }

  private:
    Cone& cone_;
    LayerId layer_;
    std::vector<float> images_;
    Aligned<float> seed_, gradient_;    // (row, column, map or channel, lane)
};

// One start's climb by conjugate gradients on the sphere. `trial` is where it wants the response next.
struct Climber {
    std::vector<double> x, direction, trial;    // |x| = norm; direction: along the sphere, |direction| = 1
    std::vector<double> uphill, search;         // the gradient along the sphere, and the direction before it has norm 1
    double response = 0, slope = 0, angle = first_angle;
    bool done = false, steepest = true;
    std::vector<AscentStep> steps;
    const Seen* seen = nullptr;
    int start = 0;
    enum class Phase { noise, first, climbing } phase = Phase::noise;

    void propose(double norm)
    {
        trial.resize(x.size());
        const double stay = std::cos(angle), turn = std::sin(angle);
        for (std::size_t k = 0; k < x.size(); ++k)
            trial[k] = stay * x[k] + turn * norm * direction[k];
        scale_to(trial, norm);
    }

    // Drops the part of v that leaves the sphere at x.
    void make_tangent(std::vector<double>& v, double norm) const
    {
        const double along = dot(v, x) / (norm * norm);
        for (std::size_t k = 0; k < x.size(); ++k)
            v[k] -= along * x[k];
    }

    // Stands at x with this gradient: where next? Polak and Ribiere's rule, back to the gradient where it fails.
    void face(std::vector<double> gradient, double norm)
    {
        make_tangent(gradient, norm);
        steepest = true;
        if (!uphill.empty()) {
            make_tangent(uphill, norm);
            make_tangent(search, norm);
            const double before = dot(uphill, uphill);
            const double beta = before > 0 ? (dot(gradient, gradient) - dot(gradient, uphill)) / before : 0;
            for (double& v : search)
                v *= std::max(0.0, beta);
            steepest = beta <= 0 || dot(gradient, search) + dot(gradient, gradient) <= 0;
        }
        if (steepest)
            search.assign(x.size(), 0.0);
        for (std::size_t k = 0; k < x.size(); ++k)
            search[k] += gradient[k];
        uphill = std::move(gradient);
        aim(norm);
    }

    void aim(double norm)
    {
        const double length = std::sqrt(dot(search, search));
        done = length == 0;
        if (done)
            return;
        slope = dot(uphill, search) / length;
        direction = search;
        for (double& v : direction)
            v /= length;
        propose(norm);
    }

    // The trial did not gain enough.
    void shorten(double norm)
    {
        angle /= 2;
        if (angle >= smallest_angle) {
            propose(norm);
        } else if (steepest) {
            done = true;
        } else {
            steepest = true;
            search = uphill;
            angle = first_angle;
            aim(norm);
        }
    }
};

std::uint64_t neuron_number(const Architecture& architecture, NeuronId neuron)
{
    std::uint64_t number = 0;
    for (const LayerId layer : all_layers(architecture)) {
        if (layer == neuron.layer)
            break;
        number += layer_shape(layer, architecture).size();
    }
    const Shape shape = layer_shape(neuron.layer, architecture);
    return number + (std::uint64_t(neuron.row) * shape.columns + neuron.column) * shape.maps + neuron.map;
}

// Normalisation makes a response nearly blind to the input's scale, so that noise in directions that change nothing
// would stay for ever. The gradient has none of it: each climb starts there.
void set_out(Climber& c, const Seen& seen, int start, std::uint64_t number, std::uint64_t seed)
{
    c.seen = &seen;
    c.start = start;
    Random random(seed, Purpose::stimulus_start, number << 20 | std::uint64_t(start));
    c.x.resize(seen.values.size());
    for (double& v : c.x)
        v = random.normal();
    scale_to(c.x, seen.norm);
    c.trial = c.x;
}

// What the response at its trial means to a climb. True: it stands there and asks for the gradient.
bool stands(Climber& c, double response, int iterations)
{
    if (!std::isfinite(response))
        throw Error(neuron_name(c.seen->neuron), "its response is not a finite number");
    const double norm = c.seen->norm;
    if (c.phase == Climber::Phase::noise)
        return true;
    const bool first = c.phase == Climber::Phase::first;
    if (!first && response < c.response + armijo * c.angle * norm * c.slope) {
        c.shorten(norm);
        return false;
    }
    c.x = c.trial;
    c.response = response;
    c.steps.push_back({c.start, int(c.steps.size()), first ? 0 : c.angle, c.response});
    if (!first)
        c.angle = std::min(2 * c.angle, largest_angle);
    c.phase = Climber::Phase::climbing;
    c.done = int(c.steps.size()) > iterations;
    return !c.done;
}

void take_gradient(Climber& c, std::vector<double> gradient)
{
    if (c.phase == Climber::Phase::climbing) {
        c.face(std::move(gradient), c.seen->norm);
        return;
    }
    if (dot(gradient, gradient) > 0)
        c.x = std::move(gradient);
    scale_to(c.x, c.seen->norm);
    c.trial = c.x;
    c.phase = Climber::Phase::first;
}

// All climbs, as many at a time as there are lanes.
void climb(Evaluator& evaluator, std::vector<Climber>& climbers, std::size_t lanes, int iterations, Progress& progress)
{
    std::vector<Climber*> under_way;
    std::size_t next = 0;
    for (;;) {
        while (under_way.size() < lanes && next < climbers.size())
            under_way.push_back(&climbers[next++]);
        if (under_way.empty())
            return;
        throw_if_interrupted();
        std::vector<Trial> trials;
        for (const Climber* c : under_way)
            trials.push_back({c->seen, &c->trial});
        const std::vector<double> responses = evaluator.responses(trials);
        std::vector<bool> standing;
        for (std::size_t lane = 0; lane < under_way.size(); ++lane)
            standing.push_back(stands(*under_way[lane], responses[lane], iterations));
        if (std::find(standing.begin(), standing.end(), true) != standing.end()) {
            std::vector<std::vector<double>> gradients = evaluator.gradients(trials);
            for (std::size_t lane = 0; lane < under_way.size(); ++lane)
                if (standing[lane])
                    take_gradient(*under_way[lane], std::move(gradients[lane]));
        }
        progress.advance(std::uint64_t(std::erase_if(under_way, [](const Climber* c) { return c->done; })));
    }
}

// Neurons whose climbs share a cone.
struct Group {
    Area positions;
    std::vector<std::size_t> neurons;    // indices into the caller's
    double work = 0;                     // of one pass of all its climbs, padding included
};

int lanes_of(std::size_t neurons, int starts)
{
    return int(std::min<std::size_t>(neurons * std::size_t(starts), most_lanes));
}

double work_of(const Architecture& architecture, LayerId layer, Area positions, std::size_t neurons, int starts)
{
    const double climbs = double(neurons) * starts;
    const int lanes = lanes_of(neurons, starts);
    return cone_work(architecture, layer, positions) * padded_lanes(lanes) * std::ceil(climbs / lanes);
}

Area hull(Area a, Area b)
{
    const int bottom = std::max(a.row + a.rows, b.row + b.rows),
              right = std::max(a.column + a.columns, b.column + b.columns);
    const int top = std::min(a.row, b.row), left = std::min(a.column, b.column);
    return {top, left, bottom - top, right - left};
}

// Greedily in the neurons' order by layer and place: one joins the group before it where that is less work.
std::vector<Group> make_groups(const Architecture& architecture, std::span<const NeuronId> neurons, int starts,
                               bool whole)
{
    std::vector<std::size_t> order(neurons.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto place = [&](std::size_t i) {
        const NeuronId& n = neurons[i];
        return std::tuple(n.layer.stage, n.layer.sublayer, n.row, n.column, n.map);
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    std::vector<Group> groups;
    for (const std::size_t i : order) {
        const NeuronId& n = neurons[i];
        Group alone{{n.row, n.column, 1, 1}, {i}, 0};
        alone.work = work_of(architecture, n.layer, alone.positions, 1, starts);
        if (!whole && !groups.empty() && neurons[groups.back().neurons.front()].layer == n.layer) {
            Group& last = groups.back();
            const std::size_t count = last.neurons.size() + 1;
            const Area both = hull(last.positions, alone.positions);
            const double work = work_of(architecture, n.layer, both, count, starts);
            if (count * std::size_t(starts) <= most_lanes && work <= last.work + alone.work) {
                last.positions = both;
                last.neurons.push_back(i);
                last.work = work;
                continue;
            }
        }
        groups.push_back(std::move(alone));
    }
    return groups;
}

OptimalStimulus best_of(std::span<const Climber> climbers, std::size_t input_size)
{
    OptimalStimulus result;
    for (const Climber& c : climbers) {
        if (c.response > climbers[result.best_start].response)
            result.best_start = c.start;
        result.steps.insert(result.steps.end(), c.steps.begin(), c.steps.end());
    }
    const Climber& best = climbers[result.best_start];
    result.norm = best.seen->norm;
    result.response = best.response;
    result.x.assign(input_size, 0.0f);
    for (std::size_t k = 0; k < best.x.size(); ++k)
        result.x[best.seen->values[k]] = float(best.x[k]);
    return result;
}

// Is it even, and how far do the starts agree?
void compare_starts(OptimalStimulus& result, std::span<const Climber> climbers, double response_to_negative)
{
    const Climber& best = climbers[result.best_start];
    result.even = std::abs(response_to_negative - best.response) <= 1e-4 * std::abs(best.response);
    double cosines = 0;
    for (const Climber& c : climbers) {
        double cosine = 1;
        if (c.start != result.best_start) {
            cosine = dot(c.x, best.x) / (result.norm * result.norm);
            cosine = result.even ? std::abs(cosine) : cosine;
            cosines += cosine;
        }
        result.ends.push_back({int(c.steps.size()) - 1, c.response, cosine});
    }
    result.agreement = climbers.size() > 1 ? cosines / double(climbers.size() - 1) : std::nan("");
}

void climb_group(const Model& model, const Group& group, std::span<const NeuronId> neurons,
                 std::span<const double> norms, const AscentOptions& options, Pool& pool, Progress& progress,
                 std::span<OptimalStimulus> results)
{
    const Architecture& a = model.architecture;
    const LayerId layer = neurons[group.neurons.front()].layer;
    const int lanes = lanes_of(group.neurons.size(), options.starts);
    Cone cone = options.whole ? Cone(model, layer, lanes, pool) : Cone(model, layer, group.positions, lanes, pool);
    const Area input = cone.input();
    const std::size_t starts = std::size_t(options.starts), wide = std::size_t(a.side) * a.channels;
    std::vector<Seen> seen(group.neurons.size());
    std::vector<Climber> climbers(seen.size() * starts);
    for (std::size_t n = 0; n < seen.size(); ++n) {
        Seen& s = seen[n];
        s.neuron = neurons[group.neurons[n]];
        s.norm = norms[group.neurons[n]];
        s.unit = cone.unit(s.neuron);
        s.values = visible_values(a, s.neuron);
        for (const std::size_t v : s.values)
            s.in_cone.push_back((v / wide - input.row) * input.columns * a.channels + v % wide -
                                std::size_t(input.column) * a.channels);
        for (std::size_t k = 0; k < starts; ++k)
            set_out(climbers[n * starts + k], s, int(k), neuron_number(a, s.neuron), options.seed);
    }
    Evaluator evaluator(cone, layer, lanes);
    climb(evaluator, climbers, std::size_t(lanes), options.iterations, progress);

    for (std::size_t n = 0; n < seen.size(); ++n) {
        const auto own = std::span<const Climber>(climbers).subspan(n * starts, starts);
        OptimalStimulus result = best_of(own, a.input().size());
        std::vector<double> negative = own[result.best_start].x, unit = negative;
        for (double& v : negative)
            v = -v;
        scale_to(unit, 1);
        compare_starts(result, own, evaluator.responses({{&seen[n], &negative}})[0]);
        result.response_at_norm_1 = evaluator.responses({{&seen[n], &unit}})[0];
        results[group.neurons[n]] = std::move(result);
    }
}

}    // namespace

OptimalStimulus optimal_stimulus(const Model& model, NeuronId neuron, const AscentOptions& options, Pool& pool)
{
    return std::move(optimal_stimuli(model, {&neuron, 1}, {&options.norm, 1}, options, pool).front());
}

std::vector<OptimalStimulus> optimal_stimuli(const Model& model, std::span<const NeuronId> neurons,
                                             std::span<const double> norms, const AscentOptions& options, Pool& pool)
{
    std::vector<OptimalStimulus> results(neurons.size());
    const std::vector<Group> groups = make_groups(model.architecture, neurons, options.starts, options.whole);
    Progress progress("ascent", neurons.size() * std::size_t(options.starts), "climbs");
    if (groups.size() < std::size_t(pool.threads()) || options.whole) {
        for (const Group& group : groups)
            climb_group(model, group, neurons, norms, options, pool, progress, results);
        return results;
    }
    pool.for_each(groups.size(), [&](std::size_t g, int) {
        Pool one(1);
        climb_group(model, groups[g], neurons, norms, options, one, progress, results);
    });
    return results;
}

double expected_norm(const Architecture& architecture, NeuronId neuron)
{
    return std::sqrt(double(visible_values(architecture, neuron).size()));
}

MedianNorms::MedianNorms(const Architecture& architecture, std::span<const NeuronId> neurons)
    : size_(architecture.input().size())
{
    std::map<std::tuple<int, int, int, int>, std::size_t> known;
    for (const NeuronId& n : neurons) {
        const Area a = visible_area(n, architecture);
        const auto [at, isnew] = known.try_emplace({a.row, a.column, a.rows, a.columns}, visible_.size());
        if (isnew)
            visible_.push_back(visible_values(architecture, n));
        area_of_.push_back(at->second);
    }
    norms_.resize(visible_.size());
}

void MedianNorms::take(std::span<const float> whitened, Pool& pool)
{
    const std::size_t count = whitened.size() / size_;
    pool.for_each(visible_.size(), [&](std::size_t area, int) {
        for (std::size_t i = 0; i < count; ++i) {
            const float* const x = whitened.data() + i * size_;
            double squares = 0;
            for (const std::size_t k : visible_[area])
                squares += double(x[k]) * x[k];
            norms_[area].push_back(std::sqrt(squares));
        }
    });
}

double MedianNorms::median(std::size_t neuron) const
{
    std::vector<double> norms = norms_[area_of_[neuron]];
    if (norms.empty())
        return 0;
    const std::size_t half = norms.size() / 2;
    std::sort(norms.begin(), norms.end());
    return norms.size() % 2 ? norms[half] : (norms[half - 1] + norms[half]) / 2;
}

int sign_like(const Model& model, std::span<const Extreme> pictures, NeuronId neuron, std::span<const float> x,
              Pool& pool)
{
    const std::vector<std::size_t> visible = visible_values(model.architecture, neuron);
    double sum = 0;
    for (const Extreme& e : pictures) {
        const std::vector<float> image = preprocess(model, {e.picture->pixels, 1}, pool);
        for (const std::size_t k : visible)
            sum += double(image[k]) * x[k];
    }
    return sum < 0 ? -1 : 1;
}

}    // namespace nonna
