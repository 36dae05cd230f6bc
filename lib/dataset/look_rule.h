// How well looks alone tell two classes apart: a linear rule over low-level looks (media/low_level_look.h).
//
// Looks are standardised, X, by the mean and standard deviation (+ 1e-6) of each number over the looks that `scales`
// was made from. The rule is a ridge regression on the label y (1 and 0):  w = (X'X + 50 I)^-1 X'(y - mean of y);  its
// score is X w. AUC: the share of pairs of one of each class in which the positive scores higher, ties counted half.
#pragma once

#include "media/low_level_look.h"

#include <vector>

namespace nonna
{

struct LookScales {
    LowLevelLook mean{}, deviation{};

    explicit LookScales(const std::vector<LowLevelLook>& looks);
    LowLevelLook standardised(const LowLevelLook& look) const;
};

struct LookRule {
    LookScales scales;
    LowLevelLook weights{};

    LookRule(const LookScales& scales, const std::vector<LowLevelLook>& positives,
             const std::vector<LowLevelLook>& negatives);
    double score(const LowLevelLook& look) const;
    double auc(const std::vector<LowLevelLook>& positives, const std::vector<LowLevelLook>& negatives) const;
};

double auc(std::vector<double> positives, std::vector<double> negatives);

}    // namespace nonna
