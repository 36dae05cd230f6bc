// How a neuron's responses to the two classes are spread, in few numbers: a histogram a class, over the same bins.
//
// Bins are equally wide, from the least to the greatest response to any image; a response on a border counts in the bin
// above it, the greatest one in the last. Of a neuron that responds to all alike all are in the first.
#pragma once

#include "analysis/response_source.h"
#include "analysis/score.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct NeuronScore;

struct ResponseHistogram {
    double low = 0, high = 0;
    std::array<std::vector<std::size_t>, 2> counts;    // of negatives and positives
};

// The responses are finite.
ResponseHistogram response_histogram(std::span<const float> responses, const Labels& labels, std::size_t bins);

// Of these neurons, those with a response that is no finite number left out, two lines each: neuron label low high
// counts, the counts separated by spaces; label 0 before 1. `source` must be able to read.
inline constexpr std::size_t histogram_bins = 32;
void write_histograms(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                      const Labels& labels);

}    // namespace nonna
