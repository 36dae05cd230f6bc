// To each positive a distractor that looks like it, low-level: what then tells the two apart is what they show.
//
// Model to hold in mind: every positive and every candidate is a point, its low-level look (media/low_level_look.h); a
// positive takes the nearest candidate of its own part of the split, each candidate once. What "near" means is fitted
// on the part that chooses alone, the first of two, a for b and c for d, so that no part is looked at before it is
// scored:
//     z(x)    the look standardised by mean and deviation of the choosing part's candidates
//     r1(x)   score of the rule (dataset/look_rule.h) that tells the choosing part's positives from its candidates,
//             divided by its deviation over both
//     r2, r3  the same of the choosing part's pairs, matched by r1, and by r1 and r2: what is left to tell them apart
//     d(x, y)^2 = sum over the rules of (2 (r(x) - r(y)))^2
//                 + sum over the 8 numbers of z that are not blur of (0.6 (z(x) - z(y)))^2
// Positives take turns in a seeded order, and one whose nearest free candidate is at d = 2 or beyond is left without.
// At most a quarter of a part's positives, rounded down, may be dropped: where more would be, those with the nearest of
// the candidates still free are matched anyway, and counted.
//
// Whether it worked is told by a rule fitted anew: for every part but the first, on the matched pictures of the part
// before it (a rule with the scales of those pictures), its AUC on this part's matched pictures; and before matching
// likewise, on all positives and all candidates.
#pragma once

#include "media/low_level_look.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct LookOfPart {
    LowLevelLook look{};
    std::size_t part = 0;
};

struct PartMatch {
    std::size_t positives = 0, matched = 0, taken_anyway = 0;    // taken_anyway: of the matched
    std::optional<double> auc_before = {}, auc_after = {};       // none in the first part
};

struct Matching {
    std::vector<std::optional<std::size_t>> partners;    // of each positive: the number of its candidate
    std::vector<PartMatch> parts;
};

// Error(subject) where a part has too few candidates for three quarters of its positives.
Matching match_looks(const std::vector<LookOfPart>& positives, const std::vector<LookOfPart>& candidates,
                     std::size_t parts, std::uint64_t seed, const std::string& subject);

}    // namespace nonna
