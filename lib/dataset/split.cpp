#include "dataset/split.h"

#include "base/error.h"
#include "base/random.h"
#include "io/table.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

namespace nonna
{

namespace
{

constexpr int most_steps = 1000;    // each costs the square of the kinds of groups; a few are enough

using Counts = std::array<std::int64_t, 2>;    // of label 0 and 1

// Groups alike: which half each is in does not matter, only how many are in a.
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

// The best move of one group or exchange of two; false when none lessens the error.
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

std::vector<std::uint8_t> split_groups(const std::vector<GroupMember>& members, double share, std::uint64_t seed,
                                       const std::string& subject)
{
    std::map<std::string, std::size_t> number;
    std::vector<Counts> groups;
    std::vector<std::size_t> group_of_member;
    Target target;
    for (const GroupMember& m : members) {
        const auto [at, is_new] = number.try_emplace(m.group, groups.size());
        if (is_new)
            groups.emplace_back();
        ++groups[at->second][m.positive];
        ++target.all[m.positive];
        group_of_member.push_back(at->second);
    }
    for (const int l : {0, 1})
        target.wanted[l] = share * double(target.all[l]);

    std::vector<std::size_t> order(groups.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    Random random(seed, Purpose::split);
    shuffle(order, random);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
        return groups[x][0] + groups[x][1] > groups[y][0] + groups[y][1];
    });

    // While the groups are dealt out, each half is held against its share of what was dealt so far: against the final
    // one, a would take all large groups first.
    std::map<Counts, Kind> by_counts;
    Counts a{};
    Target dealt;
    dealt.all = target.all;
    for (const std::size_t g : order) {
        for (const int l : {0, 1})
            dealt.wanted[l] += share * double(groups[g][l]);
        const bool to_b = dealt.error(a) < dealt.error(moved(a, groups[g], 1));
        if (!to_b)
            a = moved(a, groups[g], 1);
        Kind& kind = by_counts[groups[g]];
        kind.counts = groups[g];
        kind.in[to_b].push_back(g);
    }
    std::vector<Kind> kinds;
    for (auto& [counts, kind] : by_counts)
        kinds.push_back(std::move(kind));
    for (int step = 0; step < most_steps && improve(kinds, a, target); ++step)
        ;

    for (const int l : {0, 1})
        if (a[l] == 0 || a[l] == target.all[l])
            throw Error(subject, std::string("half ") + (a[l] == 0 ? "a" : "b") + " would have no " +
                                     (l ? "positives" : "negatives") + ": too few groups of them");
    std::vector<std::uint8_t> half_of_group(groups.size(), 0);
    for (const Kind& kind : kinds)
        for (const std::size_t g : kind.in[1])
            half_of_group[g] = 1;
    std::vector<std::uint8_t> halves;
    for (const std::size_t g : group_of_member)
        halves.push_back(half_of_group[g]);
    return halves;
}

std::string group_of(const Sample& sample, GroupBy by)
{
    if (by == GroupBy::none)
        return sample.key;
    if (by == GroupBy::source)
        return sample.meta.sha256;
    const std::string folder = std::filesystem::path(sample.meta.source).parent_path().string();
    return folder.empty() ? "." : folder;
}

std::vector<ListRow> read_test_list(const std::string& path)
{
    const Table table = read_table(path);
    const std::size_t key = table.column("key"), label = table.column("label");
    const auto cell = [&](std::size_t row, const char* column) -> std::optional<std::string> {
        if (!table.has(column) || table.rows[row][table.column(column)].empty())
            return std::nullopt;
        return table.rows[row][table.column(column)];
    };
    std::vector<ListRow> rows;
    std::set<std::string> keys;
    std::size_t positives = 0;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const auto refuse = [&](const std::string& reason) {
            return Error(table.name, "line " + std::to_string(i + 2) + ": " + reason);
        };
        ListRow row;
        row.key = table.rows[i][key];
        if (row.key.empty() || !keys.insert(row.key).second)
            throw refuse(row.key.empty() ? "no key" : "the key " + row.key + " occurs twice");
        const std::string& which = table.rows[i][label];
        if (which != "0" && which != "1")
            throw refuse("label '" + which + "' is neither 1 nor 0");
        row.positive = which == "1";
        positives += row.positive;
        row.half = cell(i, "half");
        if (row.half && *row.half != "a" && *row.half != "b")
            throw refuse("half '" + *row.half + "' is neither a nor b");
        row.group = cell(i, "group");
        row.source = cell(i, "source");
        row.picture = cell(i, "picture");
        if (cell(i, "side")) {
            View view{table.number(i, table.column("x")), table.number(i, table.column("y")),
                      table.number(i, table.column("side"))};
            const double most = 1e6;
            if (!(view.side >= 1 && view.side <= most && view.x >= -most && view.x <= most && view.y >= -most &&
                  view.y <= most))
                throw refuse("x, y, side are no square of a picture");
            row.view = view;
        }
        rows.push_back(std::move(row));
    }
    if (positives == 0 || positives == rows.size())
        throw Error(table.name, rows.empty() ? "names no pictures" : "names pictures of one label alone");
    return rows;
}

void write_test_list(const std::string& path, const std::vector<ListRow>& rows)
{
    TableWriter table(path, {"key", "label", "half", "group", "source", "picture", "x", "y", "side"});
    for (const ListRow& row : rows) {
        table.cell(row.key).cell(row.positive ? "1" : "0").cell(row.half.value_or("")).cell(row.group.value_or(""));
        table.cell(row.source.value_or("")).cell(row.picture.value_or(""));
        if (row.view)
            table.cell(row.view->x).cell(row.view->y).cell(row.view->side);
        else
            table.cell("").cell("").cell("");
        table.end_row();
    }
    table.commit();
}

}    // namespace nonna
