// How much of what a neuron tells apart is the thing itself: the controls, and how alike matched distractors look.
#include "report/results_folder.h"

#include "base/error.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

namespace nonna
{

namespace
{

struct Control {
    std::string name, title;
    std::string at_chance;    // what an AUC of .5 means in it
};
// In the page's order.
const Control known_controls[] = {
    {"inverted", "the same upside down",
     "the things against the same pictures upside down; at 0.5 the neuron does not care which way up they are"},
    {"scrambled", "with phases scrambled",
     "the things against the same pictures with their phases scrambled; at 0.5 it sees the spectrum alone"},
    {"background", "what is beside it, against the distractors",
     "squares beside the things against the distractors; at 0.5 it does not see which source a picture is from"},
};

Control control_named(const std::string& name)
{
    for (const Control& known : known_controls)
        if (name == known.name)
            return known;
    return {name, name, ""};
}

struct Controls {
    std::vector<std::string> concepts, controls;
    std::map<std::pair<std::string, std::string>, std::vector<double>> aucs;    // by concept, control; one a seed
    SeedCounts seeds;
};

Controls read_controls(const Table& table)
{
    Controls c;
    std::vector<std::string> others;
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> seen;    // seeds
    const auto add_once = [](std::vector<std::string>& names, const std::string& name) {
        const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
        if (is_new)
            names.push_back(name);
        return is_new;
    };
    for (const Control& known : known_controls)
        c.controls.push_back(known.name);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
        const std::string of = cell("concept"), control = cell("control"), seed = cell("seed");
        if (of.empty() || control.empty() || seed.empty())
            throw Error(table.name, table.line(row) + ": no concept, control or seed");
        add_once(c.concepts, of);
        add_once(c.controls, control);
        if (!add_once(seen[{of, control}], seed))
            throw Error(table.name, table.line(row) + ": a second row of " + of + ", " + control + ", seed " + seed);
        if (const std::optional<double> auc = table.share_or_none(row, "auc"))
            c.aucs[{of, control}].push_back(*auc);
    }
    if (c.aucs.empty())
        throw Error(table.name, "no AUC in it");
    std::erase_if(c.controls, [&](const std::string& control) {
        return std::none_of(c.aucs.begin(), c.aucs.end(), [&](auto& a) { return a.first.second == control; });
    });
    for (const auto& [of, aucs] : c.aucs)
        c.seeds.note(double(aucs.size()));
    return c;
}

// Mean and, of several, deviation with n - 1.
std::string mean_of(const std::vector<double>& values, const char* between)
{
    if (values.empty())
        return no_value;
    double sum = 0, squares = 0;
    for (const double v : values)
        sum += v;
    const double mean = sum / double(values.size());
    for (const double v : values)
        squares += (v - mean) * (v - mean);
    const std::optional<double> sd =
        values.size() > 1 ? std::optional(std::sqrt(squares / double(values.size() - 1))) : std::nullopt;
    return with_sd(mean, sd, "%.3f", 1, between);
}

// The best neuron's held-out AUC in the test itself, which the controls are to be seen against: by concept, as text.
std::map<std::string, std::string> aucs_of_tests(const ResultsFolder& results, const char* between)
{
    std::map<std::string, std::string> aucs;
    if (!results.has("table1.tsv"))
        return aucs;
    const Table table = read_table(results.file("table1.tsv"));
    if (!table.has("test"))
        return aucs;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
        if (cell("test") == "test" && cell("method") == "best neuron")
            if (const std::optional<double> auc = table.share_or_none(row, "held_auc"))
                aucs[cell("concept")] = with_sd(auc, table.finite_or_none(row, "held_auc_sd"), "%.3f", 1, between);
    }
    return aucs;
}

std::string capital(std::string text)
{
    text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

std::vector<std::vector<std::string>> controls_rows(const ResultsFolder& results, const Controls& c,
                                                    const char* between)
{
    const std::map<std::string, std::string> tests = aucs_of_tests(results, between);
    std::vector<std::vector<std::string>> rows;
    for (const std::string& of : c.concepts) {
        std::vector<std::string> row{of};
        if (!tests.empty())
            row.push_back(tests.contains(of) ? tests.at(of) : no_value);
        for (const std::string& control : c.controls) {
            const auto found = c.aucs.find({of, control});
            row.push_back(mean_of(found == c.aucs.end() ? std::vector<double>{} : found->second, between));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}    // namespace

std::string add_controls(ResultsFolder& results)
{
    if (!results.has("controls.tsv"))    // only a study of several concepts has them: nothing is missing elsewhere
        return "";
    const Controls c = read_controls(read_table(results.file("controls.tsv")));
    PageTable shown;
    shown.caption = "AUC of the best neuron";
    shown.rows = {{""}};
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> rows = controls_rows(results, c, "\n");
    if (rows[0].size() > c.controls.size() + 1) {
        shown.rows[0].push_back("the test itself");
        names.push_back("test");
    }
    std::string note =
        "The neuron that was chosen for the test, judged on the part of the pictures that had no say in it.";
    for (const std::string& name : c.controls) {
        const Control control = control_named(name);
        shown.rows[0].push_back(control.title);
        names.push_back(name);
        if (!control.at_chance.empty())
            note += " \u201c" + capital(control.title) + "\u201d: " + control.at_chance + ".";
    }
    shown.rows.insert(shown.rows.end(), rows.begin(), rows.end());
    results.heading("Controls");
    results.page.table(shown, note + c.seeds.in_words(),
                       results.origin({"controls.tsv", "table1.tsv"}, "nonna-reproduce --table1 STUDY"));
    std::string text = terminal_line("AUC of the best neuron", names);
    for (const std::vector<std::string>& row : controls_rows(results, c, " "))
        text += terminal_line(row[0], {row.begin() + 1, row.end()});
    return text;
}

void add_matching(ResultsFolder& results)
{
    if (!results.has("matched-match.tsv"))    // as above
        return;
    const Table table = read_table(results.file("matched-match.tsv"));
    if (table.rows.empty())
        throw Error(table.name, "no parts in it");
    PageTable shown;
    shown.caption = "Positives and their look-alikes";
    shown.rows = {{"part", "positives", "paired", "less alike", "left out", "AUC before", "AUC after"}};
    std::string last;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& part = table.rows[row][table.column("part")];
        const auto count = [&](const char* column) { return table.whole(row, column); };
        const std::size_t positives = count("positives"), matched = count("matched"), dropped = count("dropped"),
                          anyway = count("taken_anyway");
        if (matched + dropped != positives || anyway > matched)
            throw Error(table.name, table.line(row) + ": the counts do not add up");
        const std::optional<double> before = table.share_or_none(row, "rule_auc_before"),
                                    after = table.share_or_none(row, "rule_auc_after");
        shown.rows.push_back({part, std::to_string(positives), std::to_string(matched), std::to_string(anyway),
                              std::to_string(dropped), decimal(before), decimal(after)});
        if (before && after)
            last = " In part " + part + " looks alone tell positives from distractors with an AUC of " +
                   decimal(after) + ", before pairing " + decimal(before) + ".";
    }
    results.heading("Distractors that look alike");
    results.page.table(
        shown,
        "In the test among distractors with the same low-level looks each positive is paired with the distractor that "
        "is nearest to it in contrast, brightness, edges, spectrum and what a blur leaves. Some had none near enough: "
        "they were left out, or, where "
        "those would be more than a quarter, paired with a less alike one. A rule that sees looks alone and is fitted "
        "on the part before shows what they still tell: its AUC before pairing and after; 0.5 is nothing." +
            last,
        results.origin({"matched-match.tsv", "matched.tar"},
                       "nonna-dataset testset --positives POSITIVES.tar --negatives NEGATIVES.tar --group-by folder "
                       "--match 14400 --split-lists matched=1:1:2:2 -o matched.tar"));
}

}    // namespace nonna
