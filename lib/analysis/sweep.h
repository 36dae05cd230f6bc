// The threshold sweep: how well does one neuron, all by itself, tell the concept from everything else?
//
// A neuron's responses r to a labelled set are held against 20 thresholds, the i-th (i = 1 .. 20) at
// min + (max - min) * i / 21, min and max over that set; r > threshold says yes (one polarity, as in the paper).
// Its score is the best accuracy; of thresholds equally good the lowest is kept. Beside it stand
//     AUC = P(r of a positive > r of a negative) + P(equal) / 2     (midranks: no threshold, no choice)
//     d'  = (m1 - m0) / sqrt((s1^2 + s0^2) / 2),                    s with n - 1.
// A neuron that never changes says no to everything: accuracy the share of negatives, AUC 1/2, d' 0. d' is infinite
// where both classes are constant and differ, NaN where a class has one image only.
//
// The best of many neurons, chosen and scored on the same images, flatters: some are good there by luck. So a set can
// be cut in halves, each class by itself, by a seeded shuffle, or as the set itself says (so that nobody is in both):
// threshold and neuron are chosen on one half, and the threshold's accuracy and the neuron's AUC are taken on the
// other, which had no say.
//
// Responses arrive in batches of images and are turned into blocks of neurons that fit in memory; a source is asked
// again for every block. Neurons are scored in parallel; the result does not depend on it.
#pragma once

#include "analysis/response_source.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna {

class Pool;

using Labels = std::vector<std::uint8_t>;    // 1 positive, 0 negative, one an image

struct Score {
    double threshold = 0, accuracy = 0, auc = 0, dprime = 0;
};

// Both classes must be there and all responses finite (checked by sweep; here our own bug).
Score score_neuron(std::span<const float> responses, std::span<const std::uint8_t> labels);
double accuracy_at(double threshold, std::span<const float> responses, std::span<const std::uint8_t> labels);

struct HeldOut {
    Score choice;                     // on the choosing half
    double accuracy = 0, auc = 0;     // on the other one
};

struct NeuronScore {
    std::size_t layer = 0;    // index into ResponseSource::layers
    int row = 0, column = 0, map = 0;
    Score all;    // on all images
    std::optional<HeldOut> held_out;
};

struct SweepOptions {
    bool held_out = false;
    std::uint64_t seed = 0;                          // of the halves
    std::vector<std::uint8_t> chooses;               // the halves, as choosing_half gives them; empty: drawn
    std::size_t memory = std::size_t{1} << 30;       // bytes of responses held at a time
};

// Every neuron, in the order of layers, rows, columns, maps. Error when the set is empty or one-class (each half,
// with held_out), or a response is not finite.
std::vector<NeuronScore> sweep(const ResponseSource& source, const Labels& labels, const SweepOptions& options,
                               Pool& pool);

// By accuracy (the choosing half's where there is one), then AUC, then the order they stand in.
void sort_best_first(std::vector<NeuronScore>& scores);

// One response an image, of the neuron that `score` belongs to.
std::vector<float> responses_of(const ResponseSource& source, const NeuronScore& score);

// 1 for the images that choose, 0 for those that are held out.
std::vector<std::uint8_t> choosing_half(const Labels& labels, std::uint64_t seed);

// Of a set that was split in "a", which chooses, and "b". Empty when no image names its half; Error when only some do.
std::vector<std::uint8_t> recorded_half(std::span<const std::optional<std::string>> halves, const std::string& subject);

// The share that is right without looking: the larger class's.
double guess(const Labels& labels);

// From text: `positive` says yes; where it is "1" every other label must be "0". Error when one is missing.
Labels read_labels(std::span<const std::optional<std::string>> labels, const std::string& positive,
                   const std::string& subject);
Labels read_label_table(const std::string& path, const std::string& positive);    // TSV, column `label`

// layer row col map threshold accuracy auc dprime positives negatives, and with held-out scores also
// choice_threshold choice_accuracy choice_auc held_accuracy held_auc.
void write_scores(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                  const Labels& labels);

}    // namespace nonna
