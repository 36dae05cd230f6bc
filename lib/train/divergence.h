// Notices, while it begins, that a stage diverges: that its steps are too long, and its cost rises again.
//
// Costs of a stage say little by themselves, as its input changes while the stages below learn. So it is the cost over
// |x|^2 that is watched, as means over 50 steps, in which the noise of batches is small: a stage whose mean lies by a
// quarter above the lowest so far, or above the first step's, and that still rises within these steps, is diverging:
// the cost of a trained stage also rises where it begins to learn jointly, and comes back. Each is named once a run.
#pragma once

#include "model/stage.h"

#include <optional>
#include <string>
#include <vector>

namespace nonna
{

class DivergenceWatch
{
  public:
    explicit DivergenceWatch(int stages) : stages_(std::size_t(stages)) {}

    // Takes in a step's costs. What to tell people, where a stage begins to diverge.
    std::optional<std::string> see(const std::vector<StageCost>& costs);

  private:
    struct Watched {
        double cost = 0, input = 0;    // sums over the present block
        double first_half = 0;         // the mean of its first half
        double lowest = 0;             // 0: none yet
        bool named = false;
    };
    std::vector<Watched> stages_;
    int seen_ = 0;    // steps of the present block
};

}    // namespace nonna
