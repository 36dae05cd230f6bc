#include "analysis/ascent.h"

#include "analysis/numerator.h"
#include "analysis/visible_values.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nonna
{

namespace
{

constexpr double armijo = 1e-4, first_angle = 0.5, largest_angle = 1.5, smallest_angle = 1e-5;

double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// The neuron's place among all of its architecture's, so that its noise does not depend on which others climb.
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

}    // namespace

void scale_to(std::vector<double>& x, double norm)
{
    const double factor = norm / std::sqrt(dot(x, x));
    for (double& v : x)
        v *= factor;
}

ConeNeuron in_cone(const Cone& cone, const Architecture& a, NeuronId neuron, double norm, bool of_numerator)
{
    ConeNeuron result;
    result.neuron = neuron;
    result.norm = norm;
    if (of_numerator)
        for (const NumeratorTerm& t : numerator(neuron, a))
            result.units.push_back({cone.pooled_unit(t.row, t.column, t.map), t.weight});
    else
        result.units = {{cone.unit(neuron), 1}};
    result.values = visible_values(a, neuron);
    result.area = visible_area(neuron, a);
    result.channels = a.channels;
    const Area input = cone.input();
    const std::size_t row = std::size_t(a.side) * a.channels;
    for (const std::size_t v : result.values)
        result.in_cone.push_back((v / row - input.row) * input.columns * a.channels + v % row -
                                 std::size_t(input.column) * a.channels);
    return result;
}

ConeResponses::ConeResponses(Cone& cone, LayerId layer, int lanes, bool of_numerators)
    : cone_(cone), layer_(of_numerators ? LayerId{layer.stage, Sublayer::pool} : layer),
      units_(of_numerators ? cone.pooled_units() : cone.units()), images_(lanes * cone.input_size()),
      seed_(units_ * padded_lanes(lanes)), gradient_(cone.input_size() * padded_lanes(lanes))
{
}

std::vector<double> ConeResponses::responses(const std::vector<Trial>& trials)
{
    const std::size_t size = cone_.input_size();
    Network<float>& network = cone_.network();
    std::fill_n(images_.begin(), trials.size() * size, 0.0f);
    for (std::size_t lane = 0; lane < trials.size(); ++lane) {
        const std::vector<std::size_t>& at = trials[lane].neuron->in_cone;
        for (std::size_t k = 0; k < at.size(); ++k)
            images_[lane * size + at[k]] = float((*trials[lane].x)[k]);
    }
    network.load(std::span<const float>(images_).first(trials.size() * size), int(trials.size()));
    network.up(cone_.parameters(), layer_);
    const float* const y = network.activation(layer_);
    std::vector<double> result(trials.size());
    for (std::size_t lane = 0; lane < trials.size(); ++lane)
        for (const WeighedUnit& u : trials[lane].neuron->units)
            result[lane] += u.weight * y[u.unit * std::size_t(network.lanes()) + lane];
    return result;
}

std::vector<std::vector<double>> ConeResponses::gradients(const std::vector<Trial>& trials)
{
    Network<float>& network = cone_.network();
    const std::size_t padded = std::size_t(network.lanes());
    std::fill_n(seed_.data(), units_ * padded, 0.0f);
    for (std::size_t lane = 0; lane < trials.size(); ++lane)
        for (const WeighedUnit& u : trials[lane].neuron->units)
            seed_[u.unit * padded + lane] = float(u.weight);
    network.input_gradient(cone_.parameters(), layer_, seed_.data(), gradient_.data());
    std::vector<std::vector<double>> result(trials.size());
    for (std::size_t lane = 0; lane < trials.size(); ++lane) {
        const std::vector<std::size_t>& at = trials[lane].neuron->in_cone;
        result[lane].resize(at.size());
        for (std::size_t k = 0; k < at.size(); ++k)
            result[lane][k] = gradient_[at[k] * padded + lane];
    }
    return result;
}

// Normalisation makes a response nearly blind to the input's scale, so that noise in directions that change nothing
// would stay for ever. The gradient has none of it: each climb begins there, not at the noise.
Climb::Climb(const ConeNeuron& neuron, const Architecture& architecture, int start, std::uint64_t seed)
    : neuron_(&neuron), start_(start), angle_(first_angle)
{
    const std::uint64_t number = neuron_number(architecture, neuron.neuron);
    Random random(seed, Purpose::stimulus_start, number << 20 | std::uint64_t(start));
    x_.resize(neuron.values.size());
    for (double& v : x_)
        v = random.normal();
    scale_to(x_, neuron.norm);
    trial_ = x_;
}

Climb::Climb(const ConeNeuron& neuron, const std::vector<double>& from)
    : neuron_(&neuron), start_(0), phase_(Phase::first), angle_(first_angle)
{
    if (!(dot(from, from) > 0))
        throw Error(neuron_name(neuron.neuron), "what it is to start from has nothing in the area that it sees");
    x_ = neuron.basis ? neuron.basis->coefficients(from) : from;
    scale_to(x_, neuron.norm);
    trial_ = x_;
}

std::vector<double> Climb::input_at(const std::vector<double>& coordinates) const
{
    if (!neuron_->basis)
        return coordinates;
    std::vector<double> x = neuron_->basis->picture(coordinates);
    scale_to(x, neuron_->norm);
    return x;
}

// With x = norm B c / |B c|, dF/dc = B' (norm / |B c|) (g - x <x, g> / norm^2).
void Climb::to_coordinates(std::vector<double>& gradient) const
{
    if (!neuron_->basis)
        return;
    std::vector<double> x = neuron_->basis->picture(trial_);
    const double norm = neuron_->norm, scale = norm / std::sqrt(dot(x, x));
    const double along = dot(x, gradient) * scale / (norm * norm);
    for (std::size_t k = 0; k < x.size(); ++k)
        gradient[k] = scale * (gradient[k] - along * scale * x[k]);
    gradient = neuron_->basis->adjoint(gradient);
}

bool Climb::stands(double response, int iterations)
{
    if (!std::isfinite(response))
        throw Error(neuron_name(neuron_->neuron), "its response is not a finite number");
    if (phase_ == Phase::noise)
        return true;
    const bool first = phase_ == Phase::first;
    if (!first && response < response_ + armijo * angle_ * neuron_->norm * slope_) {
        shorten();
        return false;
    }
    x_ = trial_;
    response_ = response;
    steps_.push_back({start_, int(steps_.size()), first ? 0 : angle_, response_});
    if (!first)
        angle_ = std::min(2 * angle_, largest_angle);
    phase_ = Phase::climbing;
    done_ = int(steps_.size()) > iterations;
    return !done_;
}

void Climb::take_gradient(std::vector<double> gradient)
{
    to_coordinates(gradient);
    if (phase_ == Phase::climbing) {
        face(std::move(gradient));
        return;
    }
    if (dot(gradient, gradient) > 0)
        x_ = std::move(gradient);
    scale_to(x_, neuron_->norm);
    trial_ = x_;
    phase_ = Phase::first;
}

// Along the great circle that leaves x in the direction.
void Climb::propose()
{
    trial_.resize(x_.size());
    const double stay = std::cos(angle_), turn = std::sin(angle_);
    for (std::size_t k = 0; k < x_.size(); ++k)
        trial_[k] = stay * x_[k] + turn * neuron_->norm * direction_[k];
    scale_to(trial_, neuron_->norm);
}

// Drops the part of v that leaves the sphere at x.
void Climb::make_tangent(std::vector<double>& v) const
{
    const double along = dot(v, x_) / (neuron_->norm * neuron_->norm);
    for (std::size_t k = 0; k < x_.size(); ++k)
        v[k] -= along * x_[k];
}

// Stands at x with this gradient: where next? Polak and Ribiere's rule, back to the gradient where it fails. What was
// tangent at the last x is made tangent here before it is compared or added.
void Climb::face(std::vector<double> gradient)
{
    make_tangent(gradient);
    steepest_ = true;
    if (!uphill_.empty()) {
        make_tangent(uphill_);
        make_tangent(search_);
        const double before = dot(uphill_, uphill_);
        const double beta = before > 0 ? (dot(gradient, gradient) - dot(gradient, uphill_)) / before : 0;
        for (double& v : search_)
            v *= std::max(0.0, beta);
        steepest_ = beta <= 0 || dot(gradient, search_) + dot(gradient, gradient) <= 0;
    }
    if (steepest_)
        search_.assign(x_.size(), 0.0);
    for (std::size_t k = 0; k < x_.size(); ++k)
        search_[k] += gradient[k];
    uphill_ = std::move(gradient);
    aim();
}

void Climb::aim()
{
    const double length = std::sqrt(dot(search_, search_));
    done_ = length == 0;
    if (done_)
        return;
    slope_ = dot(uphill_, search_) / length;
    direction_ = search_;
    for (double& v : direction_)
        v /= length;
    propose();
}

// The trial did not gain enough. A bent direction that gains nothing however short the step is given up for the
// gradient; if that was it, this is the top.
void Climb::shorten()
{
    angle_ /= 2;
    if (angle_ >= smallest_angle) {
        propose();
    } else if (steepest_) {
        done_ = true;
    } else {
        steepest_ = true;
        search_ = uphill_;
        angle_ = first_angle;
        aim();
    }
}

namespace
{

// Every input's shifts, one after the other: what a batch looks at.
struct Spread {
    std::vector<std::vector<double>> inputs;
    std::vector<Trial> trials;

    explicit Spread(const std::vector<Trial>& from)
    {
        for (const Trial& t : from)
            for (const Shift s : t.neuron->shifts)
                inputs.push_back(moved(*t.x, t.neuron->area, t.neuron->channels, s));
        std::size_t next = 0;
        for (const Trial& t : from)
            for (std::size_t s = 0; s < t.neuron->shifts.size(); ++s)
                trials.push_back({t.neuron, &inputs[next++]});
    }
};

std::vector<double> means(const std::vector<Trial>& trials, const std::vector<double>& values)
{
    std::vector<double> result;
    std::size_t next = 0;
    for (const Trial& t : trials) {
        double sum = 0;
        for (std::size_t s = 0; s < t.neuron->shifts.size(); ++s)
            sum += values[next++];
        result.push_back(sum / double(t.neuron->shifts.size()));
    }
    return result;
}

// The mean over the shifts of the gradients, each moved back.
std::vector<double> mean_gradient(const ConeNeuron& neuron, std::span<std::vector<double>> of_shifts)
{
    if (of_shifts.size() == 1)
        return std::move(of_shifts[0]);
    std::vector<double> sum(neuron.values.size(), 0.0);
    for (std::size_t s = 0; s < of_shifts.size(); ++s) {
        const Shift back{-neuron.shifts[s].rows, -neuron.shifts[s].columns};
        const std::vector<double> g = moved(of_shifts[s], neuron.area, neuron.channels, back);
        for (std::size_t k = 0; k < sum.size(); ++k)
            sum[k] += g[k] / double(of_shifts.size());
    }
    return sum;
}

}    // namespace

std::vector<double> climbed_values(ConeResponses& cone, const std::vector<Trial>& trials)
{
    return means(trials, cone.responses(Spread(trials).trials));
}

// In rounds: all under way try a step in one pass up, and those that take it get their gradients from one pass down. A
// climb that is backtracking has no use for the pass down, which is about half of the work: it is made only where
// another has.
void climb(ConeResponses& cone, std::vector<Climb>& climbs, std::size_t lanes, int iterations, Progress& progress)
{
    std::vector<Climb*> under_way;
    std::size_t next = 0;
    const std::size_t at_a_time = climbs.empty() ? 0 : lanes / climbs.front().neuron().shifts.size();
    for (;;) {
        while (under_way.size() < at_a_time && next < climbs.size())
            under_way.push_back(&climbs[next++]);
        if (under_way.empty())
            return;
        throw_if_interrupted();
        std::vector<std::vector<double>> inputs;
        for (const Climb* c : under_way)
            inputs.push_back(c->trial());
        std::vector<Trial> trials;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            trials.push_back({&under_way[i]->neuron(), &inputs[i]});
        const Spread spread(trials);
        const std::vector<double> responses = means(trials, cone.responses(spread.trials));
        std::vector<bool> standing;
        for (std::size_t lane = 0; lane < under_way.size(); ++lane)
            standing.push_back(under_way[lane]->stands(responses[lane], iterations));
        if (std::find(standing.begin(), standing.end(), true) != standing.end()) {
            std::vector<std::vector<double>> gradients = cone.gradients(spread.trials);
            std::size_t first = 0;
            for (std::size_t i = 0; i < under_way.size(); ++i) {
                const ConeNeuron& neuron = under_way[i]->neuron();
                if (standing[i])
                    under_way[i]->take_gradient(
                        mean_gradient(neuron, std::span(gradients).subspan(first, neuron.shifts.size())));
                first += neuron.shifts.size();
            }
        }
        progress.advance(std::uint64_t(std::erase_if(under_way, [](const Climb* c) { return c->done(); })));
    }
}

}    // namespace nonna
