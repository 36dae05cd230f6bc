#include "dataset/test_set_rules.h"

#include "base/error.h"
#include "base/log.h"
#include "media/detect.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace nonna
{

ClassCounts class_counts(std::size_t positives, std::size_t negatives, const TestSetOptions& o,
                         const std::string& subject)
{
    const auto split = [&](std::size_t total) {
        const auto n = std::size_t(std::lround(o.prior * double(total)));
        return ClassCounts{total - n, n};
    };
    const auto fits = [&](const ClassCounts& s) { return s.positives <= positives && s.negatives <= negatives; };
    // A test of one class alone tests nothing.
    const auto both = [&](const ClassCounts& s) {
        if (s.positives == 0 || s.negatives == 0)
            throw Error(subject, "too few pictures for the prior");
        return s;
    };
    if (o.count > 0) {
        const ClassCounts s = split(std::size_t(o.count));
        if (!fits(s))
            throw Error(subject, "only " + std::to_string(positives) + " positives and " + std::to_string(negatives) +
                                     " negatives for a set of " + std::to_string(o.count) + " at the prior");
        return both(s);
    }
    std::size_t total = positives + negatives;
    const auto half_off = [&](std::size_t n) {
        const double exact = o.prior * double(n);
        return std::abs(exact - std::floor(exact) - 0.5) < 1e-9;
    };
    while (total > 0 && (!fits(split(total)) || half_off(total)))
        --total;
    return both(split(total));
}

const Detection* verdict(const ImageMeta& meta, const std::string& detector)
{
    for (const Detection& d : meta.detections)
        if (d.detector == detector)
            return &d;
    return nullptr;
}

double least_score(const TestSetOptions& o, const std::string& detector)
{
    const std::vector<std::string>& ours = detector_names();
    const bool known = std::find(ours.begin(), ours.end(), detector) != ours.end();
    return o.min_score.value_or(known ? standard_score(detector) : 0);
}

std::string only_detector(const std::vector<const ImageMeta*>& metas, const std::string& set)
{
    std::set<std::string> names;
    for (const ImageMeta* meta : metas)
        for (const Detection& d : meta->detections)
            names.insert(d.detector);
    if (names.empty())
        throw Error(set, "no picture was looked at by a detector");
    if (names.size() > 1)
        throw Error(set, "looked at by several detectors: name one");
    return *names.begin();
}

// Halves made of a handful of folders agree by luck: a scene class that one part alone has can decide what is chosen
// there. The reader cannot see that in the scores, so it is said where it arises.
static void say_few_groups(const std::vector<GroupMember>& members, const std::vector<std::uint8_t>& parts,
                           std::size_t part_count, const std::string& subject)
{
    constexpr std::size_t few = 5;
    std::string found;
    for (const bool positive : {true, false}) {
        std::string of_label;
        for (std::size_t part = 0; part < part_count; ++part) {
            std::set<std::string> groups;
            for (std::size_t i = 0; i < members.size(); ++i)
                if (parts[i] == part && members[i].positive == positive)
                    groups.insert(members[i].group);
            if (groups.size() < few)
                of_label += (of_label.empty() ? "" : ", ") + part_letter(part) + " " + std::to_string(groups.size());
        }
        if (!of_label.empty())
            found += (found.empty() ? "" : "; ") + std::string(positive ? "positives" : "negatives") + ": " + of_label;
    }
    if (!found.empty())
        say(subject + ": few groups a part (" + found +
            "): one of them can decide what is chosen there (more folders or films help, or --group-by none)");
}

void split_rows(std::vector<ListRow>& rows, const TestSetOptions& o, const std::string& subject)
{
    std::vector<GroupMember> members;
    for (const ListRow& row : rows)
        members.push_back({row.group.value_or(row.key), row.positive});
    const std::vector<std::uint8_t> parts = split_groups(members, o.part_weights, o.seed, subject);
    if (o.group_by != GroupBy::none)
        say_few_groups(members, parts, o.part_weights.size(), subject);
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].half = part_letter(parts[i]);
}

void write_lists(const std::vector<ListRow>& rows, const TestSetOptions& o)
{
    for (std::size_t part = 0; part < o.lists.size(); ++part) {
        std::vector<ListRow> own;
        for (const ListRow& row : rows)
            if (row.half == part_letter(part))
                own.push_back(row);
        write_test_list(o.lists[part], own);
    }
}

void record_framing(ImageMeta& meta, const View& view, const TestSetOptions& o)
{
    // A picture that was framed before says both.
    meta.framing = (meta.framing ? *meta.framing + "; " : "") + o.made_by + ": " + o.framing.described(view);
}

void TestSetOptions::set_lists(const std::string& text)
{
    const NamedParts parts = parse_parts(text, "--split-lists");
    const std::string& prefix = parts.prefix;
    part_weights = parts.weights;
    match_table = prefix + "-match.tsv";
    lists.clear();
    for (std::size_t part = 0; part < part_weights.size(); ++part)
        lists.push_back(prefix + "-" + part_letter(part) + ".tsv");
}

}    // namespace nonna
