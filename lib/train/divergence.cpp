#include "train/divergence.h"

#include <algorithm>
#include <cstdio>

namespace nonna
{

namespace
{

constexpr int block = 10, most_rising = 5;
constexpr double least_rise = 1.1;

}    // namespace

std::optional<std::string> DivergenceWatch::see(const std::vector<StageCost>& costs)
{
    std::optional<std::string> message;
    const bool whole = ++seen_ == block;
    if (whole)
        seen_ = 0;
    for (std::size_t s = 0; s < stages_.size(); ++s) {
        Watched& w = stages_[s];
        w.cost += costs[s].total;
        w.input += costs[s].input;
        if (!whole)
            continue;
        const double mean = w.input > 0 ? w.cost / w.input : 0;
        w.cost = w.input = 0;
        const bool rises = w.before > 0 && mean > w.before;
        if (!rises)
            w.from = mean;
        w.rising = rises ? w.rising + 1 : 0;
        w.lowest = w.lowest > 0 ? std::min(w.lowest, mean) : mean;
        w.before = mean;
        if (w.named || w.rising < most_rising || mean < least_rise * w.lowest)
            continue;
        w.named = true;
        char text[200];
        std::snprintf(text, sizeof text,
                      "stage %zu begins to diverge: its cost over |x|^2 has risen for %d steps, from %.3g to %.3g; a "
                      "lower --rate may help",
                      s + 1, w.rising * block, w.from, mean);
        message = message ? *message + "; " + text : text;
    }
    return message;
}

}    // namespace nonna
