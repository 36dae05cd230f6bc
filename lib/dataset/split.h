// Two halves of a test set that share no group, and the lists that say so.
//
// A group is what a neuron could know again: a person's folder, a film. Groups are kept whole, and both halves are to
// have the wanted share of each label. With t(l) the wanted number of label l in half a and n(l) that in the set, the
// halves are sought that make
//     e = sum over both labels of ((number of l in a) - t(l))^2 / n(l)^2
// small: groups in a seeded order, the largest first, each to the half that leaves e less (the first on a tie); then,
// while it lessens e, a group moved over or two exchanged. Groups with the same numbers of both labels are alike to e,
// so only kinds of groups are searched. Exact where there are groups of one picture; else off by less than the largest
// group, and usually by far less. A half without a label is an Error.
//
// A list is a table (io/table.h), one line a picture in the set's order, with the columns
//     key label half group source picture x y side
// picture: the sha256 of the encoded picture that was read; x y side: the view of it (dataset/framing.h), empty where
// its bytes were kept. Read back, only key and label are needed; empty cells and missing columns say nothing.
#pragma once

#include "base/names.h"
#include "dataset/framing.h"

#include <cstdint>
#include <optional>
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

struct ListRow {
    std::string key;
    bool positive = false;
    std::optional<std::string> half, group, source, picture;
    std::optional<View> view;
};

// Error naming the line for what does not fit, also a key that occurs twice or a list of one label alone.
std::vector<ListRow> read_test_list(const std::string& path);
void write_test_list(const std::string& path, const std::vector<ListRow>& rows);

}    // namespace nonna
