// Who chooses and who judges: the best of many neurons, chosen and scored on the same images, flatters, for some are
// good there by luck. A split cuts the set in two: neuron and threshold are chosen on one part and scored on the other,
// which had no say.
//
// Parts are drawn class by class by a seeded shuffle, so that each has the set's prior; or they are parts that the set
// itself names (`half` of its samples' json, a and b or more), so that nobody is in two. Of these one or more choose
// and one or more judge; samples of all others are left out before they are looked at.
#pragma once

#include "analysis/score.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

using Split = std::vector<std::uint8_t>;    // one an image: 1 chooses, 0 is held out

// 1 for the images that choose, 0 for those that are held out.
Split choosing_half(const Labels& labels, std::uint64_t seed);

// Which of a set's parts choose and judge, while its samples go by.
class RecordedParts
{
  public:
    RecordedParts() = default;    // nobody is held out: every sample is kept, and there is no split
    // "X:Y": X chooses, Y judges, each one part or several with + between, as in "a+b:c"; empty: a and b, where the set
    // names parts. Error (usage) for anything else, and for a part that stands there twice.
    explicit RecordedParts(const std::string& text);

    // Is a sample of this part (none: it names none) wanted?
    bool keep(const std::optional<std::string>& part);
    // 1 for the kept that choose, 0 for those that judge, by the parts they name; empty when no sample named one. Error
    // when only some of the kept do, when the set lacks one of these parts, or when parts were asked for by name and
    // it has none.
    Split split(std::span<const std::optional<std::string>> kept, const std::string& subject) const;

  private:
    bool held_out_ = false, by_name_ = false;
    std::set<std::string> choose_{"a"}, judge_{"b"}, seen_;
};

// folds = 0: none. 1: one split, `recorded` or by seed: a half chooses, the other judges. K > 1: the set is cut in K
// parts (2: the halves) and each is held out in turn. Error (usage) where K > 2 would tear recorded halves; Error where
// a part has no image of a class.
std::vector<Split> make_splits(const Labels& labels, int folds, const Split& recorded, std::uint64_t seed,
                               const std::string& subject);

// Error unless both classes are among the images with part[i] == wanted (all of them where part is empty).
void check_classes(const Labels& labels, const Split& part, std::uint8_t wanted, const std::string& subject);

// Labels from text, a batch of images after another: `positive` says yes; where it is "1" every other label must be
// "0". Error, naming the image, when one is missing.
class LabelReader
{
  public:
    LabelReader(std::string positive, std::string subject);
    void read(std::span<const std::optional<std::string>> labels);
    // Those of all images so far. Error, naming the labels that are there, when another than "1" was sought and none is
    // it.
    const Labels& labels() const;

  private:
    std::string positive_, subject_;
    std::map<std::string, std::size_t> counts_;
    Labels labels_;
};

// Of all images at once.
Labels read_labels(std::span<const std::optional<std::string>> labels, const std::string& positive,
                   const std::string& subject);
Labels read_label_table(const std::string& path, const std::string& positive);    // TSV, column `label`

}    // namespace nonna
