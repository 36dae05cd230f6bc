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

std::optional<std::string> DivergenceWatch::see(const std::vector<StageCost>& costs, bool joint)
{
    if (joint) {
        double cost = 0, input = 0;
        for (const StageCost& c : costs) {
            cost += c.total;
            input += c.input;
        }
        return see(watched_.back(), cost, input, "the network");
    }
    std::optional<std::string> message;
    for (std::size_t s = 0; s < costs.size(); ++s)
        if (const auto text = see(watched_[s], costs[s].total, costs[s].input, "stage " + std::to_string(s + 1)))
            message = message ? *message + "; " + *text : *text;
    return message;
}

std::optional<std::string> DivergenceWatch::see(Watched& w, double cost, double input, const std::string& name)
{
    if (w.lowest == 0)
        w.lowest = over_input(cost, input);
    w.cost += cost;
    w.input += input;
    if (++w.seen == half)
        w.first_half = over_input(w.cost, w.input);
    if (w.seen < block)
        return {};
    const double mean = over_input(w.cost, w.input), lowest = w.lowest;
    const bool rises = mean > w.first_half;
    w.cost = w.input = 0;
    w.seen = 0;
    w.lowest = std::min(w.lowest, mean);
    if (w.named || !rises || !(lowest > 0) || mean <= most_rise * lowest)
        return {};
    w.named = true;
    char text[200];
    std::snprintf(
        text, sizeof text,
        "%s begins to diverge: its cost over |x|^2 has risen from %.3g to %.3g, the mean of %d steps; a lower "
        "--rate may help",
        name.c_str(), lowest, mean, block);
    return text;
}

}    // namespace nonna
