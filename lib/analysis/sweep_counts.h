// The sweep without AUC: counters alone, two readings of the responses, whatever the number of images. Private to
// sweep.
#pragma once

#include "analysis/sweep.h"

namespace nonna
{

// What counting takes for one neuron.
std::size_t sweep_counts_bytes(const SweepOptions& options);

// Scores neurons first, first + 1, ... of a layer, as many as there are scores.
void count_block(const ResponseSource& source, std::size_t layer, std::size_t first, const Labels& labels,
                 const SweepOptions& options, std::span<NeuronScore> scores, Pool& pool);

}    // namespace nonna
