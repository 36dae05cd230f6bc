#include "analysis/response_histogram.h"

#include "analysis/sweep.h"
#include "io/table.h"

#include <algorithm>

namespace nonna
{

ResponseHistogram response_histogram(std::span<const float> responses, const Labels& labels, std::size_t bins)
{
    ResponseHistogram h;
    for (auto& counts : h.counts)
        counts.assign(bins, 0);
    const auto [least, most] = std::minmax_element(responses.begin(), responses.end());
    h.low = *least;
    h.high = *most;
    const double width = (h.high - h.low) / double(bins);
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const std::size_t bin = width > 0 ? std::size_t((double(responses[i]) - h.low) / width) : 0;
        ++h.counts[labels[i] == 1][std::min(bin, bins - 1)];
    }
    return h;
}

// Neurons that follow one another in their layer are read together: from a file a neuron alone costs a pass over it.
void write_histograms(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                      const Labels& labels)
{
    constexpr std::size_t together = 256;
    const auto number_of = [&](const NeuronScore& s) {
        const Shape& shape = source.layers[s.layer].shape;
        return (std::size_t(s.row) * shape.columns + std::size_t(s.column)) * shape.maps + std::size_t(s.map);
    };
    TableWriter table(path, {"neuron", "label", "low", "high", "counts"});
    std::vector<float> block, one(source.images);
    for (std::size_t first = 0; first < scores.size();) {
        std::size_t count = 1;
        while (first + count < scores.size() && count < together &&
               scores[first + count].layer == scores[first].layer &&
               number_of(scores[first + count]) == number_of(scores[first]) + count)
            ++count;
        block.resize(source.images * count);
        source.read(scores[first].layer, number_of(scores[first]), count, 0, source.images, block);
        for (std::size_t n = 0; n < count; ++n) {
            if (!scores[first + n].finite())
                continue;
            for (std::size_t i = 0; i < source.images; ++i)
                one[i] = block[i * count + n];
            const ResponseHistogram h = response_histogram(one, labels, histogram_bins);
            for (int label = 0; label < 2; ++label) {
                std::string counts;
                for (const std::size_t c : h.counts[label])
                    counts.append(counts.empty() ? "" : " ").append(std::to_string(c));
                table.cell(neuron_text(source, scores[first + n])).cell(label).cell(h.low).cell(h.high).cell(counts);
                table.end_row();
            }
        }
        first += count;
    }
    table.commit();
}

}    // namespace nonna
