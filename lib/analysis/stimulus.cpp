#include "analysis/stimulus.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "kernels/aligned.h"
#include "model/network.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nonna {

namespace {

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

// Responses and gradients of one neuron at several inputs, each given by its visible values.
class Evaluator {
  public:
    Evaluator(const Model& model, NeuronId neuron, int lanes, Pool& pool)
        : model_(model), neuron_(neuron), visible_(visible_values(model.architecture, neuron)),
          network_(model.architecture, lanes, pool), images_(lanes * model.architecture.input().size()),
          seed_(layer_shape(neuron.layer, model.architecture).size() * padded_lanes(lanes)),
          gradient_(model.architecture.input().size() * padded_lanes(lanes))
    {
        const Shape shape = layer_shape(neuron.layer, model.architecture);
        offset_ = (std::size_t(neuron.row) * shape.columns + neuron.column) * shape.maps + neuron.map;
    }

    std::size_t values() const { return visible_.size(); }
    const std::vector<std::size_t>& visible() const { return visible_; }

    std::vector<double> responses(const std::vector<std::vector<double>>& inputs)
    {
        const std::size_t size = model_.architecture.input().size();
        std::fill(images_.begin(), images_.end(), 0.0f);
        for (std::size_t lane = 0; lane < inputs.size(); ++lane)
            for (std::size_t k = 0; k < visible_.size(); ++k)
                images_[lane * size + visible_[k]] = float(inputs[lane][k]);
        network_.load(std::span<const float>(images_).first(inputs.size() * size), int(inputs.size()));
        network_.up(model_.parameters, neuron_.layer);
        const float* const y = network_.activation(neuron_.layer) + offset_ * std::size_t(network_.lanes());
        return {y, y + inputs.size()};
    }

    // At the last responses().
    std::vector<std::vector<double>> gradients(std::size_t lanes)
    {
        const std::size_t padded = std::size_t(network_.lanes());
        std::fill_n(seed_.data(), seed_.size(), 0.0f);
        std::fill_n(seed_.data() + offset_ * padded, lanes, 1.0f);
        network_.input_gradient(model_.parameters, neuron_.layer, seed_.data(), gradient_.data());
        std::vector<std::vector<double>> result(lanes, std::vector<double>(visible_.size()));
        for (std::size_t lane = 0; lane < lanes; ++lane)
            for (std::size_t k = 0; k < visible_.size(); ++k)
                result[lane][k] = gradient_.data()[visible_[k] * padded + lane];
        return result;
    }

  private:
    const Model& model_;
    NeuronId neuron_;
    std::vector<std::size_t> visible_;
    Network<float> network_;
    std::vector<float> images_;
    Aligned<float> seed_, gradient_;    // (row, column, map or channel, lane)
    std::size_t offset_ = 0;
};

// One start's climb by conjugate gradients on the sphere. `trial` is where it wants the response next.
struct Climber {
    std::vector<double> x, direction, trial;    // |x| = norm; direction: along the sphere, |direction| = 1
    std::vector<double> uphill, search;         // the gradient along the sphere, and the direction before it has norm 1
    double response = 0, slope = 0, angle = first_angle;
    bool done = false, steepest = true;
    std::vector<AscentStep> steps;

    void propose(double norm)
    {
        trial.resize(x.size());
        for (std::size_t k = 0; k < x.size(); ++k)
            trial[k] = std::cos(angle) * x[k] + std::sin(angle) * norm * direction[k];
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

}    // namespace

OptimalStimulus optimal_stimulus(const Model& model, NeuronId neuron, const AscentOptions& options, Pool& pool)
{
    const std::size_t starts = std::size_t(options.starts);
    Evaluator evaluator(model, neuron, options.starts, pool);
    std::vector<Climber> climbers(starts);
    std::vector<std::vector<double>> starting;
    for (std::size_t s = 0; s < starts; ++s) {
        Random random(options.seed, Purpose::stimulus_start, neuron_number(model.architecture, neuron) << 20 | s);
        climbers[s].x.resize(evaluator.values());
        for (double& v : climbers[s].x)
            v = random.normal();
        scale_to(climbers[s].x, options.norm);
        starting.push_back(climbers[s].x);
    }
    // Normalisation makes a response nearly blind to the input's scale, so that noise in directions that change nothing
    // would stay for ever. The gradient has none of it: each climb starts there.
    evaluator.responses(starting);
    const std::vector<std::vector<double>> first_gradients = evaluator.gradients(starts);
    for (std::size_t s = 0; s < starts; ++s) {
        if (dot(first_gradients[s], first_gradients[s]) > 0)
            climbers[s].x = first_gradients[s];
        scale_to(climbers[s].x, options.norm);
        climbers[s].trial = climbers[s].x;
    }

    Progress progress("ascent", 0, "steps");
    for (bool first = true; !std::all_of(climbers.begin(), climbers.end(), [](auto& c) { return c.done; });
         first = false) {
        throw_if_interrupted();
        std::vector<std::vector<double>> trials;
        for (const Climber& c : climbers)
            trials.push_back(c.trial);
        const std::vector<double> responses = evaluator.responses(trials);
        std::vector<bool> moved(starts, false);
        for (std::size_t s = 0; s < starts; ++s) {
            Climber& c = climbers[s];
            if (c.done)
                continue;
            if (!std::isfinite(responses[s]))
                throw Error(neuron_name(neuron), "its response is not a finite number");
            if (first || responses[s] >= c.response + armijo * c.angle * options.norm * c.slope) {
                moved[s] = true;
                c.x = c.trial;
                c.response = responses[s];
                c.steps.push_back({int(s), int(c.steps.size()), first ? 0 : c.angle, c.response});
                if (!first)
                    c.angle = std::min(2 * c.angle, largest_angle);
                c.done = int(c.steps.size()) > options.iterations;
            } else {
                c.shorten(options.norm);
            }
        }
        if (std::find(moved.begin(), moved.end(), true) == moved.end())
            continue;
        const std::vector<std::vector<double>> gradients = evaluator.gradients(starts);
        for (std::size_t s = 0; s < starts; ++s)
            if (moved[s] && !climbers[s].done)
                climbers[s].face(gradients[s], options.norm);
        progress.advance();
    }

    OptimalStimulus result;
    for (std::size_t s = 0; s < starts; ++s) {
        if (climbers[s].response > climbers[result.best_start].response)
            result.best_start = int(s);
        result.steps.insert(result.steps.end(), climbers[s].steps.begin(), climbers[s].steps.end());
    }
    const Climber& best = climbers[result.best_start];
    result.response = best.response;
    std::vector<double> negative = best.x, unit = best.x;
    for (double& v : negative)
        v = -v;
    scale_to(unit, 1);
    result.even = std::abs(evaluator.responses({negative})[0] - best.response) <= 1e-4 * std::abs(best.response);
    result.response_at_norm_1 = evaluator.responses({unit})[0];
    double cosines = 0;
    for (std::size_t s = 0; s < starts; ++s)
        if (int(s) != result.best_start) {
            const double cosine = dot(climbers[s].x, best.x) / (options.norm * options.norm);
            cosines += result.even ? std::abs(cosine) : cosine;
        }
    if (starts > 1)
        result.agreement = cosines / double(starts - 1);
    result.x.assign(model.architecture.input().size(), 0.0f);
    for (std::size_t k = 0; k < evaluator.values(); ++k)
        result.x[evaluator.visible()[k]] = float(best.x[k]);
    return result;
}

double expected_norm(const Architecture& architecture, NeuronId neuron)
{
    return std::sqrt(double(visible_values(architecture, neuron).size()));
}

double median_norm(const Model& model, const PictureBytes& pictures, NeuronId neuron, Pool& pool)
{
    const std::vector<std::size_t> visible = visible_values(model.architecture, neuron);
    const std::size_t size = model.architecture.input().size();
    std::vector<double> norms(pictures.count);
    pool.for_each(pictures.count, [&](std::size_t i, int) {
        std::vector<float> x(size);
        model.preprocessing.apply(pictures.pixels.subspan(i * size, size), x);
        double squares = 0;
        for (const std::size_t k : visible)
            squares += double(x[k]) * x[k];
        norms[i] = std::sqrt(squares);
    });
    const std::size_t half = norms.size() / 2;
    std::sort(norms.begin(), norms.end());
    return norms.size() % 2 ? norms[half] : (norms[half - 1] + norms[half]) / 2;
}

std::vector<std::size_t> strongest(std::span<const float> responses, std::size_t count)
{
    std::vector<std::size_t> order(responses.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return responses[a] > responses[b]; });
    order.resize(std::min(count, order.size()));
    return order;
}

int sign_like_strongest(const Model& model, const PictureBytes& pictures, std::span<const float> responses,
                        NeuronId neuron, std::span<const float> x, std::size_t count, Pool& pool)
{
    const std::size_t size = model.architecture.input().size();
    const std::vector<std::size_t> visible = visible_values(model.architecture, neuron);
    double sum = 0;
    for (const std::size_t i : strongest(responses, count)) {
        const std::vector<float> image = preprocess(model, {pictures.pixels.subspan(i * size, size), 1}, pool);
        for (const std::size_t k : visible)
            sum += double(image[k]) * x[k];
    }
    return sum < 0 ? -1 : 1;
}

}    // namespace nonna
