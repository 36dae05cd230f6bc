// Two halves of a test set that share no group.
//
// A group is what a neuron could know again: a person's folder, a film. Groups are kept whole, and both halves are to
// have the wanted share of each label. With t(l) the wanted number of label l in half a and n(l) that in the set, the
// halves are sought that make
//     e = sum over both labels of ((number of l in a) - t(l))^2 / n(l)^2
// small: groups in a seeded order, the largest first, each to the half that leaves e less (the first on a tie); then,
// while it lessens e, a group moved over or two exchanged. Groups with the same numbers of both labels are alike to e,
// so only kinds of groups are searched. Exact where there are groups of one picture; else off by less than the largest
// group, and usually by far less. A half without a label is an Error.
#pragma once

#include "base/names.h"
#include "io/image_stream.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

// For each member 0 (half a) or 1 (half b). `share`: of half a, in (0, 1). `subject` in errors.
struct GroupMember {
    std::string group;
    bool positive = false;
};
std::vector<std::uint8_t> split_groups(const std::vector<GroupMember>& members, double share, std::uint64_t seed,
                                       const std::string& subject);

enum class GroupBy {
    source,    // its content's digest
    folder,    // of its path
    none,      // the sample's key: each is a group of its own
};

template <>
inline constexpr auto names_of<GroupBy> = names<GroupBy>({
    {GroupBy::source, "source"},
    {GroupBy::folder, "folder"},
    {GroupBy::none, "none"},
});

std::string group_of(const Sample& sample, GroupBy by);

}    // namespace nonna
