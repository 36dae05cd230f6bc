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
    std::string output = "-", best_responses, chosen;    // tables; empty: none
    std::string positive = "1";
    Polarity polarity = Polarity::positive;
    std::optional<std::int64_t> best;
    std::optional<int> folds, resamples;
    bool held_out = false, no_auc = false;
    std::int64_t memory = 1024;    // MiB
    std::uint64_t seed = 0;

    std::size_t kept_bytes() const { return std::size_t(memory) << 18; }
    std::size_t batch_bytes() const { return std::size_t(memory) << 19; }
    std::vector<std::string> outputs() const { return {output, best_responses, chosen}; }

    // Without splits.
    SweepOptions options() const;
    // Scores, writes the tables, says what the best one is. `keys`: the images' names; empty: their numbers.
    // `recorded`: the halves that the set names, or none. `winner`: gets the best one's scores. Status skipped where
    // some have responses that are no numbers; Error where all have.
    ExitStatus run(const ResponseSource& source, const Labels& labels, const std::vector<std::string>& keys,
                   const Split& recorded, Pool& pool, NeuronScore* winner = nullptr) const;
};

}    // namespace nonna
