// Notices, while it begins, that a stage diverges: that its steps are too long, and its cost rises again.
//
// Costs of a stage say little by themselves, as its input changes while the stages below learn. So it is the cost over
// |x|^2 that is watched, as means over 50 steps, in which the noise of batches is small: a stage whose mean lies by a
// quarter above the lowest so far, or above the first step's, and that still rises within these steps, is diverging.
// Where stages learn jointly, one may give way to another, and it is the network's whole cost that is watched. Each is
// named once a run.
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
    explicit DivergenceWatch(int stages) : watched_(std::size_t(stages) + 1) {}

    // Takes in the costs of a step, which was joint or not. What to tell people, where a stage begins to diverge.
    std::optional<std::string> see(const std::vector<StageCost>& costs, bool joint);

  private:
    struct Watched {
        double cost = 0, input = 0;    // sums over the present block
        double first_half = 0;         // the mean of its first half
        double lowest = 0;             // 0: none yet
        int seen = 0;                  // steps of the present block
        bool named = false;
    };
    std::vector<Watched> watched_;    // the stages, and the network

    static std::optional<std::string> see(Watched& w, double cost, double input, const std::string& name);
};

}    // namespace nonna
