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
constexpr std::size_t neurons_a_task = 256;

// Of one neuron and one view: all images, or a split. Cells: [choosing, held out][negative, positive].
struct Range {
    float least = std::numeric_limits<float>::infinity(), most = -least;    // over those that choose
};
struct Cells {
    // How many responses have so many thresholds below them, and (for -1) at or below them.
    std::uint32_t above[2][2][bins] = {}, reached[2][2][bins] = {};
};

struct Moments {
    double sum[2] = {0, 0}, squares[2] = {0, 0};
    bool finite = true;
};

// take(first image, images, (image, neuron)) over all of the source; the next images are read meanwhile.
template <class Take>
void each_batch(const ResponseSource& source, std::size_t layer, std::size_t first, std::size_t neurons, Take take)
{
    constexpr std::size_t piece = std::size_t{1} << 22;    // values
    const std::size_t rows = std::clamp<std::size_t>(piece / neurons, 1, source.images);
    const auto read = [&](std::size_t image) {
        std::vector<float> batch(std::min(rows, source.images - image) * neurons);
        source.read(layer, first, neurons, image, batch.size() / neurons, batch);
        return batch;
    };
    std::future<std::vector<float>> next = std::async(std::launch::async, read, 0);
    for (std::size_t image = 0; image < source.images; image += rows) {
        throw_if_interrupted();
        const std::vector<float> batch = next.get();
        if (image + rows < source.images)
            next = std::async(std::launch::async, read, image + rows);
        take(image, batch.size() / neurons, batch);
    }
}

// How many of the thresholds are below r (strictly), and how many at or below it? A guess by division, then by the
// thresholds themselves, so that the figures are the sorting way's to the last one.
void place(double r, double least, double most, int& strictly, int& at_or_below)
{
    const double step = (most - least) / bins;
    int k = step > 0 ? int(std::clamp((r - least) / step, 0.0, double(bins))) - 1 : 0;
    k = std::clamp(k, 0, sweep_thresholds);
    while (k < sweep_thresholds && sweep_threshold(least, most, k) < r)
        ++k;
    while (k > 0 && !(sweep_threshold(least, most, k - 1) < r))
        --k;
    strictly = k;
    while (k < sweep_thresholds && sweep_threshold(least, most, k) <= r)
        ++k;
    at_or_below = k;
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

// One block of neurons while its responses go by: what is known of each, view by view (0: all images; v: split v - 1).
//
// The range of a view must be known before a response can be placed among its thresholds, and the means before squared
// deviations can be summed without loss: hence two readings. Everything of a neuron is kept together and each task has
// neurons of its own, so that no counter is shared between threads and sums run in the images' order for any of them.
class BlockCount
{
  public:
    BlockCount(const ResponseSource& source, std::size_t layer, std::size_t first, std::size_t neurons,
               const Labels& labels, const SweepOptions& options, Pool& pool)
        : source_(source), layer_(layer), first_(first), neurons_(neurons), labels_(labels), options_(options),
          pool_(pool), ranges_(neurons * views_), cells_(neurons * views_), moments_(neurons)
    {
        for (const std::uint8_t label : labels)
            ++counts_[label];
    }

    // The first reading: ranges, sums, and whether all is finite.
    void find_ranges()
    {
        each_response([&](std::size_t image, std::size_t n, float r) {
            Moments& m = moments_[n];
            m.finite = m.finite && std::isfinite(r);
            m.sum[labels_[image]] += r;
            for (std::size_t v = 0; v < views_; ++v)
                if (chooses(v, image)) {
                    Range& range = ranges_[n * views_ + v];
                    range.least = std::min(range.least, r);
                    range.most = std::max(range.most, r);
                }
        });
    }

    // The second: a neuron with a response that is not finite has no thresholds, and is passed over.
    void count()
    {
        each_response([&](std::size_t image, std::size_t n, float r) {
            Moments& m = moments_[n];
            if (!m.finite)
                return;
            const int label = labels_[image];
            const double d = r - m.sum[label] / counts_[label];
            m.squares[label] += d * d;
            for (std::size_t v = 0; v < views_; ++v) {
                const Range& range = ranges_[n * views_ + v];
                Cells& c = cells_[n * views_ + v];
                const int held = !chooses(v, image);
                int strictly = 0, at_or_below = 0;
                place(r, range.least, range.most, strictly, at_or_below);
                ++c.above[held][label][strictly];
                ++c.reached[held][label][at_or_below];
            }
        });
    }

    void score(std::size_t n, NeuronScore& score) const
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const Moments& m = moments_[n];
        if (!m.finite) {
            score.all = Score::not_a_number();
            score.held.assign(options_.splits.size(), {score.all, nan, nan});
            return;
        }
        for (std::size_t v = 0; v < views_; ++v) {
            const Range& range = ranges_[n * views_ + v];
            const Cells& c = cells_[n * views_ + v];
            const Score chosen = choose(range, c.above[0], c.reached[0], options_.polarity);
            if (v == 0)
                score.all = chosen;
            else
                score.held.push_back({chosen, accuracy(range, c.above[1], c.reached[1], chosen), nan});
        }
        const double means[2] = {m.sum[0] / counts_[0], m.sum[1] / counts_[1]};
        score.all.dprime = score.all.polarity * discriminability(means, m.squares, counts_);
    }

  private:
    const ResponseSource& source_;
    std::size_t layer_, first_, neurons_;
    const Labels& labels_;
    const SweepOptions& options_;
    Pool& pool_;
    const std::size_t views_ = 1 + options_.splits.size();
    std::vector<Range> ranges_;    // (neuron, view)
    std::vector<Cells> cells_;
    std::vector<Moments> moments_;
    double counts_[2] = {0, 0};    // images of a label

    bool chooses(std::size_t view, std::size_t image) const
    {
        return view == 0 || options_.splits[view - 1][image] == 1;
    }

    // see(image, neuron of the block, response), -0 as 0.
    template <class See> void each_response(See see)
    {
        each_batch(source_, layer_, first_, neurons_,
                   [&](std::size_t at, std::size_t images, const std::vector<float>& batch) {
                       pool_.for_each((neurons_ + neurons_a_task - 1) / neurons_a_task, [&](std::size_t t, int) {
                           const std::size_t begin = t * neurons_a_task,
                                             end = std::min(begin + neurons_a_task, neurons_);
                           for (std::size_t i = 0; i < images; ++i)
                               for (std::size_t n = begin; n < end; ++n)
                                   see(at + i, n, batch[i * neurons_ + n] + 0.0f);
                       });
                   });
    }
};

}    // namespace

std::size_t sweep_counts_bytes(const SweepOptions& options)
{
    return (1 + options.splits.size()) * (sizeof(Range) + sizeof(Cells)) + sizeof(Moments);
}

void count_block(const ResponseSource& source, std::size_t layer, std::size_t first, const Labels& labels,
                 const SweepOptions& options, std::span<NeuronScore> scores, Pool& pool)
{
    BlockCount block(source, layer, first, scores.size(), labels, options, pool);
    block.find_ranges();
    block.count();
    for (std::size_t n = 0; n < scores.size(); ++n)
        block.score(n, scores[n]);
}

}    // namespace nonna
