// Notices, while it begins, that a stage diverges: that its steps are too long, and its cost rises again.
//
// Costs of a stage say little by themselves, as its input changes while the stages below learn. So it is the cost over
// |x|^2 that is watched, as means over blocks of 10 steps: where five blocks running each lie above the one before, and
// the last by more than a tenth above the lowest so far, the stage has been rising for 50 steps. Each stage is named
// once a run.
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
        double cost = 0, input = 0;       // sums over the block so far
        double before = 0, lowest = 0;    // means of the block before, and the lowest; 0: none yet
        double from = 0;                  // where the present rise began
        int rising = 0;                   // blocks
        bool named = false;
    };
    std::vector<Watched> stages_;
    int seen_ = 0;    // steps of the present block
};

}    // namespace nonna
