#include "dataset/halves.h"

#include "base/error.h"
#include "base/random.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>

namespace nonna
{

namespace
{

constexpr int most_steps = 1000;    // each costs the square of the kinds of groups; a few are enough

using Counts = std::array<std::int64_t, 2>;    // of label 0 and 1

// Groups alike: which side of the cut each is on does not matter, only how many are in a.
struct Kind {
    Counts counts{};
    std::vector<std::size_t> in[2];    // groups in a and in b, the last to move first
};

struct Target {
    Counts all{};
    double wanted[2] = {0, 0};

    double error(const Counts& a) const
    {
        double e = 0;
        for (const int l : {0, 1}) {
            const double d = (double(a[l]) - wanted[l]) / double(std::max<std::int64_t>(1, all[l]));
            e += d * d;
        }
        return e;
    }
};

Counts moved(const Counts& a, const Counts& by, int sign) { return {a[0] + sign * by[0], a[1] + sign * by[1]}; }

// The best move of one group or exchange of two; false when none lessens the error. "No group" is one of the choices on
// either side: a group that leaves with none entering is moved over.
bool improve(std::vector<Kind>& kinds, Counts& a, const Target& target)
{
    constexpr double least_gain = 1e-15;    // rounding must not make it turn in circles
    double best = target.error(a) - least_gain;
    Kind *out = nullptr, *into = nullptr;    // of a
    const Counts none{};
    for (std::size_t i = 0; i <= kinds.size(); ++i) {
        Kind* const leaves = i < kinds.size() ? &kinds[i] : nullptr;
        if (leaves && leaves->in[0].empty())
            continue;
        const Counts without = moved(a, leaves ? leaves->counts : none, -1);
        for (std::size_t k = 0; k <= kinds.size(); ++k) {
            Kind* const enters = k < kinds.size() ? &kinds[k] : nullptr;
            if (leaves == enters || (enters && enters->in[1].empty()))
                continue;
            const double e = target.error(moved(without, enters ? enters->counts : none, 1));
            if (e < best) {
                best = e;
                out = leaves;
                into = enters;
            }
        }
    }
    if (!out && !into)
        return false;
    if (out) {
        a = moved(a, out->counts, -1);
        out->in[1].push_back(out->in[0].back());
        out->in[0].pop_back();
    }
    if (into) {
        a = moved(a, into->counts, 1);
        into->in[0].push_back(into->in[1].back());
        into->in[1].pop_back();
    }
    return true;
}

}    // namespace

namespace
{

struct Group {
    Counts counts{};
    std::vector<std::size_t> members;
};

std::vector<Group> groups_of(const std::vector<GroupMember>& members)
{
    std::map<std::string, std::size_t> number;
    std::vector<Group> groups;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto [at, is_new] = number.try_emplace(members[i].group, groups.size());
        if (is_new)
            groups.emplace_back();
        ++groups[at->second].counts[members[i].positive];
        groups[at->second].members.push_back(i);
    }
    return groups;
}

// A first, greedy solution: each group, largest first, to the side that it leaves better off. While they are dealt out,
// each side is held against its share of what was dealt so far: against the final one, a would take all large groups
// first. `a`: what a has then.
std::vector<Kind> deal_out(const std::vector<Group>& groups, const Counts& all, double share, Random random, Counts& a)
{
    std::vector<std::size_t> order(groups.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    shuffle(order, random);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t x, std::size_t y) { return groups[x].members.size() > groups[y].members.size(); });

    std::map<Counts, Kind> by_counts;
    Target dealt;
    dealt.all = all;
    for (const std::size_t g : order) {
        const Counts& counts = groups[g].counts;
        for (const int l : {0, 1})
            dealt.wanted[l] += share * double(counts[l]);
        const bool to_b = dealt.error(a) < dealt.error(moved(a, counts, 1));
        if (!to_b)
            a = moved(a, counts, 1);
        Kind& kind = by_counts[counts];
        kind.counts = counts;
        kind.in[to_b].push_back(g);
    }
    std::vector<Kind> kinds;
    for (auto& [counts, kind] : by_counts)
        kinds.push_back(std::move(kind));
    return kinds;
}

// For each member whether it is in b.
std::vector<bool> cut_off(const std::vector<GroupMember>& members, double share, const Random& random)
{
    const std::vector<Group> groups = groups_of(members);
    Target target;
    for (const Group& group : groups)
        target.all = moved(target.all, group.counts, 1);
    for (const int l : {0, 1})
        target.wanted[l] = share * double(target.all[l]);

    Counts a{};
    std::vector<Kind> kinds = deal_out(groups, target.all, share, random, a);
    for (int step = 0; step < most_steps && improve(kinds, a, target); ++step)
        ;
    std::vector<bool> in_b(members.size(), false);
    for (const Kind& kind : kinds)
        for (const std::size_t g : kind.in[1])
            for (const std::size_t member : groups[g].members)
                in_b[member] = true;
    return in_b;
}

}    // namespace

std::vector<std::uint8_t> split_groups(const std::vector<GroupMember>& members, const std::vector<double>& weights,
                                       std::uint64_t seed, const std::string& subject)
{
    // Whole runs of parts that are still one: cut in the middle, the first run first, until each is a single part.
    struct Run {
        std::size_t first, count;
        std::vector<std::size_t> members;
    };
    std::vector<std::uint8_t> parts(members.size(), 0);
    std::vector<Run> runs = {{0, weights.size(), std::vector<std::size_t>(members.size())}};
    std::iota(runs[0].members.begin(), runs[0].members.end(), std::size_t(0));
    for (std::uint64_t cut = 0; !runs.empty(); ++cut) {
        const Run run = std::move(runs.back());
        runs.pop_back();
        if (run.count == 1) {
            for (const std::size_t member : run.members)
                parts[member] = std::uint8_t(run.first);
            continue;
        }
        const auto weight = weights.begin() + std::ptrdiff_t(run.first);
        const std::size_t half = run.count / 2;
        const double first = std::accumulate(weight, weight + std::ptrdiff_t(half), 0.0),
                     all = std::accumulate(weight, weight + std::ptrdiff_t(run.count), 0.0);
        std::vector<GroupMember> cut_up;
        for (const std::size_t member : run.members)
            cut_up.push_back(members[member]);
        const std::vector<bool> in_second = cut_off(cut_up, first / all, Random(seed, Purpose::split, cut));
        Run a{run.first, half, {}}, b{run.first + half, run.count - half, {}};
        for (std::size_t i = 0; i < run.members.size(); ++i)
            (in_second[i] ? b : a).members.push_back(run.members[i]);
        runs.push_back(std::move(b));
        runs.push_back(std::move(a));
    }

    for (const bool positive : {false, true})
        for (std::size_t part = 0; part < weights.size(); ++part) {
            bool has = false;
            for (std::size_t i = 0; i < members.size(); ++i)
                has |= parts[i] == part && members[i].positive == positive;
            if (!has)
                throw Error(subject, part_name(part, weights.size()) + " would have no " +
                                         (positive ? "positives" : "negatives") + ": too few groups of them");
        }
    return parts;
}

std::string part_letter(std::size_t part) { return std::string(1, char('a' + part)); }

std::string part_name(std::size_t part, std::size_t parts)
{
    return (parts == 2 ? "half " : "part ") + part_letter(part);
}

NamedParts parse_parts(const std::string& text, const std::string& option)
{
    NamedParts parts{text, {1, 1}};
    if (const std::size_t equals = text.rfind('='); equals != std::string::npos) {
        parts = {text.substr(0, equals), {}};
        const char* at = text.data() + equals + 1;
        const char* const last = text.data() + text.size();
        bool good = true;
        for (bool more = true; more && good;) {
            std::int64_t weight = 0;
            const auto [end, failure] = std::from_chars(at, last, weight);
            more = end != last && *end == ':';
            good = failure == std::errc() && (more || end == last) && weight >= 1 && weight <= 1'000'000;
            parts.weights.push_back(double(weight));
            at = end + 1;
        }
        if (!good || parts.weights.size() < 2 || parts.weights.size() > most_parts)
            throw Error(option, "must be PREFIX or PREFIX=A:B, A:B:C ... with whole numbers of at least 1",
                        ExitStatus::usage);
    }
    if (parts.prefix.empty())
        throw Error(option, "needs a prefix", ExitStatus::usage);
    return parts;
}

double stretch_of(const std::vector<std::pair<const Sample*, bool>>& samples, std::size_t parts)
{
    constexpr double longest = 10, shortest = 1.25;
    for (double stretch = longest;; stretch /= 2) {
        std::set<std::string> groups[2];
        for (const auto& [sample, positive] : samples)
            groups[positive].insert(group_of(*sample, GroupBy::time, stretch));
        if (stretch <= shortest || std::min(groups[0].size(), groups[1].size()) >= 2 * parts)
            return stretch;
    }
}

std::string group_of(const Sample& sample, GroupBy by, double stretch)
{
    if (by == GroupBy::none)
        return sample.key;
    if (by == GroupBy::time && sample.meta.pts)
        return sample.meta.sha256 + "+" + std::to_string(std::int64_t(std::floor(*sample.meta.pts / stretch)));
    if (by == GroupBy::source || by == GroupBy::time)
        return sample.meta.sha256;
    const std::string folder = std::filesystem::path(sample.meta.source).parent_path().string();
    return folder.empty() ? "." : folder;
}

}    // namespace nonna
