// Which neurons' climbs to their optimal stimuli share a network.
//
// A network cut to what some neurons see (model/cone.h) is the smaller the closer they lie together. Climbs that share
// it fill each other's lanes, of which a batch has a multiple of 16, used or not; but each goes through all of what the
// others see. So neighbours go together where one batch of all is less work than a padded one each.
#pragma once

#include "model/neuron.h"

#include <cstddef>
#include <span>
#include <vector>

namespace nonna
{

struct ClimbGroup {
    Area positions;                      // of its neurons' layer; all of its neurons lie there
    std::vector<std::size_t> neurons;    // indices into the caller's
    double work = 0;                     // multiply-adds of one pass of all its climbs, padding included
};

// `starts` climbs a neuron. `apart`: every neuron by itself, for comparison.
std::vector<ClimbGroup> climb_groups(const Architecture& architecture, std::span<const NeuronId> neurons, int starts,
                                     bool apart);

// How many climbs are under way at a time, of so many neurons in one group.
int climb_lanes(std::size_t neurons, int starts);

}    // namespace nonna
