// Results over several networks: the table of Table 1's form, and how field and maps matter.
#include "report/results_folder.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
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

std::string with_sd(std::optional<double> value, std::optional<double> sd, const char* format, double factor,
                    const char* between)
{
    if (!value)
        return no_value;
    std::string text = format_number(format, factor * *value);
    return sd ? text + between + "\u00b1 " + format_number(format, factor * *sd) : text;
}

std::string tenths(std::optional<double> share) { return share ? format_number("%.1f", 100 * *share) : no_value; }

// A line of a terminal's table; a dash and a plus-minus there are plain letters.
std::string terminal_line(const std::string& name, const std::vector<std::string>& cells)
{
    char text[200];
    std::snprintf(text, sizeof text, "%-27.27s", name.c_str());
    std::string line = text;
    for (std::string cell : cells) {
        if (cell == no_value)
            cell = "-";
        if (const std::size_t at = cell.find("\u00b1"); at != std::string::npos)
            cell.replace(at, std::string("\u00b1").size(), "+-");
        std::snprintf(text, sizeof text, " %12s", cell.c_str());
        line += text;
    }
    return line + "\n";
}

struct Table1 {
    std::vector<std::string> concepts, methods;
    std::map<std::pair<std::string, std::string>, Result> results;    // by method, concept
    bool held_auc = false;
    double least_seeds = 0, most_seeds = 0;

    Result at(const std::string& method, const std::string& of) const
    {
        const auto found = results.find({method, of});
        return found == results.end() ? Result{} : found->second;
    }
    bool has(const std::string& method, const std::string& of) const { return results.contains({method, of}); }
};

void note_seeds(std::optional<double> seeds, double& least, double& most)
{
    if (!seeds || *seeds < 1)
        return;
    least = least == 0 ? *seeds : std::min(least, *seeds);
    most = std::max(most, *seeds);
}

std::string seeds_in_words(double least, double most)
{
    if (most <= 1)
        return "";
    return " Means over " +
           (least == most ? format_number("%.0f", most)
                          : format_number("%.0f", least) + " to " + format_number("%.0f", most)) +
           " seeds, \u00b1 one standard deviation between them.";
}

Table1 read_table1(const Table& table)
{
    Table1 t;
    const auto add_once = [](std::vector<std::string>& names, const std::string& name) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    };
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& of = table.rows[row][table.column("concept")];
        const std::string& method = table.rows[row][table.column("method")];
        if (of.empty() || method.empty())
            throw Error(table.name, "line " + std::to_string(row + 2) + ": no concept or no method");
        add_once(t.concepts, of);
        add_once(t.methods, method);
        const Result r = read_result(table, row);
        t.held_auc = t.held_auc || r.held_auc;
        note_seeds(r.seeds, t.least_seeds, t.most_seeds);
        if (!t.results.emplace(std::pair(method, of), r).second)
            throw Error(table.name, "line " + std::to_string(row + 2) + ": a second row of " + method + ", " + of);
    }
    if (t.methods.empty())
        throw Error(table.name, "no results in it");
    return t;
}

// accuracy, held-out accuracy, AUC (held-out where there is one), the paper's
std::vector<std::string> cells_of(const Result& r, bool held_auc, const char* between)
{
    return {with_sd(r.accuracy, r.accuracy_sd, "%.1f", 100, between),
            with_sd(r.held_accuracy, r.held_accuracy_sd, "%.1f", 100, between),
            held_auc ? with_sd(r.held_auc, r.held_auc_sd, "%.3f", 1, between)
                     : with_sd(r.auc, r.auc_sd, "%.3f", 1, between),
            tenths(r.paper)};
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

Table1Pages table1_pages(const Table1& t)
{
    const std::vector<std::string> columns = {"all", "held out", t.held_auc ? "held\u2011out AUC" : "AUC", "paper"};
    Table1Pages pages;
    PageTable& wide = pages.wide;
    wide.caption = "Accuracy of single detectors, %";
    wide.notes = 1;
    wide.rows = {{""}};
    for (const std::string& of : t.concepts) {
        wide.groups.emplace_back(of, int(columns.size()));
        wide.rows[0].insert(wide.rows[0].end(), columns.begin(), columns.end());
        PageTable& one = pages.narrow.emplace_back();
        one.caption = of + ": accuracy, %";
        one.notes = 1;
        one.rows = {{""}};
        one.rows[0].insert(one.rows[0].end(), columns.begin(), columns.end());
        for (const std::string& method : t.methods)
            if (t.has(method, of)) {    // not every method is there for every concept
                std::vector<std::string> cells = cells_of(t.at(method, of), t.held_auc, "\n");
                cells.insert(cells.begin(), method);
                one.rows.push_back(std::move(cells));
            }
        mark_best(one);
    }
    for (const std::string& method : t.methods) {
        std::vector<std::string> line{method};
        for (const std::string& of : t.concepts)
            for (const std::string& cell : cells_of(t.at(method, of), t.held_auc, "\n"))
                line.push_back(cell);
        wide.rows.push_back(std::move(line));
    }
    mark_best(wide);
    return pages;
}

// A block a concept, with an empty line between.
std::string table1_text(const Table1& t)
{
    std::string text;
    for (const std::string& of : t.concepts) {
        if (!text.empty())
            text += "\n";
        text += terminal_line(of, {"accuracy %", "held-out %", t.held_auc ? "held-out AUC" : "AUC", "paper %"});
        for (const std::string& method : t.methods)
            if (t.has(method, of))
                text += terminal_line(method, cells_of(t.at(method, of), t.held_auc, " "));
    }
    return text;
}

struct Setting {
    double field, maps;
    Result result;
};

struct Sensitivity {
    std::vector<Setting> settings;
    double usual_field = 0, usual_maps = 0;    // one is varied while the other stays at this
    double least_seeds = 0, most_seeds = 0;
};

Sensitivity read_sensitivity(const Table& table)
{
    if (table.rows.empty())
        throw Error(table.name, "no results in it");
    Sensitivity s;
    std::map<double, int> fields, maps;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        s.settings.push_back({table.finite(row, "field"), table.finite(row, "maps"), read_result(table, row)});
        ++fields[s.settings.back().field];
        ++maps[s.settings.back().maps];
        note_seeds(s.settings.back().result.seeds, s.least_seeds, s.most_seeds);
    }
    // The file does not say which network was varied: what most rows have is that one's.
    const auto most_frequent = [](const std::map<double, int>& counts) {
        return std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; })
            ->first;
    };
    s.usual_field = most_frequent(fields);
    s.usual_maps = most_frequent(maps);
    return s;
}

// One kind of figure against the settings that have it, and what a screen reader says of it: "all 79.1 at 16, ...".
struct SpokenCurve {
    PlotCurve curve;
    std::string words;
};
SpokenCurve curve_of(const std::vector<Setting>& settings, bool of_field, const std::string& title,
                     std::optional<double> Result::*value, std::optional<double> Result::*deviation)
{
    SpokenCurve c;
    c.curve.title = title;
    c.curve.dots = true;
    for (const Setting& s : settings)
        if (const std::optional<double> v = s.result.*value) {
            const double x = of_field ? s.field : s.maps;
            const std::optional<double> sd = deviation ? s.result.*deviation : std::nullopt;
            c.words += (c.curve.points.empty() ? title + " " : ", ") + format_number("%.1f", 100 * *v) + " at " +
                       format_number("%g", x);
            c.curve.points.emplace_back(x, 100 * *v);
            c.curve.deviations.push_back(sd ? 100 * *sd : 0);
        }
    if (std::all_of(c.curve.deviations.begin(), c.curve.deviations.end(), [](double d) { return d == 0; }))
        c.curve.deviations.clear();    // no bars of no length
    return c;
}

// Accuracy against the field's side or the number of maps, the other as usual; nothing where only one value was tried.
std::optional<PageImage> sensitivity_drawing(const Sensitivity& all, bool of_field)
{
    std::vector<Setting> mine;
    for (const Setting& s : all.settings)
        if (of_field ? s.maps == all.usual_maps : s.field == all.usual_field)
            mine.push_back(s);
    if (mine.size() < 2)
        return std::nullopt;
    std::stable_sort(mine.begin(), mine.end(), [&](const Setting& a, const Setting& b) {
        return of_field ? a.field < b.field : a.maps < b.maps;
    });
    SpokenCurve tries[] = {curve_of(mine, of_field, "all", &Result::accuracy, &Result::accuracy_sd),
                           curve_of(mine, of_field, "held out", &Result::held_accuracy, &Result::held_accuracy_sd),
                           curve_of(mine, of_field, "paper", &Result::paper, nullptr)};
    tries[2].curve.dashed = true;
    const std::string axis = of_field ? "side of the field, pixels" : "maps";
    std::string alt = "Accuracy in % against " + axis + ":";
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
    return drawing(plot_curves({"", axis, "accuracy, %"}, curves, small_plot, false), small_plot, alt);
}

}    // namespace

std::string add_table1(ResultsFolder& results)
{
    const std::string usual = "nonna-reproduce --table1 STUDY";
    if (!results.has("table1.tsv")) {
        if (results.name.empty())    // a sub-folder, of one concept, misses nothing
            results.missing("the table of the paper's Table 1", usual);
        return "";
    }
    const Table1 t = read_table1(read_table(results.file("table1.tsv")));
    const Table1Pages pages = table1_pages(t);
    results.heading("Single neurons and their rivals");
    results.page.tables(
        pages.wide, pages.narrow,
        "\u201cAll\u201d: chosen and scored on the same images, as in the paper; \u201cheld out\u201d: chosen "
        "on one half, scored on the other. \u201cPaper\u201d: the paper\u2019s own figure, from other test sets "
        "and a far larger network." +
            seeds_in_words(t.least_seeds, t.most_seeds),
        results.origin({"table1.tsv"}, usual));
    return table1_text(t);
}

// One drawing for the field, one for the maps, and a table of all: a network in which both differ from the usual is in
// the table alone.
std::string add_sensitivity(ResultsFolder& results)
{
    const std::string usual = "nonna-reproduce --sensitivity STUDY field=12,14,16,18,20 maps=6,7,8,9,10";
    if (!results.has("sensitivity.tsv")) {
        if (results.name.empty())
            results.missing("how the field's size and the number of maps matter", usual);
        return "";
    }
    const Sensitivity s = read_sensitivity(read_table(results.file("sensitivity.tsv")));
    std::vector<PageImage> images;
    for (const bool of_field : {true, false})
        if (std::optional<PageImage> image = sensitivity_drawing(s, of_field))
            images.push_back(std::move(*image));

    PageTable shown;
    shown.caption = "Field, maps and accuracy, %";
    shown.notes = 1;
    shown.rows = {{"field", "maps", "all", "held out", "held-out AUC", "paper"}};
    std::string text = terminal_line("field, maps", {"accuracy %", "held-out %", "held-out AUC", "paper %"});
    for (const Setting& setting : s.settings) {
        const std::string field = format_number("%g", setting.field), map = format_number("%g", setting.maps);
        std::vector<std::string> cells = cells_of(setting.result, true, "\n");
        cells.insert(cells.begin(), {field, map});
        shown.rows.push_back(cells);
        text += terminal_line(field + ", " + map, cells_of(setting.result, true, " "));
    }
    results.heading("Field size and number of maps");
    const Origin origin = results.origin({"sensitivity.tsv"}, usual);
    if (!images.empty())
        results.page.figure(images,
                            "One is varied while the other stays at " + format_number("%g", s.usual_field) +
                                " pixels or " + format_number("%g", s.usual_maps) +
                                " maps. The paper\u2019s figures are of its own data." +
                                seeds_in_words(s.least_seeds, s.most_seeds),
                            origin);
    results.page.table(shown, "", origin);
    return text;
}

}    // namespace nonna
