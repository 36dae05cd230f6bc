#include "dataset/test_set_rules.h"

#include "base/error.h"
#include "media/detect.h"

#include <algorithm>
#include <charconv>
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
    while (total > 0 && !fits(split(total)))
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

void split_rows(std::vector<ListRow>& rows, const TestSetOptions& o, const std::string& subject)
{
    std::vector<GroupMember> members;
    for (const ListRow& row : rows)
        members.push_back({row.group.value_or(row.key), row.positive});
    const std::vector<std::uint8_t> halves = split_groups(members, o.share, o.seed, subject);
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].half = std::string(1, halves[i] ? 'b' : 'a');
}

void write_lists(const std::vector<ListRow>& rows, const TestSetOptions& o)
{
    if (o.list_a.empty())
        return;
    for (const auto& [path, half] : {std::pair(o.list_a, "a"), std::pair(o.list_b, "b")}) {
        std::vector<ListRow> own;
        for (const ListRow& row : rows)
            if (row.half == half)
                own.push_back(row);
        write_test_list(path, own);
    }
}

void record_framing(ImageMeta& meta, const View& view, const TestSetOptions& o)
{
    // A picture that was framed before says both.
    meta.framing = (meta.framing ? *meta.framing + "; " : "") + o.made_by + ": " + o.framing.described(view);
}

void TestSetOptions::set_lists(const std::string& text)
{
    std::string prefix = text;
    if (const std::size_t equals = text.rfind('='); equals != std::string::npos) {
        prefix = text.substr(0, equals);
        const std::string shares = text.substr(equals + 1);
        const std::size_t colon = shares.find(':');
        const auto whole = [&](std::size_t from, std::size_t to) {
            std::int64_t value = 0;
            const auto [end, failure] = std::from_chars(shares.data() + from, shares.data() + to, value);
            const bool good = failure == std::errc() && end == shares.data() + to && value <= 1'000'000;
            return good ? value : 0;
        };
        std::int64_t a = 0, b = 0;
        if (colon != std::string::npos) {
            a = whole(0, colon);
            b = whole(colon + 1, shares.size());
        }
        if (a < 1 || b < 1)
            throw Error("--split-lists", "must be PREFIX or PREFIX=A:B with A and B at least 1", ExitStatus::usage);
        share = double(a) / double(a + b);
    }
    if (prefix.empty())
        throw Error("--split-lists", "needs a prefix", ExitStatus::usage);
    list_a = prefix + "-a.tsv";
    list_b = prefix + "-b.tsv";
}

}    // namespace nonna
