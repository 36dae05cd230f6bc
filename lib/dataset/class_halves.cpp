#include "dataset/class_halves.h"

#include "base/counted.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/image_shard.h"
#include "io/table.h"

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>

namespace nonna
{

namespace
{

// A group's members, and how many it has of each class.
struct ClassGroup {
    std::vector<std::size_t> members;
    std::map<std::size_t, double> counts;
};

std::vector<ClassGroup> class_groups(const std::vector<ClassMember>& members)
{
    std::map<std::string, std::size_t> number;
    std::vector<ClassGroup> groups;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto [at, is_new] = number.try_emplace(members[i].group, groups.size());
        if (is_new)
            groups.emplace_back();
        groups[at->second].members.push_back(i);
        groups[at->second].counts[members[i].label] += 1;
    }
    return groups;
}

// What was dealt of one class, or of all pictures.
struct Dealt {
    double all = 0, dealt = 0;
    std::vector<double> has;    // of each part

    // By how much the error of `part` grows with n more, which are dealt already.
    double growth(std::size_t part, double share, double n) const
    {
        const double off = has[part] - share * dealt;
        return ((off + n) * (off + n) - off * off) / (all * all);
    }
};

}    // namespace

std::vector<std::uint8_t> deal_classes(const std::vector<ClassMember>& members, const std::vector<double>& weights,
                                       DealBy by, std::uint64_t seed)
{
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::size_t classes = 0;
    for (const ClassMember& m : members)
        classes = std::max(classes, m.label + 1);
    std::vector<Dealt> of_class(classes, Dealt{0, 0, std::vector<double>(weights.size(), 0.0)});
    Dealt whole{double(members.size()), 0, std::vector<double>(weights.size(), 0.0)};
    for (const ClassMember& m : members)
        ++of_class[m.label].all;

    std::vector<ClassGroup> groups = class_groups(members);
    Random random(seed, Purpose::class_halves);
    shuffle(groups, random);
    std::stable_sort(groups.begin(), groups.end(),
                     [](const ClassGroup& x, const ClassGroup& y) { return x.members.size() > y.members.size(); });
    std::vector<std::uint8_t> parts(members.size(), 0);
    for (const ClassGroup& group : groups) {
        const double size = double(group.members.size());
        whole.dealt += size;
        for (const auto& [label, n] : group.counts)
            of_class[label].dealt += n;
        std::size_t best = 0;
        double least = 0;
        for (std::size_t p = 0; p < weights.size(); ++p) {
            const double share = weights[p] / sum;
            double growth = whole.growth(p, share, size);
            if (by == DealBy::class_label)
                for (const auto& [label, n] : group.counts)
                    growth += of_class[label].growth(p, share, n);
            if (p == 0 || growth < least) {
                best = p;
                least = growth;
            }
        }
        whole.has[best] += size;
        for (const auto& [label, n] : group.counts)
            of_class[label].has[best] += n;
        for (const std::size_t member : group.members)
            parts[member] = std::uint8_t(best);
    }
    return parts;
}

void ClassHalves::set_output(const std::string& text)
{
    const NamedParts parts = parse_parts(text, "--output");
    prefix = parts.prefix;
    weights = parts.weights;
    if (prefix == "-")
        throw Error("--output", "needs a prefix: the parts are files of their own", ExitStatus::usage);
}

std::vector<std::string> ClassHalves::outputs() const
{
    std::vector<std::string> names;
    for (std::size_t p = 0; p < weights.size(); ++p)
        for (const char* ending : {".tar", ".tsv"})
            names.push_back(prefix + "-" + part_letter(p) + ending);
    return names;
}

namespace
{

// Classes of which some part has nothing, with how many pictures they have.
void tell_missing(const std::string& set, const std::vector<std::string>& classes,
                  const std::vector<ClassMember>& members, const std::vector<std::uint8_t>& parts, std::size_t count)
{
    std::vector<std::vector<std::size_t>> has(classes.size(), std::vector<std::size_t>(count, 0));
    for (std::size_t i = 0; i < members.size(); ++i)
        ++has[members[i].label][parts[i]];
    Counted missing(Counted::Kind::warning, set, "classes have too few pictures to be in every part");
    for (std::size_t l = 0; l < classes.size(); ++l) {
        const std::size_t n = std::accumulate(has[l].begin(), has[l].end(), std::size_t(0));
        std::string without;
        for (std::size_t p = 0; p < count; ++p)
            if (has[l][p] == 0)
                without += (without.empty() ? "" : ", ") + part_name(p, count);
        if (!without.empty())
            missing.add(set, "the class '" + classes[l] + "' has " + std::to_string(n) +
                                 (n == 1 ? " picture: none in " : " pictures: none in ") + without);
    }
    missing.tell();
}

}    // namespace

// The set is read twice, by number: what is known of its pictures first, then the pictures themselves, each copied to
// its part.
void write_class_halves(const std::string& set, const ClassHalves& options)
{
    const ImageShardSet samples({set});
    std::map<std::string, std::size_t> numbers;
    std::vector<std::string> classes;
    std::vector<ClassMember> members;
    for (std::size_t i = 0; i < samples.count(); ++i) {
        throw_if_interrupted();
        const Sample sample = samples.sample(i);
        if (!sample.meta.label && options.by == DealBy::class_label)
            throw Error(set, sample.key + " has no label: pack with labels, or cut with --by random");
        const auto [at, is_new] = numbers.try_emplace(sample.meta.label.value_or(""), classes.size());
        if (is_new)
            classes.push_back(at->first);
        members.push_back({group_of(sample, options.group_by), at->second});
    }
    if (members.size() < options.weights.size())
        throw Error(set, "has fewer pictures than there are parts");
    const std::vector<std::uint8_t> parts = deal_classes(members, options.weights, options.by, options.seed);

    std::deque<ImageWriter> archives;
    std::deque<TableWriter> lists;
    std::vector<std::size_t> counts(options.weights.size(), 0);
    for (const std::uint8_t p : parts)
        ++counts[p];
    for (std::size_t p = 0; p < counts.size(); ++p) {
        if (counts[p] == 0)
            throw Error(set, part_name(p, counts.size()) + " would have no pictures: too few groups of them");
        const std::string name = options.prefix + "-" + part_letter(p);
        archives.emplace_back(name + ".tar");
        lists.emplace_back(name + ".tsv", std::vector<std::string>{"key", "label", "half", "group", "source"});
    }
    Progress progress("writing", samples.count(), "images");
    for (std::size_t i = 0; i < samples.count(); ++i) {
        throw_if_interrupted();
        Sample sample = samples.sample(i);
        sample.meta.half = part_letter(parts[i]);
        if (options.group_by != GroupBy::none)
            sample.meta.group = members[i].group;
        archives[parts[i]].write(sample);
        lists[parts[i]]
            .cell(sample.key)
            .cell(sample.meta.label.value_or(""))
            .cell(*sample.meta.half)
            .cell(sample.meta.group.value_or(""))
            .cell(sample.meta.source)
            .end_row();
        progress.advance();
    }
    for (std::size_t p = 0; p < counts.size(); ++p) {
        archives[p].commit();
        lists[p].commit();
    }
    std::string sizes;
    for (std::size_t p = 0; p < counts.size(); ++p)
        sizes += (p == 0 ? "" : ", ") + part_name(p, counts.size()) + " has " + std::to_string(counts[p]);
    const bool labelled = classes.size() > 1 || !classes[0].empty();
    const std::string of_classes = std::to_string(classes.size()) + (classes.size() == 1 ? " class; " : " classes; ");
    say(set + ": " + (labelled ? of_classes : "") + sizes + " pictures");
    if (labelled)
        tell_missing(set, classes, members, parts, counts.size());
}

}    // namespace nonna
