#include "analysis/sweep.h"

#include "analysis/sweep_counts.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>

namespace nonna
{

namespace
{

// A contiguous part of one layer's neurons.
struct Block {
    std::size_t layer = 0, first = 0, count = 0;
    std::size_t at = 0;    // of its first neuron among all
};

// Blocks of at most so many neurons, at least one.
std::vector<Block> plan_blocks(const ResponseSource& source, std::size_t most)
{
    std::vector<Block> blocks;
    std::size_t at = 0;
    for (std::size_t l = 0; l < source.layers.size(); ++l)
        for (std::size_t first = 0, size = source.layers[l].shape.size(); first < size;) {
            const std::size_t count = std::min(std::max<std::size_t>(most, 1), size - first);
            blocks.push_back({l, first, count, at});
            first += count;
            at += count;
        }
    return blocks;
}

// A block's responses as (neuron, image): some images are read at a time, tile by tile turned.
void read_turned(const ResponseSource& source, const Block& block, std::vector<float>& turned)
{
    constexpr std::size_t piece = std::size_t{1} << 21;    // values
    const std::size_t rows = std::clamp<std::size_t>(piece / block.count, 1, source.images);
    turned.resize(block.count * source.images);
    std::vector<float> read(rows * block.count);
    for (std::size_t first = 0; first < source.images; first += rows) {
        throw_if_interrupted();
        const std::size_t count = std::min(rows, source.images - first);
        source.read(block.layer, block.first, block.count, first, count, std::span(read).first(count * block.count));
        constexpr std::size_t tile = 32;
        for (std::size_t n0 = 0; n0 < block.count; n0 += tile)
            for (std::size_t i0 = 0; i0 < count; i0 += tile)
                for (std::size_t n = n0; n < std::min(n0 + tile, block.count); ++n)
                    for (std::size_t i = i0; i < std::min(i0 + tile, count); ++i)
                        turned[n * source.images + first + i] = read[i * block.count + n];
    }
}

// The images' roles on all, and those that choose and those held out of each split.
struct Judgements {
    ImageRoles all;
    std::vector<std::pair<ImageRoles, ImageRoles>> splits;
};

void score_block(const std::vector<float>& turned, std::size_t images, const Labels& labels,
                 const Judgements& judgements, Polarity polarity, std::span<NeuronScore> scores, Pool& pool)
{
    constexpr std::size_t several = 16;    // neurons of a task
    std::vector<Ranking> rankings(std::size_t(pool.threads()));
    const auto judge = [&](NeuronScore& score, Ranking& ranking, std::span<const float> responses, double dprime) {
        if (!ranking.rank(responses)) {
            score.all = Score::not_a_number();
            const double nan = score.all.auc;
            score.held.assign(judgements.splits.size(), {score.all, nan, nan});
            return;
        }
        score.all = ranking.score(judgements.all, polarity);
        score.all.dprime = score.all.polarity * dprime;
        for (const auto& [choosing, judging] : judgements.splits) {
            HeldOut& held = score.held.emplace_back();
            held.choice = ranking.score(choosing, polarity);
            const Ranking::Judged judged = ranking.judge(judging, held.choice);
            held.accuracy = judged.accuracy;
            held.auc = judged.auc;
        }
    };
    pool.for_each((scores.size() + several - 1) / several, [&](std::size_t task, int thread) {
        throw_if_interrupted();
        const std::size_t first = task * several, count = std::min(several, scores.size() - first);
        double dprime[several];
        discriminability(&turned[first * images], labels, std::span(dprime, count));
        for (std::size_t n = 0; n < count; ++n)
            judge(scores[first + n], rankings[std::size_t(thread)],
                  std::span(turned).subspan((first + n) * images, images), dprime[n]);
    });
}

double mean_over(const std::vector<HeldOut>& held, double (*value)(const HeldOut&))
{
    double sum = 0;
    for (const HeldOut& h : held)
        sum += value(h);
    return sum / double(held.size());
}

}    // namespace

double NeuronScore::choice_accuracy() const
{
    return mean_over(held, [](const HeldOut& h) { return h.choice.accuracy; });
}
double NeuronScore::choice_auc() const
{
    return mean_over(held, [](const HeldOut& h) { return h.choice.auc; });
}
Merit NeuronScore::merit() const
{
    return held.empty() ? Merit{all.accuracy, all.auc} : Merit{choice_accuracy(), choice_auc()};
}
double NeuronScore::held_accuracy() const
{
    return mean_over(held, [](const HeldOut& h) { return h.accuracy; });
}
double NeuronScore::held_auc() const
{
    return mean_over(held, [](const HeldOut& h) { return h.auc; });
}

double guess(const Labels& labels)
{
    const double positive = double(std::count(labels.begin(), labels.end(), 1)) / double(labels.size());
    return std::max(positive, 1 - positive);
}

double held_guess(const Labels& labels, std::span<const Split> splits)
{
    double mean = 0;
    for (const Split& split : splits) {
        Labels judging;
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (split[i] == 0)
                judging.push_back(labels[i]);
        mean += guess(judging) / double(splits.size());
    }
    return mean;
}

// As many neurons at a time as the memory holds, each block read while the one before it is scored.
std::vector<NeuronScore> sweep(const ResponseSource& source, const Labels& labels, const SweepOptions& options,
                               Pool& pool)
{
    if (labels.size() != source.images)
        throw Error(source.name,
                    std::to_string(source.images) + " images, but " + std::to_string(labels.size()) + " labels");
    check_classes(labels, {}, 0, source.name);

    std::vector<NeuronScore> scores;
    for (std::size_t l = 0; l < source.layers.size(); ++l) {
        const Shape& shape = source.layers[l].shape;
        for (int row = 0; row < shape.rows; ++row)
            for (int column = 0; column < shape.columns; ++column)
                for (int map = 0; map < shape.maps; ++map)
                    scores.push_back({l, row, column, map, {}, {}, {}});
    }
    const std::size_t memory = options.memory - std::min(options.memory, source.held);
    Progress progress("sweep", scores.size(), "neurons");
    if (!options.auc) {
        const std::size_t room = memory / sweep_counts_bytes(options);
        for (const Block& block : plan_blocks(source, room)) {
            count_block(source, block.layer, block.first, labels, options,
                        std::span(scores).subspan(block.at, block.count), pool);
            progress.advance(block.count);
        }
        return scores;
    }
    const std::size_t bytes = source.images * sizeof(float);    // of a neuron
    std::vector<Block> blocks = plan_blocks(source, memory / bytes);
    if (blocks.size() > source.layers.size())    // some layer is in pieces: two of them are held at a time
        blocks = plan_blocks(source, memory / 2 / bytes);
    Judgements judgements{image_roles(labels), {}};
    for (const Split& split : options.splits)
        judgements.splits.emplace_back(image_roles(labels, split, 1), image_roles(labels, split, 0));
    std::vector<float> turned, coming;
    const auto read = [&](std::size_t b) {
        return std::async(std::launch::async, [&, b] { read_turned(source, blocks[b], coming); });
    };
    std::future<void> next = read(0);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        next.get();
        turned.swap(coming);
        if (b + 1 < blocks.size())
            next = read(b + 1);
        score_block(turned, source.images, labels, judgements, options.polarity,
                    std::span(scores).subspan(blocks[b].at, blocks[b].count), pool);
        progress.advance(blocks[b].count);
    }
    return scores;
}

void sort_best_first(std::vector<NeuronScore>& scores, ChooseBy by)
{
    std::stable_sort(scores.begin(), scores.end(),
                     [by](const NeuronScore& a, const NeuronScore& b) { return better(a.merit(), b.merit(), by); });
}

std::vector<std::size_t> chosen_by_splits(std::span<const NeuronScore> scores, ChooseBy by)
{
    std::vector<std::size_t> chosen(scores.empty() ? 0 : scores.front().held.size(), 0);
    for (std::size_t s = 0; s < chosen.size(); ++s)
        for (std::size_t k = 1; k < scores.size(); ++k) {
            const Score &a = scores[k].held[s].choice, &b = scores[chosen[s]].held[s].choice;
            if (better({a.accuracy, a.auc}, {b.accuracy, b.auc}, by))
                chosen[s] = k;
        }
    return chosen;
}

std::vector<float> responses_of(const ResponseSource& source, const NeuronScore& score)
{
    const Shape& shape = source.layers[score.layer].shape;
    const std::size_t neuron =
        (std::size_t(score.row) * shape.columns + score.column) * shape.maps + std::size_t(score.map);
    std::vector<float> responses(source.images);
    source.read(score.layer, neuron, 1, 0, source.images, responses);
    return responses;
}

std::string neuron_text(const ResponseSource& source, const NeuronScore& score)
{
    return source.layers[score.layer].name + "/" + std::to_string(score.row) + "," + std::to_string(score.column) +
           "," + std::to_string(score.map);
}

}    // namespace nonna
