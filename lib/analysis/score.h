// One neuron as a detector: 20 thresholds, accuracy, AUC, d', hits and false alarms; on all images or on some of them.
//
// Thresholds: the i-th (i = 1 .. 20) at min + (max - min) * i / 21, min and max over the images judged; a response
// above the threshold says yes. The score is the best accuracy; of thresholds equally good the lowest is kept. With
// either polarity a neuron may also say yes by falling silent, response < threshold; it does where that is right more
// often. Beside it, all of polarity * response:
//     AUC = P(r of a positive > r of a negative) + P(equal) / 2     (midranks: no threshold, no choice)
//     d'  = (m1 - m0) / sqrt((s1^2 + s0^2) / 2),                    s with n - 1
//     hit rate and false alarm rate: the shares of positives and of negatives that get a yes at the threshold
//     balanced accuracy = (hit rate + 1 - false alarm rate) / 2.
// A constant neuron says no to everything: accuracy the share of negatives, AUC 1/2, d' 0. d' is infinite where both
// classes are constant and differ, NaN where a class has one image only. A neuron with a response that is not a finite
// number has NaN for everything.
#pragma once

#include "base/names.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nonna
{

constexpr int sweep_thresholds = 20;

using Labels = std::vector<std::uint8_t>;    // 1 positive, 0 negative, one an image

enum class Polarity { positive, either };

template <>
inline constexpr auto names_of<Polarity> = names<Polarity>({
    {Polarity::positive, "positive"},
    {Polarity::either, "either"},
});

struct Score {
    int polarity = 1;    // -1: yes below the threshold
    double threshold = 0, accuracy = 0, auc = 0, dprime = 0, hit_rate = 0, false_alarm_rate = 0;

    double balanced_accuracy() const { return (hit_rate + 1 - false_alarm_rate) / 2; }
    static Score not_a_number();
    // From what is at or below each threshold (polarity 1) and below it (-1), positives and negatives:
    // [threshold][label]
    using Counts = std::uint64_t[sweep_thresholds][2];
    void choose(const double (&thresholds)[sweep_thresholds], const Counts& at_or_below, const Counts& below,
                std::uint64_t positives, std::uint64_t negatives, Polarity);
};

inline double sweep_threshold(double least, double most, int i)    // i from 0
{
    return least + (most - least) * (i + 1) / (sweep_thresholds + 1);
}

// Each image's part in a judgement.
enum class ImageRole : std::uint8_t { none, negative, positive };
using ImageRoles = std::vector<ImageRole>;
// Of the images i with part[i] == wanted; an empty part: of all.
ImageRoles image_roles(std::span<const std::uint8_t> labels, std::span<const std::uint8_t> part = {},
                       std::uint8_t wanted = 0);

// A neuron's images in the order of its responses: sorted once, judged as often as there are subsets.
class Ranking
{
  public:
    // Not finite: false, and nothing else may be asked.
    bool rank(std::span<const float> responses);

    // Of the images that have a role, both classes among them. d' is left 0.
    Score score(const ImageRoles& roles, Polarity) const;
    // Accuracy at a given threshold, and AUC, of the same; `weights`, one an image, count an image several times.
    struct Judged {
        double accuracy = 0, auc = 0;
    };
    Judged judge(const ImageRoles& roles, const Score& detector, std::span<const std::uint32_t> weights = {}) const;

  private:
    struct Walk;
    using Keys = std::vector<std::uint64_t>;
    Keys keys_, spare_;    // ordered response << 32 | image
};

// d' of all responses for polarity 1.
double discriminability(std::span<const float> responses, std::span<const std::uint8_t> labels);
// The same of d.size() neurons, a few at a time: (neuron, image).
void discriminability(const float* responses, std::span<const std::uint8_t> labels, std::span<double> d);
// From the classes' means and sums of squared deviations.
double discriminability(const double (&means)[2], const double (&squares)[2], const double (&counts)[2]);

// Everything, of all images; both classes must be there.
Score score_neuron(std::span<const float> responses, std::span<const std::uint8_t> labels,
                   Polarity polarity = Polarity::positive);

}    // namespace nonna
