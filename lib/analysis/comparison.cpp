#include "analysis/comparison.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>

namespace nonna
{

namespace
{

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* figure_names[] = {"accuracy", "auc", "held_accuracy", "held_auc"};

// The figures of all images go into the runs' table with six digits. They are rounded here already, so that the means
// are those of that table, and whoever adds it up by hand finds the same.
std::string six_digits(double value)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

double rounded(double value) { return std::isnan(value) ? value : std::strtod(six_digits(value).c_str(), nullptr); }

ComparedRun run_of(const SweepTable& sweep, bool guess, std::optional<ChooseBy> by)
{
    const Table& table = sweep.table;
    ComparedRun run;
    const std::size_t best = sweep.best(sweep.of_all_images(by));
    if (guess) {
        const double positives = table.finite(best, "positives"), negatives = table.finite(best, "negatives");
        if (!(positives >= 0 && negatives >= 0 && positives + negatives > 0))
            throw Error(table.name, table.line(best) + ": no numbers of positives and negatives");
        const double share = rounded(std::max(positives, negatives) / (positives + negatives));
        // A table from before the column was there says only how many there are in all.
        const double held = table.share_or_none(best, "held_guess").value_or(share);
        run.figures = {share, 0.5, rounded(held), 0.5};
        return run;
    }
    run.neuron = sweep.neuron(best);
    run.figures = {rounded(table.share(best, "accuracy")), rounded(table.share_or_none(best, "auc").value_or(nan)), nan,
                   nan};
    if (table.has("choice_accuracy")) {
        const std::size_t chosen = sweep.best(sweep.usual_order(by));
        run.figures[2] = table.share(chosen, "held_accuracy");
        run.figures[3] = table.share_or_none(chosen, "held_auc").value_or(nan);
    }
    return run;
}

std::vector<std::string> keys_of(const Table& table, std::size_t row, const std::vector<std::string>& names)
{
    std::vector<std::string> keys;
    for (const std::string& name : names)
        keys.push_back(table.rows[row][table.column(name)]);
    return keys;
}

// Runs of the same keys together, in the order in which keys first come.
std::vector<std::vector<const ComparedRun*>> by_keys(const std::vector<ComparedRun>& runs)
{
    std::vector<std::vector<const ComparedRun*>> groups;
    std::map<std::vector<std::string>, std::size_t> places;
    for (const ComparedRun& run : runs) {
        const auto [place, first] = places.emplace(run.keys, groups.size());
        if (first)
            groups.emplace_back();
        groups[place->second].push_back(&run);
    }
    return groups;
}

// Others' figures by keys, as they are written there.
std::map<std::vector<std::string>, std::string> read_reported(const std::string& path,
                                                              const std::vector<std::string>& keys)
{
    std::map<std::vector<std::string>, std::string> reported;
    if (path.empty())
        return reported;
    const Table table = read_table(path);
    const std::size_t paper = table.column("paper");
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        reported[keys_of(table, row, keys)] = table.rows[row][paper];
    return reported;
}

struct Spread {
    double mean = 0, deviation = 0;
};

// From the sums of x and x^2: one reading. What is left of equal numbers by rounding is no spread, and must not show as
// one of 1e-9: below a millionth of a millionth of the squares it is 0.
Spread spread_of(const std::vector<double>& values)
{
    double sum = 0, squares = 0;
    for (const double x : values) {
        sum += x;
        squares += x * x;
    }
    const double n = double(values.size()), mean = sum / n;
    const double about_mean = squares - n * mean * mean;
    return {mean, about_mean <= 1e-12 * squares ? 0 : std::sqrt(about_mean / (n - 1))};    // of a nan: nan
}

}    // namespace

ComparedRuns compare_sweeps(const std::string& list, std::optional<ChooseBy> by)
{
    const Table table = read_table(list);
    const std::size_t path = table.column("sweep");
    ComparedRuns all;
    for (const std::string& column : table.columns)
        if (column != "seed" && column != "sweep")
            all.keys.push_back(column);
    if (all.keys.empty())
        throw Error(table.name, "no column but seed and sweep: nothing says what is compared");
    if (table.rows.empty())
        throw Error(table.name, "no sweeps in it");

    std::set<std::pair<std::vector<std::string>, std::string>> taken;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        std::vector<std::string> keys = keys_of(table, row, all.keys);
        const std::string seed = std::to_string(table.whole(row, "seed"));    // 01 is 1
        if (table.rows[row][path].empty())
            throw Error(table.name, table.line(row) + ": no sweep in it");
        if (!taken.emplace(keys, seed).second)
            throw Error(table.name, table.line(row) + ": a second sweep of " + keys.back() + " with seed " + seed);
        ComparedRun run = run_of(SweepTable(table.rows[row][path]), keys.back() == "guess", by);
        run.keys = std::move(keys);
        run.seed = seed;
        all.runs.push_back(std::move(run));
        all.sweeps.push_back(table.rows[row][path]);
    }
    return all;
}

void write_runs(const std::string& path, const ComparedRuns& all)
{
    std::vector<std::string> columns = all.keys;
    columns.insert(columns.end(), {"seed", "neuron"});
    columns.insert(columns.end(), std::begin(figure_names), std::end(figure_names));
    TableWriter table(path, columns);
    for (const ComparedRun& run : all.runs) {
        for (const std::string& key : run.keys)
            table.cell(key);
        table.cell(run.seed).cell(run.neuron);
        for (const double figure : run.figures)
            table.cell(figure);
        table.end_row();
    }
    table.commit();
}

void write_means(const std::string& path, const ComparedRuns& all, const std::string& reported)
{
    std::vector<std::string> columns = all.keys;
    columns.emplace_back("seeds");
    for (const std::string name : figure_names)
        columns.insert(columns.end(), {name, name + "_sd"});
    columns.emplace_back("paper");
    const auto papers = read_reported(reported, all.keys);
    TableWriter table(path, columns);
    for (const std::vector<const ComparedRun*>& group : by_keys(all.runs)) {
        const std::vector<std::string>& keys = group.front()->keys;
        for (const std::string& key : keys)
            table.cell(key);
        table.cell(group.size());
        for (std::size_t f = 0; f < std::size(figure_names); ++f) {
            std::vector<double> values;
            for (const ComparedRun* run : group)
                values.push_back(run->figures[f]);
            const Spread spread = spread_of(values);
            table.cell(spread.mean);
            if (group.size() > 1)
                table.cell(spread.deviation);
            else
                table.cell("");    // of one there is none; 0 would say that seeds do not matter
        }
        const auto paper = papers.find(keys);
        table.cell(paper == papers.end() ? "" : paper->second).end_row();
    }
    table.commit();
}

}    // namespace nonna
