#include "analysis/climb_groups.h"

#include "model/cone.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace nonna
{

namespace
{

// Three vectors of the widest registers: what the kernels do best; results do not depend on it.
constexpr std::size_t most_lanes = 48;

double work_of(const Architecture& architecture, LayerId layer, Area positions, std::size_t neurons, int starts)
{
    const double climbs = double(neurons) * starts;
    const int lanes = climb_lanes(neurons, starts);
    return cone_work(architecture, layer, positions) * padded_lanes(lanes) * std::ceil(climbs / lanes);
}

Area hull(Area a, Area b)
{
    const int bottom = std::max(a.row + a.rows, b.row + b.rows),
              right = std::max(a.column + a.columns, b.column + b.columns);
    const int top = std::min(a.row, b.row), left = std::min(a.column, b.column);
    return {top, left, bottom - top, right - left};
}

}    // namespace

int climb_lanes(std::size_t neurons, int starts)
{
    return int(std::min<std::size_t>(neurons * std::size_t(starts), most_lanes));
}

// Greedily, in the neurons' order by layer and place: one joins the group before it where that is less work and leaves
// all climbs of the group under way at once. The best partition would take far longer to find than it saves.
std::vector<ClimbGroup> climb_groups(const Architecture& architecture, std::span<const NeuronId> neurons, int starts,
                                     bool apart)
{
    std::vector<std::size_t> order(neurons.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto place = [&](std::size_t i) {
        const NeuronId& n = neurons[i];
        return std::tuple(n.layer.stage, n.layer.sublayer, n.row, n.column, n.map);
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    std::vector<ClimbGroup> groups;
    for (const std::size_t i : order) {
        const NeuronId& n = neurons[i];
        ClimbGroup alone{{n.row, n.column, 1, 1}, {i}, 0};
        alone.work = work_of(architecture, n.layer, alone.positions, 1, starts);
        if (!apart && !groups.empty() && neurons[groups.back().neurons.front()].layer == n.layer) {
            ClimbGroup& last = groups.back();
            const std::size_t count = last.neurons.size() + 1;
            const Area both = hull(last.positions, alone.positions);
            const double work = work_of(architecture, n.layer, both, count, starts);
            if (count * std::size_t(starts) <= most_lanes && work <= last.work + alone.work) {
                last.positions = both;
                last.neurons.push_back(i);
                last.work = work;
                continue;
            }
        }
        groups.push_back(std::move(alone));
    }
    return groups;
}

}    // namespace nonna
