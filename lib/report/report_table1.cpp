// Results over several networks: the tables of Table 1's form, one for each test, and how the settings matter.
#include "report/results_folder.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nonna
{

namespace
{

struct Result {
    std::optional<double> accuracy, accuracy_sd, auc, auc_sd, held_accuracy, held_accuracy_sd, held_auc, held_auc_sd,
        paper, seeds;
};

Result read_result(const Table& table, std::size_t row)
{
    Result r;
    r.accuracy = table.share_or_none(row, "accuracy");
    r.accuracy_sd = table.finite_or_none(row, "accuracy_sd");
    r.auc = table.share_or_none(row, "auc");
    r.auc_sd = table.finite_or_none(row, "auc_sd");
    r.held_accuracy = table.share_or_none(row, "held_accuracy");
    r.held_accuracy_sd = table.finite_or_none(row, "held_accuracy_sd");
    r.held_auc = table.share_or_none(row, "held_auc");
    r.held_auc_sd = table.finite_or_none(row, "held_auc_sd");
    r.paper = table.share_or_none(row, "paper");
    r.seeds = table.finite_or_none(row, "seeds");
    return r;
}

std::string tenths(std::optional<double> share) { return share ? format_number("%.1f", 100 * *share) : no_value; }

// What a table's rows have: a column that none of them fills is not shown, or shown with what there is in its stead.
struct Filled {
    bool held_auc = false, paper = false;
    void note(const Result& r)
    {
        held_auc = held_auc || r.held_auc;
        paper = paper || r.paper;
    }
};

// accuracy, held-out accuracy, AUC (held-out where there is one), the paper's
std::vector<std::string> cells_of(const Result& r, Filled filled, const char* between)
{
    std::vector<std::string> cells = {with_sd(r.accuracy, r.accuracy_sd, "%.1f", 100, between),
                                      with_sd(r.held_accuracy, r.held_accuracy_sd, "%.1f", 100, between),
                                      filled.held_auc ? with_sd(r.held_auc, r.held_auc_sd, "%.3f", 1, between)
                                                      : with_sd(r.auc, r.auc_sd, "%.3f", 1, between)};
    if (filled.paper)
        cells.push_back(tenths(r.paper));
    return cells;
}

std::vector<std::string> page_columns(Filled filled)
{
    std::vector<std::string> columns = {"all", "held out", filled.held_auc ? "held\u2011out AUC" : "AUC"};
    if (filled.paper)
        columns.push_back("paper");
    return columns;
}

std::vector<std::string> terminal_columns(Filled filled)
{
    std::vector<std::string> columns = {"accuracy %", "held-out %", filled.held_auc ? "held-out AUC" : "AUC"};
    if (filled.paper)
        columns.push_back("paper %");
    return columns;
}

void add_once(std::vector<std::string>& names, const std::string& name)
{
    if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
}

// The results of one test. A table without the column `test` is one of a nameless test.
struct Test {
    std::string name;
    std::vector<std::string> concepts, methods;
    std::map<std::pair<std::string, std::string>, Result> results;    // by method, concept
    Filled filled;
    SeedCounts seeds;

    Result at(const std::string& method, const std::string& of) const
    {
        const auto found = results.find({method, of});
        return found == results.end() ? Result{} : found->second;
    }
    bool has(const std::string& method, const std::string& of) const { return results.contains({method, of}); }
};

struct TestName {
    const char *name, *title;
};
// In the page's order.
constexpr TestName known_tests[] = {
    {"test", "Grey squares, jittered, equally sharp"},
    {"matched", "The same positives among distractors with their low-level looks (half of the pictures)"},
    {"colour", "The paper's own protocol, in colour"},
};

std::string title_of(const std::string& test)
{
    for (const TestName& known : known_tests)
        if (test == known.name)
            return known.title;
    return test;
}

// Known tests in their order, then others in the order they first stand in.
std::vector<Test> read_table1(const Table& table)
{
    std::vector<std::string> order;
    for (const TestName& known : known_tests)
        order.push_back(known.name);
    std::map<std::string, Test> tests;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
        const std::string of = cell("concept"), method = cell("method"), test = table.has("test") ? cell("test") : "";
        if (of.empty() || method.empty() || (table.has("test") && test.empty()))
            throw Error(table.name, table.line(row) + ": no concept, test or method");
        add_once(order, test);
        Test& t = tests[test];
        t.name = test;
        add_once(t.concepts, of);
        add_once(t.methods, method);
        const Result r = read_result(table, row);
        t.filled.note(r);
        t.seeds.note(r.seeds);
        if (!t.results.emplace(std::pair(method, of), r).second)
            throw Error(table.name, table.line(row) + ": a second row of " + method + ", " + of +
                                        (test.empty() ? "" : ", " + test));
    }
    if (tests.empty())
        throw Error(table.name, "no results in it");
    std::vector<Test> found;
    for (const std::string& name : order)
        if (tests.contains(name))
            found.push_back(std::move(tests[name]));
    for (Test& t : found)
        order_concepts(t.concepts);
    return found;
}

// On a wide screen all concepts stand side by side, on a narrow one each has a table of its own.
struct Table1Pages {
    PageTable wide;
    std::vector<PageTable> narrow;
};

// The row that the table is about.
void mark_best(PageTable& table)
{
    for (std::size_t row = 1; row < table.rows.size(); ++row)
        if (table.rows[row][0] == "best neuron")
            table.strong = row;
}

// The paper's column is only where the concept is the paper's.
Filled filled_of(const Test& t, const std::string& of)
{
    Filled filled = t.filled;
    filled.paper = std::any_of(t.methods.begin(), t.methods.end(),
                               [&](const std::string& method) { return t.at(method, of).paper.has_value(); });
    return filled;
}

Table1Pages table1_pages(const Test& t)
{
    Table1Pages pages;
    PageTable& wide = pages.wide;
    wide.caption = "Accuracy of single detectors, %";
    wide.best = true;
    wide.rows = {{""}};
    for (const std::string& method : t.methods)
        wide.rows.push_back({method});
    for (const std::string& of : t.concepts) {
        const Filled filled = filled_of(t, of);
        const std::vector<std::string> columns = page_columns(filled);
        wide.groups.push_back({of, int(columns.size()), filled.paper});
        wide.rows[0].insert(wide.rows[0].end(), columns.begin(), columns.end());
        PageTable& one = pages.narrow.emplace_back();
        one.caption = of + ": accuracy, %";
        one.best = true;
        one.notes = filled.paper;
        one.rows = {{""}};
        one.rows[0].insert(one.rows[0].end(), columns.begin(), columns.end());
        for (std::size_t m = 0; m < t.methods.size(); ++m) {
            std::vector<std::string> cells = cells_of(t.at(t.methods[m], of), filled, "\n");
            wide.rows[m + 1].insert(wide.rows[m + 1].end(), cells.begin(), cells.end());
            if (!t.has(t.methods[m], of))    // not every method is there for every concept
                continue;
            cells.insert(cells.begin(), t.methods[m]);
            one.rows.push_back(std::move(cells));
        }
        mark_best(one);
    }
    mark_best(wide);
    return pages;
}

// A block a concept, with an empty line between.
std::string table1_text(const Test& t)
{
    std::string text;
    for (const std::string& of : t.concepts) {
        if (!text.empty())
            text += "\n";
        const Filled filled = filled_of(t, of);
        text += terminal_line(of + (t.name.empty() ? "" : ", " + t.name), terminal_columns(filled));
        for (const std::string& method : t.methods)
            if (t.has(method, of))
                text += terminal_line(method, cells_of(t.at(method, of), filled, " "));
    }
    return text;
}

std::string table1_note(const Test& t)
{
    std::string note = t.name.empty()
                           ? "\u201cAll\u201d: chosen and scored on the same images, as in the paper; \u201cheld "
                             "out\u201d: chosen on one half, scored on the other."
                           : "\u201cHeld out\u201d: neuron and threshold were chosen on one part of the test, by AUC, "
                             "and scored on another, which shares no person, film or class of scenes with it. "
                             "\u201cAll\u201d: chosen and scored on both parts together, which flatters.";
    if (t.filled.paper)
        note += " \u201cPaper\u201d: the paper\u2019s own figure, from other test sets and a far larger network.";
    return note + t.seeds.in_words() + " Bold: the best of a column.";
}

// A network of the study in which one setting has another value.
struct Setting {
    double value;
    Result result;
};

struct Sensitivity {
    std::vector<std::string> order;    // of the settings' names, as they first stand in
    std::map<std::string, std::vector<Setting>> settings;
    Filled filled{true, false};
    SeedCounts seeds;
};

struct SettingName {
    const char *name, *axis;
    bool factors;    // its values are a factor apart
};
constexpr SettingName known_settings[] = {
    {"field", "side of the field, pixels", false},
    {"maps", "maps", false},
    {"lambda", "lambda, the weight of sparsity", true},
    {"norm", "window of the normalisation, pixels", false},
    {"rate", "rate of training", true},
};

SettingName setting_named(const std::string& name)
{
    for (const SettingName& known : known_settings)
        if (name == known.name)
            return known;
    return {name.c_str(), name.c_str(), false};
}

Sensitivity read_sensitivity(const Table& table)
{
    if (table.rows.empty())
        throw Error(table.name, "no results in it");
    Sensitivity s;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& name = table.rows[row][table.column("setting")];
        if (name.empty())
            throw Error(table.name, table.line(row) + ": no setting");
        add_once(s.order, name);
        const Setting setting{table.finite(row, "value"), read_result(table, row)};
        std::vector<Setting>& others = s.settings[name];
        if (std::any_of(others.begin(), others.end(), [&](const Setting& o) { return o.value == setting.value; }))
            throw Error(table.name,
                        table.line(row) + ": a second row of " + name + " " + format_number("%g", setting.value));
        others.push_back(setting);
        s.filled.note(setting.result);
        s.seeds.note(setting.result.seeds);
    }
    for (auto& [name, settings] : s.settings)
        std::sort(settings.begin(), settings.end(),
                  [](const Setting& a, const Setting& b) { return a.value < b.value; });
    return s;
}

// One kind of figure against the settings that have it, and what a screen reader says of it: "all 79.1 at 16, ...".
struct SpokenCurve {
    PlotCurve curve;
    std::string words;
};
SpokenCurve curve_of(const std::vector<Setting>& settings, const std::string& title,
                     std::optional<double> Result::*value, std::optional<double> Result::*deviation)
{
    SpokenCurve c;
    c.curve.title = title;
    c.curve.dots = true;
    for (const Setting& s : settings)
        if (const std::optional<double> v = s.result.*value) {
            c.words += (c.curve.points.empty() ? title + " " : ", ") + format_number("%.1f", 100 * *v) + " at " +
                       format_number("%g", s.value);
            c.curve.points.emplace_back(s.value, 100 * *v);
            c.curve.deviations.push_back(deviation ? 100 * (s.result.*deviation).value_or(0) : 0);
        }
    if (std::all_of(c.curve.deviations.begin(), c.curve.deviations.end(), [](double d) { return d == 0; }))
        c.curve.deviations.clear();    // no bars of no length
    return c;
}

// Accuracy against one setting; nothing where only one value was tried.
std::optional<PageImage> sensitivity_drawing(const std::string& name, const std::vector<Setting>& settings)
{
    if (settings.size() < 2)
        return std::nullopt;
    const SettingName setting = setting_named(name);
    SpokenCurve tries[] = {curve_of(settings, "all", &Result::accuracy, &Result::accuracy_sd),
                           curve_of(settings, "held out", &Result::held_accuracy, &Result::held_accuracy_sd),
                           curve_of(settings, "paper", &Result::paper, nullptr)};
    tries[2].curve.dashed = true;
    std::string alt = std::string("Accuracy in % against ") + setting.axis + ":";
    std::vector<PlotCurve> curves;
    for (int colour = 0; colour < int(std::size(tries)); ++colour) {    // a kind keeps its colour where another lacks
        SpokenCurve& c = tries[colour];
        if (c.curve.points.empty())
            continue;
        c.curve.colour = colour;
        alt += (curves.empty() ? " " : "; ") + c.words;
        curves.push_back(std::move(c.curve));
    }
    if (curves.empty())
        return std::nullopt;
    PlotText text{"", setting.axis, "accuracy, %"};
    text.log_x = setting.factors && settings.front().value > 0;    // they are in order
    return drawing(plot_curves(text, curves, small_plot, false), small_plot, alt);
}

}    // namespace

// Of the first test, which is the main one.
std::vector<Finding> findings_of_table1(const std::filesystem::path& file)
{
    std::vector<Finding> findings;
    const Test t = read_table1(read_table(file)).front();
    for (const std::string& of : t.concepts) {
        const Result neuron = t.at("best neuron", of);
        Finding f;
        f.thing = of;
        f.held_out = neuron.held_accuracy.has_value();
        f.seeds = neuron.seeds.value_or(1);
        for (const std::string& method : t.methods) {
            const Result r = t.at(method, of);
            if (const auto& right = f.held_out ? r.held_accuracy : r.accuracy)
                f.detectors.push_back({method, right, f.held_out ? r.held_auc : r.auc});
        }
        findings.push_back(std::move(f));
    }
    return findings;
}

std::string add_table1(ResultsFolder& results)
{
    const std::string usual = "nonna-reproduce --table1 STUDY";
    if (!results.has("table1.tsv")) {
        if (results.name.empty())    // a sub-folder, of one concept, misses nothing
            results.missing("the table of the paper's Table 1", usual);
        return "";
    }
    results.heading("Single neurons and their rivals");
    std::string text;
    for (const Test& t : read_table1(read_table(results.file("table1.tsv")))) {
        if (!t.name.empty())
            results.page.heading(results.level() + 1, title_of(t.name));
        const Table1Pages pages = table1_pages(t);
        results.page.tables(pages.wide, pages.narrow, table1_note(t), results.origin({"table1.tsv"}, usual));
        text += (text.empty() ? "" : "\n") + table1_text(t);
    }
    return text;
}

// A drawing for each setting, and a table of all.
std::string add_sensitivity(ResultsFolder& results)
{
    const std::string usual = "nonna-reproduce --sensitivity STUDY field=12,14,16,18,20 maps=6,7,8,9,10";
    if (!results.has("sensitivity.tsv")) {
        if (results.name.empty())
            results.missing("how the network's settings matter", usual);
        return "";
    }
    const Sensitivity s = read_sensitivity(read_table(results.file("sensitivity.tsv")));
    std::vector<PageImage> images;
    PageTable shown;
    shown.caption = "Accuracy with one setting changed, %";
    shown.notes = s.filled.paper;
    shown.rows = {page_columns(s.filled)};
    shown.rows[0].insert(shown.rows[0].begin(), "setting");
    std::string text = terminal_line("setting", terminal_columns(s.filled));
    for (const std::string& name : s.order) {
        const std::vector<Setting>& settings = s.settings.at(name);
        if (std::optional<PageImage> image = sensitivity_drawing(name, settings))
            images.push_back(std::move(*image));
        for (const Setting& setting : settings) {
            const std::string row = name + " " + format_number("%g", setting.value);
            std::vector<std::string> cells = cells_of(setting.result, s.filled, "\n");
            cells.insert(cells.begin(), row);
            shown.rows.push_back(std::move(cells));
            text += terminal_line(row, cells_of(setting.result, s.filled, " "));
        }
    }
    results.heading("How the settings matter");
    const Origin origin = results.origin({"sensitivity.tsv"}, usual);
    const std::string note =
        "One setting is changed at a time, the others stay those of the network. Neuron and threshold were chosen on "
        "one part of the test, by AUC, and scored on another, which shares no person, film or class of scenes with it; "
        "the tables of single neurons and their rivals are made from neither of these two." +
        std::string(s.filled.paper ? " The paper\u2019s figures are of its own data." : "") + s.seeds.in_words();
    if (!images.empty())
        results.page.figure(images, note, origin);
    results.page.table(shown, images.empty() ? note : "", origin);
    return text;
}

}    // namespace nonna
