// Built sets to one: what a single machine would have made (nonna-dataset merge).
//
// Model to hold in mind: the units of all inputs, in the order of (digest, source), are decided on anew: the first
// source of a content that has samples is ok, its others are duplicates; what looks like an earlier one is a
// near-duplicate, at the distance recorded in the inputs' settings; a content that any input has `removed` stays out;
// failures stay. That is the order in which build takes new units, so parts of one list merge to the very bytes that
// one build over the list, in one run, makes; and to the same bytes however many parts there are.
//
// Samples are copied, not decoded. The output is grown through set_store.h: a merge that was cut short goes on when run
// again, and one that is complete does nothing. An output that holds something else is refused. To keep out what was
// removed from an older merge, name that one among the inputs.
//
// A source that inputs have with different contents is what it is in the first of these, by digest; one that any input
// has removed stays out under its name, too.
//
// The inputs' settings must be the same but for the part. A part that is missing is named, and the status is skipped.
// Memory: some 150 bytes a unit, and what near_index.h says.
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace nonna
{

ExitStatus merge_sets(const std::vector<std::string>& inputs, const std::string& output);

}    // namespace nonna
