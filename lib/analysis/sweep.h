// The threshold sweep over every neuron of a source: how well does each, all by itself, tell the concept from
// everything else (analysis/score.h), on all images and, with splits, on images that had no say in choosing it
// (analysis/splits.h)?
//
// Two ways. Sorting: a block of neurons at a time is read, turned to (neuron, image), and each neuron sorted; the next
// block is read meanwhile. Counting (no AUC): two readings, the first for least and greatest responses and means, the
// second for the counts at each threshold; nothing is sorted, and nothing of the responses is held. Both give the same
// figures. Neurons are scored in parallel; results depend on neither threads nor memory.
#pragma once

#include "analysis/response_source.h"
#include "analysis/score.h"
#include "analysis/splits.h"
#include "analysis/sweep_table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

struct HeldOut {
    Score choice;                    // on the part that chooses; its d' is not computed
    double accuracy = 0, auc = 0;    // on the part held out
};

// 95 % of the bootstrap's resamples lie between.
struct Interval {
    double low = 0, high = 0;
};

struct NeuronScore {
    std::size_t layer = 0;    // index into ResponseSource::layers
    int row = 0, column = 0, map = 0;
    Score all;                    // on all images
    std::vector<HeldOut> held;    // one a split
    struct Intervals {
        Interval accuracy, auc, held_accuracy, held_auc;    // detector and splits taken as given
    };
    std::optional<Intervals> intervals;

    // Means over the splits (of a single one: its own).
    double choice_accuracy() const;
    double choice_auc() const;
    double held_accuracy() const;
    double held_auc() const;
    Merit merit() const;    // what it is ranked by: of the images that choose
    bool finite() const { return all.accuracy == all.accuracy; }
};

struct SweepOptions {
    Polarity polarity = Polarity::positive;
    bool auc = true;    // false: by counting; every AUC is NaN
    std::vector<Split> splits;
    std::size_t memory = std::size_t{1} << 30;    // bytes of responses held at a time, the source's own included
};

// Every neuron, in the order of layers, rows, columns, maps. `source` must be able to read (`readable`). Error when the
// set is empty or one-class.
std::vector<NeuronScore> sweep(const ResponseSource& source, const Labels& labels, const SweepOptions& options,
                               Pool& pool);

// By the rule of analysis/sweep_table.h; NaN last.
void sort_best_first(std::vector<NeuronScore>& scores, ChooseBy by = ChooseBy::accuracy);

// For each split the neuron that its choosing part likes best, as an index into scores.
std::vector<std::size_t> chosen_by_splits(std::span<const NeuronScore> scores, ChooseBy by = ChooseBy::accuracy);

// One response an image, of the neuron that `score` belongs to.
std::vector<float> responses_of(const ResponseSource& source, const NeuronScore& score);

// Fills the intervals: `resamples` of the images, class by class, drawn with replacement.
void bootstrap(const ResponseSource& source, const Labels& labels, const SweepOptions& options, int resamples,
               std::uint64_t seed, std::span<NeuronScore> scores, Pool& pool);

// The share that is right without looking: the larger class's.
double guess(const Labels& labels);
// The same of those that judge, the mean over the splits; none: 0.
double held_guess(const Labels& labels, std::span<const Split> splits);

std::string neuron_text(const ResponseSource& source, const NeuronScore& score);    // "3.norm/6,6,2"

// layer row col map threshold accuracy auc dprime hit_rate false_alarm_rate balanced_accuracy polarity positives
// negatives; with splits choice_threshold choice_accuracy choice_auc held_accuracy held_auc held_guess, means over the
// splits;
// with intervals accuracy_low accuracy_high auc_low auc_high, and held_... likewise; chosen_by where not by accuracy
// (analysis/sweep_table.h); model where the responses are of one: its sweep_mark.
void write_scores(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                  const Labels& labels, std::span<const Split> splits, ChooseBy by = ChooseBy::accuracy,
                  const std::string& model = {});

// The neuron that each split chose: fold layer row col map threshold polarity choice_accuracy choice_auc held_accuracy
// held_auc.
void write_chosen(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                  ChooseBy by = ChooseBy::accuracy);

}    // namespace nonna
