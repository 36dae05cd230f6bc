#include "analysis/sweep.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

// How often each image is drawn: of either class as many as it has.
std::vector<std::uint32_t> draw(const std::vector<std::size_t> (&members)[2], std::size_t images, std::uint64_t seed,
                                std::uint64_t resample)
{
    std::vector<std::uint32_t> weights(images, 0);
    Random random(seed, Purpose::bootstrap, resample);
    for (const std::vector<std::size_t>& of_class : members)
        for (std::size_t i = 0; i < of_class.size(); ++i)
            ++weights[of_class[random.below(of_class.size())]];
    return weights;
}

// Between the 2.5th and the 97.5th of a hundred, linearly between ranks.
Interval middle(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        const double rank = share * double(values.size() - 1);
        const std::size_t below = std::size_t(rank), above = std::min(below + 1, values.size() - 1);
        return values[below] + (rank - double(below)) * (values[above] - values[below]);
    };
    return {at(0.025), at(0.975)};
}

}    // namespace

void bootstrap(const ResponseSource& source, const Labels& labels, const SweepOptions& options, int resamples,
               std::uint64_t seed, std::span<NeuronScore> scores, Pool& pool)
{
    const std::size_t images = labels.size(), splits = options.splits.size();
    std::vector<Ranking> rankings(scores.size());
    std::vector<std::size_t> finite;    // those with a response that is no number have no interval
    for (std::size_t k = 0; k < scores.size(); ++k)
        if (rankings[k].rank(responses_of(source, scores[k])))
            finite.push_back(k);
    // Of all images, and of the part that each split holds out: a class keeps its size in each.
    std::vector<Split> parts(1, Split(images, 0));
    parts.insert(parts.end(), options.splits.begin(), options.splits.end());
    const std::size_t values = 2 * (1 + (splits > 0));    // accuracy, AUC, held-out accuracy, held-out AUC
    std::vector<double> drawn(scores.size() * values * std::size_t(resamples), 0.0);
    Progress progress("bootstrap", std::uint64_t(resamples), "resamples");
    pool.for_each(std::size_t(resamples), [&](std::size_t r, int) {
        throw_if_interrupted();
        for (std::size_t p = 0; p < parts.size(); ++p) {
            std::vector<std::size_t> members[2];
            for (std::size_t i = 0; i < images; ++i)
                if (parts[p][i] == 0)
                    members[labels[i]].push_back(i);
            const ImageRoles roles = image_roles(labels, parts[p], 0);
            const std::vector<std::uint32_t> weights = draw(members, images, seed, r * parts.size() + p);
            for (const std::size_t k : finite) {
                const Score& detector = p == 0 ? scores[k].all : scores[k].held[p - 1].choice;
                const Ranking::Judged judged = rankings[k].judge(roles, detector, weights);
                const std::size_t at = (k * values + (p == 0 ? 0 : 2)) * std::size_t(resamples) + r;
                const double share = p == 0 ? 1 : 1 / double(splits);
                drawn[at] += share * judged.accuracy;
                drawn[at + std::size_t(resamples)] += share * judged.auc;
            }
        }
    });
    for (const std::size_t k : finite) {
        const auto interval = [&](std::size_t value) {
            const auto from = drawn.begin() + std::ptrdiff_t((k * values + value) * std::size_t(resamples));
            return middle({from, from + resamples});
        };
        NeuronScore::Intervals& all = scores[k].intervals.emplace();
        all.accuracy = interval(0);
        all.auc = interval(1);
        if (splits > 0) {
            all.held_accuracy = interval(2);
            all.held_auc = interval(3);
        }
    }
}

}    // namespace nonna
