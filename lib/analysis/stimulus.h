// Neurons' optimal stimuli: x* = argmax f(x) subject to |x| = norm, f a neuron's response, x a whitened input that is
// zero outside the pixels the neuron sees.
//
// Projected gradient ascent: the gradient's part along the sphere (bent by the last direction, as conjugate gradients
// do: plain ascent zigzags) is the direction, a step turns x towards it by an angle, and backtracking takes the first
// angle that gains at least 1e-4 of what the slope promises; the angle doubles after a success. It ends when the
// gradient itself gains nothing at an angle of 1e-5, or after the given number of iterations. Several starts, each the
// gradient at seeded noise.
//
// A climb is one lane of a batch. Neurons are put in groups whose climbs share a network, cut to what the group sees
// (model/cone.h): together where their cones overlap so much that one batch of all is less work than a padded one each,
// apart where they do not. Lanes that have arrived make room for others. A climb's result depends on its neuron, norm,
// seed and start alone.
//
// L2 pooling makes a response even: f(-x) = f(x), a stimulus and its negative are one optimum. Signs are therefore
// brought in line with the best start's before starts are compared, and the best one's own sign is free for the caller
// to choose (`even`).
#pragma once

#include "analysis/extremes.h"
#include "analysis/respond.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct AscentOptions {
    double norm = 1;    // of optimal_stimulus
    int starts = 5;
    int iterations = 100;
    std::uint64_t seed = 0;
    bool whole = false;    // every climb through the whole network: for comparison
};

struct AscentStep {
    int start = 0, iteration = 0;    // iteration 0: where it began
    double step = 0;                 // angle in radians
    double response = 0;
};

// Where a start ended.
struct AscentEnd {
    int iterations = 0;
    double response = 0;
    double cosine = 1;    // with the best start's end, its size where even
};

struct OptimalStimulus {
    std::vector<float> x;    // (row, column, channel) of the whole input, whitened, |x| = norm
    double norm = 0;
    double response = 0;              // f(x)
    double response_at_norm_1 = 0;    // f(x / |x|)
    int best_start = 0;
    bool even = false;              // f(-x) = f(x) to 1e-4
    double agreement = 1;           // mean cosine of the other starts' ends with x, signs in line where even; NaN: none
    std::vector<AscentEnd> ends;    // by start
    std::vector<AscentStep> steps;    // by start, then iteration
};

OptimalStimulus optimal_stimulus(const Model& model, NeuronId neuron, const AscentOptions& options, Pool& pool);

// Of many neurons of any layers, one norm each.
std::vector<OptimalStimulus> optimal_stimuli(const Model& model, std::span<const NeuronId> neurons,
                                             std::span<const double> norms, const AscentOptions& options, Pool& pool);

// neuron start best iterations response cosine agreement norm response_at_norm_1 even: a line a start.
void write_starts(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found);
// neuron start iteration step response
void write_steps(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found);

// What whitened images have in a neuron's visible area: the expected norm of unit-variance noise there.
double expected_norm(const Architecture& architecture, NeuronId neuron);

// The median norm, over the pictures of a stream, of the part in each neuron's visible area: 8 bytes a picture and
// area.
class MedianNorms
{
  public:
    MedianNorms(const Architecture& architecture, std::span<const NeuronId> neurons);
    void take(std::span<const float> whitened, Pool& pool);    // pictures as the network sees them
    double median(std::size_t neuron) const;

  private:
    std::size_t size_;
    std::vector<std::vector<std::size_t>> visible_;    // of each area
    std::vector<std::size_t> area_of_;                 // of each neuron
    std::vector<std::vector<double>> norms_;           // of each area
};

// +1 or -1: the sign of <x, mean of the pictures' visible areas>, to choose between x and -x.
int sign_like(const Model& model, std::span<const Extreme> pictures, NeuronId neuron, std::span<const float> x,
              Pool& pool);

}    // namespace nonna
