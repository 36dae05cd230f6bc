#include "train/divergence.h"

#include <algorithm>
#include <cstdio>

namespace nonna
{

namespace
{

constexpr int block = 50, half = block / 2;
constexpr double most_rise = 1.25;

double over_input(double cost, double input) { return input > 0 ? cost / input : 0; }

}    // namespace

std::optional<std::string> DivergenceWatch::see(const std::vector<StageCost>& costs)
{
    std::optional<std::string> message;
    const bool whole = ++seen_ == block, in_half = seen_ == half;
    if (whole)
        seen_ = 0;
    for (std::size_t s = 0; s < stages_.size(); ++s) {
        Watched& w = stages_[s];
        if (w.lowest == 0)
            w.lowest = over_input(costs[s].total, costs[s].input);
        w.cost += costs[s].total;
        w.input += costs[s].input;
        if (in_half)
            w.first_half = over_input(w.cost, w.input);
        if (!whole)
            continue;
        const double mean = over_input(w.cost, w.input);
        const bool rises = mean > w.first_half;
        w.cost = w.input = 0;
        if (!w.named && w.lowest > 0 && rises && mean > most_rise * w.lowest) {
            w.named = true;
            char text[200];
            std::snprintf(
                text, sizeof text,
                "stage %zu begins to diverge: its cost over |x|^2 has risen from %.3g to %.3g, the mean of %d "
                "steps; a lower --rate may help",
                s + 1, w.lowest, mean, block);
            message = message ? *message + "; " + text : text;
        }
        w.lowest = std::min(w.lowest, mean);
    }
    return message;
}

}    // namespace nonna
