// Who chooses and who judges: the best of many neurons, chosen and scored on the same images, flatters, for some are
// good there by luck. A split cuts the set in two: neuron and threshold are chosen on one part and scored on the other,
// which had no say.
//
// Parts are drawn class by class by a seeded shuffle, so that each has the set's prior; or they are the halves that the
// set itself names, so that nobody is in both.
#pragma once

#include "analysis/score.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

using Split = std::vector<std::uint8_t>;    // one an image: 1 chooses, 0 is held out

// 1 for the images that choose, 0 for those that are held out.
Split choosing_half(const Labels& labels, std::uint64_t seed);

// Of a set that was split in "a", which chooses, and "b". Empty when no image names its half; Error when only some do.
Split recorded_half(std::span<const std::optional<std::string>> halves, const std::string& subject);

// folds = 0: none. 1: one split, `recorded` or by seed: a half chooses, the other judges. K > 1: the set is cut in K
// parts (2: the halves) and each is held out in turn. Error (usage) where K > 2 would tear recorded halves; Error where
// a part has no image of a class.
std::vector<Split> make_splits(const Labels& labels, int folds, const Split& recorded, std::uint64_t seed,
                               const std::string& subject);

// Error unless both classes are among the images with part[i] == wanted (all of them where part is empty).
void check_classes(const Labels& labels, const Split& part, std::uint8_t wanted, const std::string& subject);

// From text: `positive` says yes; where it is "1" every other label must be "0". Error, naming the image, counted from
// `first` on, when one is missing.
Labels read_labels(std::span<const std::optional<std::string>> labels, const std::string& positive,
                   const std::string& subject, std::size_t first = 0);
Labels read_label_table(const std::string& path, const std::string& positive);    // TSV, column `label`

}    // namespace nonna
