// Halves of a labelled set of many classes, or three and more parts: one to learn from, the others to judge by.
//
// Pictures are dealt out in a seeded order, group by group (dataset/halves.h says what a group is), the largest groups
// first. Each goes to the part that is then nearest to its share of what was dealt so far: of every class (`class`), or
// only of all pictures (`random`, as Le et al. 2012 cut ImageNet). With n(p, l) the pictures of class l that part p
// has, n(l) those dealt, N(l) those of the whole set, s(p) the share of p, it is the part for which
//     sum over the group's classes l of (n(p, l) - s(p) n(l))^2 / N(l)^2,  and the same for all pictures as one class,
// grows least; the first of equal ones. Where every picture is a group of its own, no class is off by a whole picture.
//
// A class with fewer groups than there are parts is missing in some of them: no error, but it is told.
#pragma once

#include "base/error.h"
#include "base/names.h"
#include "dataset/halves.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

enum class DealBy { class_label, chance };

template <>
inline constexpr auto names_of<DealBy> = names<DealBy>({{DealBy::class_label, "class"}, {DealBy::chance, "random"}});

struct ClassMember {
    std::string group;
    std::size_t label = 0;    // number of the class
};

// For each member its part, from 0. `weights`: the parts' proportions, each above 0.
std::vector<std::uint8_t> deal_classes(const std::vector<ClassMember>& members, const std::vector<double>& weights,
                                       DealBy by, std::uint64_t seed);

struct ClassHalves {
    std::string prefix;    // PREFIX-a.tar and PREFIX-a.tsv, PREFIX-b.tar ...
    std::vector<double> weights = {1, 1};
    DealBy by = DealBy::class_label;
    GroupBy group_by = GroupBy::none;
    std::uint64_t seed = 0;

    // "PREFIX" (halves) or "PREFIX=A:B[:C ...]". Error with status usage.
    void set_output(const std::string& text);
    std::vector<std::string> outputs() const;
};

// Writes every part as an image set, its samples in the set's order and with `half` (and `group`) in their json, and a
// list of it: key, label, half, group, source. Pictures' bytes stay. Error where a picture has no label and classes
// are asked for.
void write_class_halves(const std::string& set, const ClassHalves& options);

}    // namespace nonna
