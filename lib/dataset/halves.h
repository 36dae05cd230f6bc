// Halves of a test set, or three and more parts, that share no group.
//
// A group is what a neuron could know again: a person's folder, a film. Groups are kept whole, and every part is to
// have the wanted share of each label. All parts together are cut in two, and each of the two again, until every part
// is by itself: of four parts first a and b from c and d, so that a and b are those of the same split into two, by the
// same seed, whose first half is cut. With t(l) the wanted number of label l on the first side of a cut, a, and n(l)
// that on both, the cut is sought that makes
//     e = sum over both labels of ((number of l in a) - t(l))^2 / n(l)^2
// small: groups in a seeded order, the largest first, each to the side that leaves e less (the first on a tie); then,
// while it lessens e, a group moved over or two exchanged. Groups with the same numbers of both labels are alike to e,
// so only kinds of groups are searched. Exact where there are groups of one picture; else off by less than the largest
// group, and usually by far less. A part without a label is an Error.
#pragma once

#include "base/names.h"
#include "io/image_stream.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

struct GroupMember {
    std::string group;
    bool positive = false;
};
// For each member its part, from 0. `weights`: the parts' proportions, each above 0. `subject` in errors.
std::vector<std::uint8_t> split_groups(const std::vector<GroupMember>& members, const std::vector<double>& weights,
                                       std::uint64_t seed, const std::string& subject);

// What parts are called: in json and lists "a", "b" ...; in messages "half b" where there are two, else "part b".
inline constexpr std::size_t most_parts = 26;
std::string part_letter(std::size_t part);
std::string part_name(std::size_t part, std::size_t parts);

// "PREFIX" (halves) or "PREFIX=A:B[:C ...]", proportions in whole numbers. Error with status usage, of `option`.
struct NamedParts {
    std::string prefix;
    std::vector<double> weights;
};
NamedParts parse_parts(const std::string& text, const std::string& option);

enum class GroupBy {
    source,    // its content's digest
    time,      // a stretch of a film; what has no time is a group by its source
    folder,    // of its path
    none,      // the sample's key: each is a group of its own
};

template <>
inline constexpr auto names_of<GroupBy> = names<GroupBy>({
    {GroupBy::source, "source"},
    {GroupBy::time, "time"},
    {GroupBy::folder, "folder"},
    {GroupBy::none, "none"},
});

// `stretch`: seconds, of groups by time.
std::string group_of(const Sample& sample, GroupBy by, double stretch = 10);

// A part wants two stretches of each label at least. Ten seconds are longer than most things stay in a picture; films
// so short that they are fewer are cut into five, or two and a half, or 1.25, with ever more of one in both halves.
double stretch_of(const std::vector<std::pair<const Sample*, bool>>& samples, std::size_t parts);

}    // namespace nonna
