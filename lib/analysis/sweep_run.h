// One sweep from start to tables: what nonna-sweep and nonna-baseline do alike, once they have a source and its labels.
//
// Responses that a source can give only once are kept, in a quarter of the memory or on disk; whoever streams them may
// use half of it for a batch.
#pragma once

#include "analysis/sweep.h"
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct SweepRun {
    std::string output = "-", best_responses, chosen, histograms;    // tables; empty: none
    std::string positive = "1";
    Polarity polarity = Polarity::positive;
    ChooseBy by = ChooseBy::accuracy;
    std::optional<std::int64_t> best;
    std::optional<int> folds, resamples;
    bool held_out = false, no_auc = false;
    bool by_layer = false;    // the best of each layer, not of all
    bool learned = true;      // neurons, which may have learned too little: said where the best is not above chance
    std::string parts;        // "X:Y" (analysis/splits.h); empty: halves, or a and b
    std::int64_t memory = 1024;    // MiB
    std::uint64_t seed = 0;
    std::string model;    // whose neurons they are, for the table (sweep_mark); empty: nobody knows

    std::size_t kept_bytes() const { return std::size_t(memory) << 18; }
    std::size_t batch_bytes() const { return std::size_t(memory) << 19; }
    std::vector<std::string> outputs() const { return {output, best_responses, chosen, histograms}; }

    RecordedParts recorded_parts() const { return held_out || folds ? RecordedParts(parts) : RecordedParts(); }
    // Without splits.
    SweepOptions options() const;
    // Scores, writes the tables, says what the best one is, of several layers also the best of each; and, held out,
    // where it is not above chance: the interval of its AUC reaches down to 1/2, or it is right no more often than
    // always saying the larger class. `keys`: the images' names; empty: their numbers. `recorded`: the parts that the
    // set names (RecordedParts), or none. `winner`: gets the best one's scores. Status skipped where some have
    // responses that are no numbers; Error where all have.
    ExitStatus run(const ResponseSource& source, const Labels& labels, const std::vector<std::string>& keys,
                   const Split& recorded, Pool& pool, NeuronScore* winner = nullptr) const;
};

}    // namespace nonna
