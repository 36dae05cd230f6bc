#include "report/report_runs.h"

#include "analysis/sweep_table.h"
#include "base/error.h"
#include "report/report_training.h"
#include "report/run_settings.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace nonna
{

namespace
{

namespace fs = std::filesystem;

// With one of these a folder is about itself.
constexpr const char* own_tables[] = {"table1.tsv",         "controls.tsv",    "sensitivity.tsv",
                                      "sweep-top.tsv",      "sweep-first.tsv", "sweep-random.tsv",
                                      "best-responses.tsv", "invariance.tsv",  "matched-match.tsv"};

struct ScoreWithInterval {
    std::optional<double> value, low, high;
};

// Of the neuron that the run's sweep chooses.
struct RunScores {
    bool held_out = false;
    ChooseBy by = ChooseBy::accuracy;
    ScoreWithInterval accuracy, auc;
    double positives = 0, negatives = 0;
    double guess = 0;    // right without looking, of the pictures that these figures are of
};

struct RunRow {
    std::string name;
    RunSettings settings;
    std::optional<LastCosts> costs;
    std::optional<RunScores> scores;
};

ScoreWithInterval score_of(const Table& table, std::size_t row, const std::string& column)
{
    return {table.share_or_none(row, column), table.share_or_none(row, column + "_low"),
            table.share_or_none(row, column + "_high")};
}

std::optional<RunScores> scores_of(const ResultsFolder& run)
{
    if (!run.has("sweep-top.tsv"))
        return std::nullopt;
    const SweepTable sweep(run.file("sweep-top.tsv"));
    const std::size_t row = sweep.best();
    RunScores scores;
    scores.held_out = sweep.table.has("held_accuracy");
    scores.by = sweep.chosen_by();
    const std::string prefix = scores.held_out ? "held_" : "";
    scores.accuracy = score_of(sweep.table, row, prefix + "accuracy");
    scores.auc = score_of(sweep.table, row, prefix + "auc");
    scores.positives = sweep.table.finite(row, "positives");
    scores.negatives = sweep.table.finite(row, "negatives");
    const double all = std::max(scores.positives, scores.negatives) / (scores.positives + scores.negatives);
    scores.guess = scores.held_out ? sweep.table.share_or_none(row, "held_guess").value_or(all) : all;
    return scores;
}

// The model of a run's sweep, as the table names it; empty where it does not.
std::string swept_model(const fs::path& folder)
{
    if (!there(folder / "sweep-top.tsv"))
        return "";
    const Table table = read_table(folder / "sweep-top.tsv");
    return table.has("model") && !table.rows.empty() ? table.rows[0][table.column("model")] : "";
}

// ColumnGroup of the table: a title over some of them, and what each run has there.
struct ColumnGroup {
    std::string title;
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> cells;    // of each column, of each run

    void add(const std::string& name, std::vector<std::string> of_runs)
    {
        names.push_back(name);
        cells.push_back(std::move(of_runs));
    }
};

ColumnGroup setting_columns(const std::vector<RunRow>& runs)
{
    std::vector<RunSettings> settings;
    for (const RunRow& run : runs)
        settings.push_back(run.settings);
    ColumnGroup columns{"What differs", {}, {}};
    for (const DifferentSetting& setting : different_settings(settings))
        columns.add(setting.name, setting.values);
    return columns;
}

bool any(const std::vector<std::string>& cells)
{
    return std::any_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell != no_value; });
}

ColumnGroup cost_columns(const std::vector<RunRow>& runs)
{
    ColumnGroup columns{"Training", {}, {}};
    std::size_t stages = 0;
    const auto add = [&](const std::string& name, const auto& cell) {
        std::vector<std::string> cells;
        for (const RunRow& run : runs)
            cells.push_back(run.costs ? cell(*run.costs) : no_value);
        if (any(cells))
            columns.add(name, cells);
    };
    for (const RunRow& run : runs)
        stages = std::max(stages, run.costs ? run.costs->relative.size() : 0);
    const auto three = [](std::optional<double> value) {
        return value ? format_number("%.3g", *value) : std::string(no_value);
    };
    add("steps", [](const LastCosts& c) { return format_number("%.0f", c.step); });
    add("cost", [&](const LastCosts& c) { return three(c.cost); });
    for (std::size_t s = 0; s < stages; ++s)
        add("stage " + std::to_string(s + 1) + " not rebuilt", [&, s](const LastCosts& c) {
            return s < c.relative.size() ? percent(c.relative[s]) : std::string(no_value);
        });
    return columns;
}

std::string with_interval(const ScoreWithInterval& f, const std::string& text, const char* format, double factor)
{
    if (!f.value || !f.low || !f.high)
        return text;
    return text + "\n" + format_number(format, factor * *f.low) + "\u2013" + format_number(format, factor * *f.high);
}

ColumnGroup score_columns(const std::vector<RunRow>& runs)
{
    ColumnGroup columns{"Best neuron", {}, {}};
    for (const bool held_out : {true, false}) {
        std::vector<std::string> accuracy, auc;
        for (const RunRow& run : runs) {
            const bool here = run.scores && run.scores->held_out == held_out;
            accuracy.push_back(
                here ? with_interval(run.scores->accuracy, percent(run.scores->accuracy.value), "%.1f", 100)
                     : no_value);
            auc.push_back(here ? with_interval(run.scores->auc, decimal(run.scores->auc.value), "%.3f", 1) : no_value);
        }
        if (any(accuracy))
            columns.add(held_out ? "held\u2011out accuracy" : "accuracy", accuracy);
        if (any(auc))
            columns.add(held_out ? "held\u2011out AUC" : "AUC", auc);
    }
    return columns;
}

PageTable table_of(const std::string& caption, const std::vector<RunRow>& runs, const std::vector<ColumnGroup>& groups,
                   std::size_t strong)
{
    PageTable table;
    table.caption = caption;
    table.strong = strong;
    table.rows.push_back({"run"});
    for (const RunRow& run : runs)
        table.rows.push_back({run.name});
    for (const ColumnGroup& group : groups) {
        if (group.names.empty())
            continue;
        if (groups.size() > 1)
            table.groups.push_back({group.title, int(group.names.size()), 0});
        for (std::size_t c = 0; c < group.names.size(); ++c) {
            table.rows[0].push_back(group.names[c]);
            for (std::size_t r = 0; r < runs.size(); ++r)
                table.rows[r + 1].push_back(group.cells[c][r]);
        }
    }
    return table;
}

// On a narrow screen there is room for three columns beside the names.
std::vector<PageTable> narrow_tables(const std::vector<RunRow>& runs, const std::vector<ColumnGroup>& groups,
                                     std::size_t strong)
{
    std::vector<PageTable> tables;
    for (const ColumnGroup& group : groups) {
        const std::size_t pieces = (group.names.size() + 2) / 3;
        for (std::size_t p = 0; p < pieces; ++p) {
            ColumnGroup piece{group.title, {}, {}};
            for (std::size_t c = p * group.names.size() / pieces; c < (p + 1) * group.names.size() / pieces; ++c)
                piece.add(group.names[c], group.cells[c]);
            tables.push_back(table_of(p == 0 ? group.title : "", runs, {piece}, strong));
        }
    }
    return tables;
}

const ScoreWithInterval& score_by(const RunScores& scores, ChooseBy by)
{
    return by == ChooseBy::auc ? scores.auc : scores.accuracy;
}

// The run whose neuron is best by what all sweeps chose by, on pictures that had no say; none where sweeps cannot be
// compared: without held-out figures, chosen by different ones, of different tests.
std::optional<std::size_t> best_run(const std::vector<RunRow>& runs)
{
    std::optional<std::size_t> best;
    const RunScores* first = nullptr;
    for (std::size_t r = 0; r < runs.size(); ++r) {
        if (!runs[r].scores)
            continue;
        const RunScores& scores = *runs[r].scores;
        first = first ? first : &scores;
        if (!scores.held_out || scores.by != first->by || scores.positives != first->positives ||
            scores.negatives != first->negatives)
            return std::nullopt;
        const std::optional<double>& value = score_by(scores, scores.by).value;
        if (value && (!best || *value > *score_by(*runs[*best].scores, scores.by).value))
            best = r;
    }
    return best;
}

// What the table shows and what it does not.
std::string verdict(const std::vector<RunRow>& runs, const std::optional<std::size_t>& best)
{
    std::set<std::tuple<double, double, double>> tests;
    std::size_t scored = 0;
    for (const RunRow& run : runs)
        if (run.scores) {
            ++scored;
            tests.emplace(run.scores->positives, run.scores->negatives, run.scores->guess);
        }
    if (scored == 0)
        return "No run has a sweep (sweep-top.tsv) yet: what the neurons are worth is not known.";
    std::string text;
    if (tests.size() > 1)
        return "The runs were scored on different tests, so that their scores cannot be compared.";
    const auto [positives, negatives, guess] = *tests.begin();
    text = format_number("All come from a test of %.0f positives", positives) +
           format_number(" and %.0f negatives", negatives) + "; where the figures are from, a guess is right in " +
           percent(guess) + ".";
    if (!best || scored < 2)
        return text;
    const RunScores& leader = *runs[*best].scores;
    const ScoreWithInterval& of_best = score_by(leader, leader.by);
    text += " The best by held-out " + std::string(leader.by == ChooseBy::auc ? "AUC" : "accuracy") + " is " +
            runs[*best].name + ".";
    std::size_t near = 0, without = 0;
    for (std::size_t r = 0; r < runs.size(); ++r)
        if (r != *best && runs[r].scores) {
            const ScoreWithInterval& other = score_by(*runs[r].scores, leader.by);
            if (!other.high || !of_best.low)
                ++without;
            else if (*other.high >= *of_best.low)
                ++near;
        }
    if (without > 0)
        text +=
            " Not every sweep has intervals (nonna-sweep --bootstrap), so whether that is more than chance is open.";
    else if (near > 0 && scored == 2)
        text += " The interval of the other overlaps with its own: it may be as good.";
    else if (near > 0)
        text += " The intervals of " + std::to_string(near) + " of the other " + std::to_string(scored - 1) +
                " overlap with its own: they may be as good.";
    else
        text += " Its interval is above those of all others.";
    return text;
}

std::string terminal_table(const std::vector<RunRow>& runs, const std::vector<ColumnGroup>& groups)
{
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows(runs.size());
    for (const ColumnGroup& group : groups)
        for (std::size_t c = 0; c < group.names.size(); ++c) {
            std::string name = group.names[c];
            if (const std::size_t at = name.find("\u2011"); at != std::string::npos)
                name.replace(at, std::string("\u2011").size(), "-");
            header.push_back(name);
            for (std::size_t r = 0; r < runs.size(); ++r)
                rows[r].push_back(group.cells[c][r].substr(0, group.cells[c][r].find('\n')));
        }
    // A column is as wide as its widest cell.
    std::size_t widest = 3;
    std::vector<std::size_t> widths;
    for (const RunRow& run : runs)
        widest = std::max(widest, run.name.size());
    for (std::size_t c = 0; c < header.size(); ++c) {
        widths.push_back(header[c].size());
        for (auto& row : rows) {
            if (row[c] == no_value)
                row[c] = "-";
            widths[c] = std::max(widths[c], row[c].size());
        }
    }
    const auto line = [&](const std::string& name, const std::vector<std::string>& cells) {
        std::string text = name + std::string(widest - name.size(), ' ');
        for (std::size_t c = 0; c < cells.size(); ++c)
            text += "  " + std::string(widths[c] - cells[c].size(), ' ') + cells[c];
        return text + "\n";
    };
    std::string text = line("run", header);
    for (std::size_t r = 0; r < runs.size(); ++r)
        text += line(runs[r].name, rows[r]);
    return text;
}

}    // namespace

std::vector<std::string> runs_in(const fs::path& top, const std::vector<std::string>& folders)
{
    if (!cost_log_files(top).empty() || std::any_of(std::begin(own_tables), std::end(own_tables),
                                                    [&](const char* table) { return there(top / table); }))
        return {};
    std::multiset<std::string> swept;
    for (const std::string& folder : folders)
        swept.insert(swept_model(top / folder));
    std::vector<std::string> runs;
    for (const std::string& folder : folders) {
        const std::string model = swept_model(top / folder);
        if (!cost_log_files(top / folder).empty() || has_model(top / folder) ||
            (!model.empty() && swept.count(model) == 1))
            runs.push_back(folder);
    }
    return runs.size() > 1 ? runs : std::vector<std::string>();
}

std::string add_comparison(ResultsFolder& top, const std::vector<std::string>& names)
{
    std::vector<RunRow> runs;
    std::vector<CostLog> first_logs, logs;
    std::vector<std::string> sets, log_files, sweep_files;
    for (const std::string& name : names) {
        const ResultsFolder run{
            top.folder / name, name, top.page, top.above, Commands(top.folder / name / "commands.txt"), {},
            top.growing};
        runs.push_back({name, run_settings(run, swept_model(run.folder)), std::nullopt, scores_of(run)});
        std::vector<CostLog> of_run = cost_logs(run);
        if (of_run.empty())
            continue;
        for (const std::string& file : cost_log_files(run.folder))
            log_files.push_back(name + "/" + file);
        if (const std::string set = validation_sets(run);
            !set.empty() && std::find(sets.begin(), sets.end(), set) == sets.end())
            sets.push_back(set);
        CostLog first{name, of_run.front().table};    // of replicas the first: it validates
        first_logs.push_back(first);
        for (CostLog& log : of_run)
            logs.push_back({of_run.size() > 1 ? name + ", " + log.name : name, std::move(log.table)});
    }
    // All by held-out pictures, or all by training batches: one column, one meaning.
    const bool held_out = std::all_of(first_logs.begin(), first_logs.end(),
                                      [](const CostLog& log) { return has_set(log.table, "validate"); });
    for (RunRow& run : runs)
        for (const CostLog& log : first_logs)
            if (log.name == run.name)
                run.costs = last_costs(log.table, held_out);

    const ColumnGroup settings = setting_columns(runs), costs = cost_columns(runs), scores = score_columns(runs);
    const std::optional<std::size_t> best = best_run(runs);
    const std::size_t strong = best ? *best + 1 : 0;
    top.heading("Runs side by side");
    std::string note = settings.names.empty() ? "Nothing that was recorded differs between the runs."
                                              : "What is the same in all runs is not shown.";
    if (!costs.names.empty())
        note += held_out ? " Costs are those of the last validation."
                         : " Costs are means over the last tenth of the steps.";
    note += " " + verdict(runs, best);
    const Origin origin = top.origin(log_files, "");
    const Origin shown = origin.noted ? origin : Origin{};
    const std::string caption = std::to_string(runs.size()) + " runs";
    constexpr std::size_t widest = 9;
    const auto add_table = [&](const std::string& title, const std::vector<ColumnGroup>& groups,
                               const std::string& text, const Origin& how) {
        top.page.tables(table_of(title, runs, groups, strong), narrow_tables(runs, groups, strong), text, how);
    };
    if (settings.names.size() + costs.names.size() + scores.names.size() > widest && !settings.names.empty()) {
        add_table(settings.title, {settings}, "", shown);
        add_table(caption, {costs, scores}, note, {});
    } else {
        add_table(caption, {settings, costs, scores}, note, shown);
    }
    if (!logs.empty()) {
        std::string all_sets;
        for (const std::string& set : sets)
            all_sets += (all_sets.empty() ? "" : ", ") + set;
        top.heading("Training, side by side");
        add_curves_of_many(top.page, logs, "run", all_sets, {});
    }
    return terminal_table(runs, {settings, costs, scores});
}

}    // namespace nonna
