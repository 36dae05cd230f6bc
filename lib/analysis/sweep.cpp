#include "analysis/sweep.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/random.h"
#include "io/table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace nonna {

namespace {

constexpr int thresholds = 20;

// Floats and labels as integers that sort like the floats: one sort of plain numbers instead of pairs. Adding 0 makes
// -0 the same as 0.
std::uint64_t sort_key(float response, std::uint8_t label)
{
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(response + 0.0f);
    const std::uint32_t ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return std::uint64_t(ordered) << 1 | label;
}

float response_of(std::uint64_t key)
{
    const std::uint32_t ordered = std::uint32_t(key >> 1);
    return std::bit_cast<float>(ordered & 0x80000000u ? ordered & 0x7fffffffu : ~ordered);
}

double discriminability(std::span<const float> responses, std::span<const std::uint8_t> labels)
{
    double sum[2] = {0, 0}, count[2] = {0, 0}, squares[2] = {0, 0};
    for (std::size_t i = 0; i < responses.size(); ++i) {
        sum[labels[i]] += responses[i];
        ++count[labels[i]];
    }
    const double mean[2] = {sum[0] / count[0], sum[1] / count[1]};
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const double d = responses[i] - mean[labels[i]];
        squares[labels[i]] += d * d;
    }
    if (count[0] < 2 || count[1] < 2)
        return std::numeric_limits<double>::quiet_NaN();
    if (mean[0] == mean[1])
        return 0;
    return (mean[1] - mean[0]) / std::sqrt((squares[0] / (count[0] - 1) + squares[1] / (count[1] - 1)) / 2);
}

void check_classes(std::span<const std::uint8_t> labels, const std::string& subject)
{
    const auto positives = std::size_t(std::count(labels.begin(), labels.end(), 1));
    if (labels.empty())
        throw Error(subject, "no images");
    if (positives == 0 || positives == labels.size())
        throw Error(subject, std::string("all images are ") + (positives ? "positive" : "negative") +
                                 ": nothing to tell apart");
}

// A contiguous part of one layer's neurons.
struct Block {
    std::size_t layer, first, count;
};

// Blocks of neurons, so many a pass as fit into the memory allowed, at least one neuron.
std::vector<std::vector<Block>> plan_passes(const ResponseSource& source, std::size_t memory)
{
    const std::size_t room = std::max<std::size_t>(1, memory / (source.images * sizeof(float)));
    std::vector<std::vector<Block>> passes(1);
    std::size_t left = room;
    for (std::size_t l = 0; l < source.layers.size(); ++l)
        for (std::size_t first = 0, size = source.layers[l].shape.size(); first < size;) {
            if (left == 0) {
                passes.emplace_back();
                left = room;
            }
            const std::size_t count = std::min(left, size - first);
            passes.back().push_back({l, first, count});
            first += count;
            left -= count;
        }
    return passes;
}

}    // namespace

Score score_neuron(std::span<const float> responses, std::span<const std::uint8_t> labels)
{
    const std::size_t n = responses.size();
    if (n == 0 || labels.size() != n)
        throw std::logic_error("sweep: a label for each response");
    std::vector<std::uint64_t> keys(n);
    for (std::size_t i = 0; i < n; ++i)
        keys[i] = sort_key(responses[i], labels[i]);
    std::sort(keys.begin(), keys.end());
    const double positives = double(std::accumulate(
        keys.begin(), keys.end(), std::size_t{0}, [](std::size_t sum, std::uint64_t key) { return sum + (key & 1); }));
    const double negatives = double(n) - positives;

    Score score;
    double rank_sum = 0;    // of the positives
    for (std::size_t i = 0, end; i < n; i = end) {
        std::size_t inside = 0;
        for (end = i; end < n && keys[end] >> 1 == keys[i] >> 1; ++end)
            inside += keys[end] & 1;
        rank_sum += double(inside) * (double(i + 1) + double(end)) / 2;
    }
    score.auc = (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);

    const double least = response_of(keys.front()), most = response_of(keys.back());
    std::size_t below = 0;
    double wrong_below = 0;    // positives at or below the threshold
    double best = -1;
    for (int i = 1; i <= thresholds; ++i) {
        const double threshold = least + (most - least) * i / (thresholds + 1);
        for (; below < n && response_of(keys[below]) <= threshold; ++below)
            wrong_below += double(keys[below] & 1);
        const double right = (double(below) - wrong_below) + (positives - wrong_below);
        if (right > best) {
            best = right;
            score.threshold = threshold;
        }
    }
    score.accuracy = best / double(n);
    score.dprime = discriminability(responses, labels);
    return score;
}

double accuracy_at(double threshold, std::span<const float> responses, std::span<const std::uint8_t> labels)
{
    std::size_t right = 0;
    for (std::size_t i = 0; i < responses.size(); ++i)
        right += (responses[i] > threshold) == (labels[i] == 1);
    return double(right) / double(responses.size());
}

std::vector<std::uint8_t> choosing_half(const Labels& labels, std::uint64_t seed)
{
    std::vector<std::uint8_t> chooses(labels.size(), 0);
    for (const std::uint8_t label : {0, 1}) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] == label)
                members.push_back(i);
        Random random(seed, Purpose::held_out, label);
        shuffle(members, random);
        for (std::size_t i = 0; i < (members.size() + 1) / 2; ++i)
            chooses[members[i]] = 1;
    }
    return chooses;
}

std::vector<std::uint8_t> recorded_half(std::span<const std::optional<std::string>> halves, const std::string& subject)
{
    std::vector<std::uint8_t> chooses;
    for (const auto& half : halves)
        if (half)
            chooses.push_back(*half == "a");
    if (!chooses.empty() && chooses.size() < halves.size())
        throw Error(subject, "only " + std::to_string(chooses.size()) + " of " + std::to_string(halves.size()) +
                                 " images name their half");
    return chooses;
}

double guess(const Labels& labels)
{
    const double positive = double(std::count(labels.begin(), labels.end(), 1)) / double(labels.size());
    return std::max(positive, 1 - positive);
}

std::vector<NeuronScore> sweep(const ResponseSource& source, const Labels& labels, const SweepOptions& options,
                               Pool& pool)
{
    if (labels.size() != source.images)
        throw Error(source.name, std::to_string(source.images) + " images, but " + std::to_string(labels.size()) +
                                     " labels");
    check_classes(labels, source.name);
    std::vector<std::size_t> order[2];    // images held out, images that choose
    Labels half_labels[2];
    if (options.held_out) {
        const std::vector<std::uint8_t> chooses =
            options.chooses.empty() ? choosing_half(labels, options.seed) : options.chooses;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            order[chooses[i]].push_back(i);
            half_labels[chooses[i]].push_back(labels[i]);
        }
        for (const Labels& half : half_labels)
            check_classes(half, source.name + " (one half)");
    }

    std::vector<NeuronScore> scores;
    std::vector<float> responses;    // (neuron of the pass, image)
    for (const std::vector<Block>& pass : plan_passes(source, options.memory)) {
        std::vector<std::size_t> wanted, offsets;
        std::size_t neurons = 0;
        for (const Block& block : pass) {
            wanted.push_back(block.layer);
            offsets.push_back(neurons);
            neurons += block.count;
        }
        responses.assign(neurons * source.images, 0);
        source.stream(wanted, [&](std::size_t w, std::size_t first, std::size_t count, std::span<const float> batch) {
            const std::size_t size = source.layers[wanted[w]].shape.size();
            pool.for_each(pass[w].count, [&](std::size_t k, int) {
                float* const row = responses.data() + (offsets[w] + k) * source.images + first;
                for (std::size_t i = 0; i < count; ++i)
                    row[i] = batch[i * size + pass[w].first + k];
            });
        });
        const std::size_t base = scores.size();
        for (const Block& block : pass)
            for (std::size_t k = block.first; k < block.first + block.count; ++k) {
                const Shape& shape = source.layers[block.layer].shape;
                const auto maps = std::size_t(shape.maps), columns = std::size_t(shape.columns);
                scores.push_back(
                    {block.layer, int(k / maps / columns), int(k / maps % columns), int(k % maps), {}, {}});
            }
        pool.for_each(neurons, [&](std::size_t k, int) {
            throw_if_interrupted();
            const std::span<const float> r = std::span(responses).subspan(k * source.images, source.images);
            NeuronScore& score = scores[base + k];
            for (std::size_t i = 0; i < r.size(); ++i)
                if (!std::isfinite(r[i]))
                    throw Error(source.name, "the response of neuron " + source.layers[score.layer].name + "/" +
                                                 std::to_string(score.row) + "," + std::to_string(score.column) + "," +
                                                 std::to_string(score.map) + " to image " + std::to_string(i) +
                                                 " is not a finite number");
            score.all = score_neuron(r, labels);
            if (!options.held_out)
                return;
            std::vector<float> half[2];
            for (const int h : {0, 1})
                for (const std::size_t i : order[h])
                    half[h].push_back(r[i]);
            HeldOut& held = score.held_out.emplace();
            held.choice = score_neuron(half[1], half_labels[1]);
            held.auc = score_neuron(half[0], half_labels[0]).auc;
            held.accuracy = accuracy_at(held.choice.threshold, half[0], half_labels[0]);
        });
    }
    return scores;
}

void sort_best_first(std::vector<NeuronScore>& scores)
{
    std::stable_sort(scores.begin(), scores.end(), [](const NeuronScore& a, const NeuronScore& b) {
        const Score &x = a.held_out ? a.held_out->choice : a.all, &y = b.held_out ? b.held_out->choice : b.all;
        return x.accuracy != y.accuracy ? x.accuracy > y.accuracy : x.auc > y.auc;
    });
}

std::vector<float> responses_of(const ResponseSource& source, const NeuronScore& score)
{
    const Shape& shape = source.layers[score.layer].shape;
    const std::size_t offset =
        (std::size_t(score.row) * shape.columns + score.column) * shape.maps + std::size_t(score.map);
    std::vector<float> responses(source.images);
    source.stream(std::span(&score.layer, 1),
                  [&](std::size_t, std::size_t first, std::size_t count, std::span<const float> batch) {
                      for (std::size_t i = 0; i < count; ++i)
                          responses[first + i] = batch[i * shape.size() + offset];
                  });
    return responses;
}

Labels read_labels(std::span<const std::optional<std::string>> labels, const std::string& positive,
                   const std::string& subject)
{
    Labels read;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (!labels[i] || labels[i]->empty())
            throw Error(subject, "image " + std::to_string(i) + " has no label");
        if (positive == "1" && *labels[i] != "0" && *labels[i] != "1")
            throw Error(subject, "image " + std::to_string(i) + ": label '" + *labels[i] +
                                     "' is neither 1 nor 0; say which one is positive");
        read.push_back(*labels[i] == positive);
    }
    return read;
}

Labels read_label_table(const std::string& path, const std::string& positive)
{
    const Table table = read_table(path);
    const std::size_t column = table.column("label");
    std::vector<std::optional<std::string>> labels;
    for (const auto& row : table.rows)
        labels.emplace_back(row[column]);
    return read_labels(labels, positive, table.name);
}

void write_scores(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                  const Labels& labels)
{
    const auto positives = std::size_t(std::count(labels.begin(), labels.end(), 1));
    const bool held_out = !scores.empty() && scores.front().held_out;
    std::vector<std::string> columns = {"layer", "row", "col",    "map",       "threshold",
                                        "accuracy", "auc", "dprime", "positives", "negatives"};
    if (held_out)
        columns.insert(columns.end(),
                       {"choice_threshold", "choice_accuracy", "choice_auc", "held_accuracy", "held_auc"});
    TableWriter table(path, columns);
    for (const NeuronScore& s : scores) {
        table.cell(source.layers[s.layer].name).cell(s.row).cell(s.column).cell(s.map);
        table.cell(s.all.threshold).cell(s.all.accuracy).cell(s.all.auc).cell(s.all.dprime);
        table.cell(positives).cell(labels.size() - positives);
        if (held_out)
            table.cell(s.held_out->choice.threshold).cell(s.held_out->choice.accuracy).cell(s.held_out->choice.auc)
                .cell(s.held_out->accuracy).cell(s.held_out->auc);
        table.end_row();
    }
    table.commit();
}

}    // namespace nonna
