// Neurons' optimal stimuli: x* = argmax f(x) subject to |x| = norm, f a neuron's response, x a whitened input that is
// zero outside the pixels the neuron sees.
//
// That is the literal optimum. Beside it there may be another, of a prior, from a given start, or, where the literal
// one has reached the ceiling of its normalised response (analysis/numerator.h), of the numerator below it: x then
// climbs F, the mean over the prior's shifts of response or numerator, in the prior's coordinates, and what the literal
// one reached stands beside it.
//
// Several starts climb (analysis/ascent.h), each from the gradient at seeded noise, neighbouring neurons' in one batch
// (analysis/climb_groups.h). A stimulus depends on its neuron, norm, seed and starts alone.
//
// L2 pooling makes a response even: f(-x) = f(x), a stimulus and its negative are one optimum. Signs are therefore
// brought in line with the best start's before starts are compared, and the best one's own sign is free for the caller
// to choose (`even`).
#pragma once

#include "analysis/ascent.h"
#include "base/names.h"
#include "model/model_file.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

// What is climbed: the response itself; the numerator of a normalised one; or `usual`, which is the numerator where the
// literal optimum is at the ceiling, and where there is nothing but the literal optimum to be found the response.
enum class Climbed { usual, response, numerator };

template <>
inline constexpr auto names_of<Climbed> = names<Climbed>({
    {Climbed::usual, "usual"},
    {Climbed::response, "response"},
    {Climbed::numerator, "numerator"},
});

struct AscentOptions {
    int starts = 5;
    int iterations = 100;
    std::uint64_t seed = 0;
    bool whole = false;    // every climb through the whole network: for comparison
    StimulusPrior prior = {};
    Climbed climbed = Climbed::usual;
};

// Where a start ended.
struct AscentEnd {
    int iterations = 0;
    double response = 0;
    double reached = 0;    // F; the response itself, of a literal optimum
    double cosine = 1;     // with the best start's end, its size where even
};

// Beside a literal optimum, what another one and the literal one itself have of what was climbed.
struct BesideLiteral {
    bool of_numerator = false;
    double reached = 0;             // F(x)
    double literal_reached = 0;     // F of the literal optimum
    double literal_response = 0;    // f of the literal optimum
};

struct OptimalStimulus {
    std::vector<float> x;    // (row, column, channel) of the whole input, whitened, |x| = norm
    double norm = 0;
    std::string norm_from;    // where that is from: "given", "noise", "300 pictures", "2000 of 120000 pictures, seed 1"
    double response = 0;      // f(x)
    double response_at_norm_1 = 0;    // f(x / |x|)
    int best_start = 0;
    bool even = false;              // f(-x) = f(x) to 1e-4
    double agreement = 1;           // mean cosine of the other starts' ends with x, signs in line where even; NaN: none
    std::vector<AscentEnd> ends;    // by start
    std::vector<AscentStep> steps;               // by start, then iteration
    std::optional<double> ceiling;               // of f; only normalised responses have one
    std::optional<BesideLiteral> beside = {};    // none: this is the literal optimum
};

// Of neurons of any layers, one norm each. `from`: none, or for each neuron the one whole input to climb from.
std::vector<OptimalStimulus> optimal_stimuli(const Model& model, std::span<const NeuronId> neurons,
                                             std::span<const double> norms, const AscentOptions& options, Pool& pool,
                                             std::span<const std::vector<float>> from = {});

// "300 pictures", or of those that were drawn "2000 of 120000 pictures, seed 1".
std::string pictures_text(std::size_t seen, std::size_t of, std::uint64_t seed);

// neuron start best iterations response cosine agreement norm response_at_norm_1 even norm_from: a line a start. Where
// they are others than literal ones there stand before the last climbed (response or numerator), reached (F), and, the
// same in every line of a neuron, literal_response, literal_reached and ceiling.
void write_starts(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found);
// neuron start iteration step response
void write_steps(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found);

// One neuron's figures, or of many how well their starts agree. `strongest_seen`: the largest response to a picture,
// none where none was shown.
std::string stimulus_summary(std::span<const OptimalStimulus> found, std::span<const NeuronId> neurons, int starts,
                             std::optional<double> strongest_seen);

}    // namespace nonna
