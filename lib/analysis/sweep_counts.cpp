#include "analysis/sweep_counts.h"

#include "base/interrupt.h"
#include "base/parallel.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>

namespace nonna
{

namespace
{

constexpr int bins = sweep_thresholds + 1;
constexpr std::size_t group = 256;    // neurons of a task: what is kept of them stays in its processor's cache

// Of one neuron and one view (all images, or a split), over the images that choose.
struct Range {
    float least = std::numeric_limits<float>::infinity(), most = -least;
};
// How many responses have so many thresholds below them, and (for polarity -1) at or below them: [choosing, held out]
// [negative, positive].
using Counts = std::uint32_t[2][2][bins];

// What is kept of a group of neurons, neuron innermost, so that a picture's responses are worked on many at a time.
struct View {
    float least[group], most[group];
    // Where a response lies among the thresholds: (response - start) * scale, to within `margin` of a bin.
    float start[group], scale[group], margin[group];
    std::uint32_t above[2][2][group][bins + 1] = {};    // the last bin: not yet known
    // What a response that equals a threshold adds to `reached`, beyond what `above` says.
    std::int32_t equal[2][2][group][bins] = {};

    View()
    {
        std::fill(least, least + group, Range().least);
        std::fill(most, most + group, Range().most);
    }
};
struct Moments {
    double sum[2][group] = {}, mean[2][group], squares[2][group] = {};

    // A sum of floats in double cannot overflow: one that is not finite has met such a response.
    bool finite(std::size_t n) const { return std::isfinite(sum[0][n] + sum[1][n]); }
};

// take(first image, images, (image, neuron)) over all of the source; the next images are read meanwhile.
template <class Take>
void each_batch(const ResponseSource& source, std::size_t layer, std::size_t first, std::size_t neurons, Take take)
{
    constexpr std::size_t piece = std::size_t{1} << 22;    // values
    const std::size_t rows = std::clamp<std::size_t>(piece / neurons, 1, source.images);
    std::vector<float> batch(rows * neurons), coming(rows * neurons);
    const auto read = [&](std::size_t image) {
        const std::size_t images = std::min(rows, source.images - image);
        source.read(layer, first, neurons, image, images, std::span(coming).first(images * neurons));
    };
    std::future<void> next = std::async(std::launch::async, read, 0);
    for (std::size_t image = 0; image < source.images; image += rows) {
        throw_if_interrupted();
        next.get();
        batch.swap(coming);
        if (image + rows < source.images)
            next = std::async(std::launch::async, read, image + rows);
        take(image, std::min(rows, source.images - image), batch);
    }
}

// How many of the thresholds are below r (strictly), and how many at or below it: by the thresholds themselves, so that
// the figures are the sorting way's to the last one.
void place(double r, double least, double most, int& strictly, int& at_or_below)
{
    strictly = 0;
    if (least == most) {
        strictly = r > least ? sweep_thresholds : 0;
        at_or_below = r >= least ? sweep_thresholds : 0;
        return;
    }
    while (strictly < sweep_thresholds && sweep_threshold(least, most, strictly) < r)
        ++strictly;
    at_or_below = strictly;
    while (at_or_below < sweep_thresholds && sweep_threshold(least, most, at_or_below) <= r)
        ++at_or_below;
}

Score choose(const Range& range, const std::uint32_t (&above)[2][bins], const std::uint32_t (&reached)[2][bins],
             Polarity polarity)
{
    double thresholds[sweep_thresholds];
    Score::Counts at_or_below = {}, below = {};
    std::uint64_t sums[2][2] = {};    // [above, reached][label]
    for (int i = 0; i < sweep_thresholds; ++i) {
        thresholds[i] = sweep_threshold(range.least, range.most, i);
        for (const int label : {0, 1}) {
            at_or_below[i][label] = sums[0][label] += above[label][i];    // not more than i thresholds below it
            below[i][label] = sums[1][label] += reached[label][i];
        }
    }
    Score score;
    score.choose(thresholds, at_or_below, below, sums[0][1] + above[1][bins - 1], sums[0][0] + above[0][bins - 1],
                 polarity);
    score.auc = std::numeric_limits<double>::quiet_NaN();
    return score;
}

// The accuracy, on the counted, of a detector whose threshold is among the view's.
double accuracy(const Range& range, const std::uint32_t (&above)[2][bins], const std::uint32_t (&reached)[2][bins],
                const Score& detector)
{
    int i = 0;
    while (sweep_threshold(range.least, range.most, i) != detector.threshold)
        ++i;
    std::uint64_t right = 0, all = 0;
    for (int k = 0; k < bins; ++k)
        for (const int label : {0, 1}) {
            const std::uint32_t n = detector.polarity > 0 ? above[label][k] : reached[label][k];
            all += n;
            if ((k > i) == ((label == 1) == (detector.polarity > 0)))
                right += n;
        }
    return double(right) / double(all);
}

// A group of neurons while its responses go by: what is known of each, view by view (0: all images; v: split v - 1).
//
// The range of a view must be known before a response can be placed among its thresholds, and the means before squared
// deviations can be summed without loss: hence two readings. A group is one task's alone, so that no counter is shared
// between threads and sums run in the images' order for any number of them.
class Group
{
  public:
    explicit Group(std::size_t views) : views_(views) {}

    // The first reading: ranges and sums. `row`: the group's responses to one image.
    void find_ranges(const float* row, std::size_t neurons, int label, const std::vector<bool>& chooses)
    {
        double* sum = moments_.sum[label];
        for (std::size_t n = 0; n < neurons; ++n)
            sum[n] += row[n];
        for (std::size_t v = 0; v < views_.size(); ++v)
            if (chooses[v]) {
                View& view = views_[v];
                for (std::size_t n = 0; n < neurons; ++n) {
                    const float r = row[n] + 0.0f;    // -0 as 0
                    view.least[n] = r < view.least[n] ? r : view.least[n];
                    view.most[n] = r > view.most[n] ? r : view.most[n];
                }
            }
    }

    // Between the readings. Of a neuron without a usable scale (constant, or of immense or minute responses) no bin is
    // known within a margin of 1: all its responses are placed by the thresholds.
    void ranges_are_known(const double (&counts)[2])
    {
        for (std::size_t n = 0; n < group; ++n) {
            for (const int label : {0, 1})
                moments_.mean[label][n] = moments_.sum[label][n] / counts[label];
            for (View& view : views_) {
                const double width = double(view.most[n]) - view.least[n], scale = bins / width;
                const bool usable = width < std::numeric_limits<float>::max() / 4 &&
                                    scale < std::numeric_limits<float>::max() / 4 &&
                                    scale > std::numeric_limits<float>::min();
                view.start[n] = usable ? view.least[n] : 0;
                view.scale[n] = usable ? float(scale) : 0;
                view.margin[n] = usable ? 1e-4f : 1;    // rounding takes less than 1e-5 of a bin
            }
        }
    }

    // The second reading: counts and squared deviations.
    void count(const float* row, std::size_t neurons, int label, const std::vector<bool>& chooses)
    {
        const double* mean = moments_.mean[label];
        double* squares = moments_.squares[label];
        for (std::size_t n = 0; n < neurons; ++n) {
            const double d = row[n] - mean[n];
            squares[n] += d * d;
        }
        for (std::size_t v = 0; v < views_.size(); ++v) {
            View& view = views_[v];
            const int held = !chooses[v];
            auto& above = view.above[held][label];
            std::int32_t bin[group];
            int unknown = 0;
            for (std::size_t n = 0; n < neurons; ++n) {
                const float place = (row[n] - view.start[n]) * view.scale[n];
                // Below the first threshold, at 1, and above the last, at 20, there is only one bin.
                const float within = place >= 0.5f ? (place <= bins - 0.5f ? place : bins - 0.5f) : 0.5f;
                const std::int32_t k = std::int32_t(within);
                const float into = within - float(k), margin = view.margin[n];
                const bool known = (into > margin) & (into < 1 - margin);
                bin[n] = known ? k : bins;
                unknown |= !known;
            }
            for (std::size_t n = 0; n < neurons; ++n)
                ++above[n][bin[n]];
            if (unknown)
                for (std::size_t n = 0; n < neurons; ++n)
                    if (bin[n] == bins)
                        count_by_thresholds(view, held, label, n, row[n]);
        }
    }

    void score(std::size_t n, const double (&counts)[2], const SweepOptions& options, NeuronScore& score) const
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        if (!moments_.finite(n)) {
            score.all = Score::not_a_number();
            score.held.assign(options.splits.size(), {score.all, nan, nan});
            return;
        }
        for (std::size_t v = 0; v < views_.size(); ++v) {
            const View& view = views_[v];
            const Range range{view.least[n], view.most[n]};
            Counts above, reached;
            for (const int held : {0, 1})
                for (const int label : {0, 1})
                    for (int k = 0; k < bins; ++k) {
                        above[held][label][k] = view.above[held][label][n][k];
                        reached[held][label][k] = above[held][label][k] + std::uint32_t(view.equal[held][label][n][k]);
                    }
            const Score chosen = choose(range, above[0], reached[0], options.polarity);
            if (v == 0)
                score.all = chosen;
            else
                score.held.push_back({chosen, accuracy(range, above[1], reached[1], chosen), nan});
        }
        const double means[2] = {moments_.mean[0][n], moments_.mean[1][n]},
                     squares[2] = {moments_.squares[0][n], moments_.squares[1][n]};
        score.all.dprime = score.all.polarity * discriminability(means, squares, counts);
    }

  private:
    std::vector<View> views_;
    Moments moments_;

    void count_by_thresholds(View& view, int held, int label, std::size_t n, float r)
    {
        if (!moments_.finite(n))    // it has no thresholds
            return;
        int strictly = 0, at_or_below = 0;
        place(r, view.least[n], view.most[n], strictly, at_or_below);
        ++view.above[held][label][n][strictly];
        --view.equal[held][label][n][strictly];
        ++view.equal[held][label][n][at_or_below];
    }
};

}    // namespace

std::size_t sweep_counts_bytes(const SweepOptions& options)
{
    return ((1 + options.splits.size()) * sizeof(View) + sizeof(Moments)) / group;
}

void count_block(const ResponseSource& source, std::size_t layer, std::size_t first, const Labels& labels,
                 const SweepOptions& options, std::span<NeuronScore> scores, Pool& pool)
{
    const std::size_t neurons = scores.size(), views = 1 + options.splits.size();
    std::vector<Group> groups((neurons + group - 1) / group, Group(views));
    double counts[2] = {0, 0};
    for (const std::uint8_t label : labels)
        ++counts[label];
    const auto size = [&](std::size_t g) { return std::min(group, neurons - g * group); };
    const auto each_row = [&](auto see) {    // see(group, its responses, how many, label, in which views it chooses)
        each_batch(source, layer, first, neurons,
                   [&](std::size_t at, std::size_t images, const std::vector<float>& batch) {
                       pool.for_each(groups.size(), [&](std::size_t g, int) {
                           std::vector<bool> chooses(views, true);
                           for (std::size_t i = 0; i < images; ++i) {
                               for (std::size_t v = 1; v < views; ++v)
                                   chooses[v] = options.splits[v - 1][at + i] == 1;
                               see(groups[g], &batch[i * neurons + g * group], size(g), labels[at + i], chooses);
                           }
                       });
                   });
    };
    each_row([](Group& g, const auto&... of_row) { g.find_ranges(of_row...); });
    for (Group& g : groups)
        g.ranges_are_known(counts);
    each_row([](Group& g, const auto&... of_row) { g.count(of_row...); });
    for (std::size_t n = 0; n < neurons; ++n)
        groups[n / group].score(n % group, counts, options, scores[n]);
}

}    // namespace nonna
