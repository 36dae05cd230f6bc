// What leaves a built set with the contents that some of its sources have no more.
//
// Model to hold in mind: a unit whose content changed is to be decided on anew, so its samples and its line go. What
// the set decided by it cannot stay as it is either:
//   - a duplicate of it has that content still: it takes the samples and the line over, the first by name (merge.h
//     chooses alike), and the other duplicates repeat that one from now on;
//   - a near-duplicate of it stays one where the set has something else that it looks like, and names that; otherwise
//     it goes too, with its duplicates, and is decided on when it is offered again, in the same run or a later one.
// What was removed stays removed: a takedown is of name and content, whatever comes under the name.
#pragma once

#include "dataset/set_store.h"

#include <map>
#include <set>
#include <string>

namespace nonna
{

// `changed`: ids of units that are not removed ones. near_dup: as of DuplicateIndex.
std::map<std::string, UnitChange> leaving_units(const SetStore& store, const std::set<std::string>& changed,
                                                int near_dup);

}    // namespace nonna
