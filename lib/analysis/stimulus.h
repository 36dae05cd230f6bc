// A neuron's optimal stimulus: x* = argmax f(x) subject to |x| = norm, f the neuron's response, x a whitened input
// that is zero outside the pixels the neuron sees.
//
// Projected gradient ascent: the gradient's part along the sphere (bent by the last direction, as conjugate gradients
// do: plain ascent zigzags) is the direction, a step turns x towards it by an angle, and backtracking takes the first
// angle that gains at least 1e-4 of what the slope promises; the angle doubles after a success. It ends when the
// gradient itself gains nothing at an angle of 1e-5, or after the given number of iterations. Several starts, each the
// gradient at seeded noise, are the lanes of one batch; each climbs by itself, its result does not depend on others.
//
// L2 pooling makes a response even: f(-x) = f(x), a stimulus and its negative are one optimum. Signs are therefore
// brought in line with the best start's before starts are compared, and the best one's own sign is free for the caller
// to choose (`even`).
#pragma once

#include "analysis/respond.h"

#include <cstdint>
#include <vector>

namespace nonna {

struct AscentOptions {
    double norm = 1;
    int starts = 5;
    int iterations = 100;
    std::uint64_t seed = 0;
};

struct AscentStep {
    int start = 0, iteration = 0;    // iteration 0: where it began
    double step = 0;                 // angle in radians
    double response = 0;
};

struct OptimalStimulus {
    std::vector<float> x;             // (row, column, channel) of the whole input, whitened, |x| = norm
    double response = 0;              // f(x)
    double response_at_norm_1 = 0;    // f(x / |x|)
    int best_start = 0;
    bool even = false;                // f(-x) = f(x) to 1e-4
    double agreement = 1;             // mean cosine of the other starts' ends with x, signs in line where even
    std::vector<AscentStep> steps;    // by start, then iteration
};

OptimalStimulus optimal_stimulus(const Model& model, NeuronId neuron, const AscentOptions& options, Pool& pool);

// What whitened images have in a neuron's visible area: the expected norm of unit-variance noise there.
double expected_norm(const Architecture& architecture, NeuronId neuron);

// The median norm, over the pictures, of the part in the neuron's visible area.
double median_norm(const Model& model, const PictureBytes& pictures, NeuronId neuron, Pool& pool);

// +1 or -1: the sign of <x, mean of the `count` strongest pictures' visible areas>, to choose between x and -x.
int sign_like_strongest(const Model& model, const PictureBytes& pictures, std::span<const float> responses,
                        NeuronId neuron, std::span<const float> x, std::size_t count, Pool& pool);

// Indices of the `count` strongest responses, strongest first; equal ones in the set's order.
std::vector<std::size_t> strongest(std::span<const float> responses, std::size_t count);

}    // namespace nonna
