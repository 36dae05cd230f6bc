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

}    // namespace

std::string add_table1(ResultsFolder& results)
{
    const std::string usual = "nonna-reproduce --table1 STUDY";
    if (!results.has("table1.tsv")) {
        if (results.name.empty())
            results.missing("the table of the paper's Table 1", usual);
        return "";
    }
    const Table1 t = read_table1(read_table(results.file("table1.tsv")));
    const std::string auc = t.held_auc ? "held-out AUC" : "AUC";
    const std::string auc_heading = t.held_auc ? "held\u2011out AUC" : "AUC";    // does not break at the hyphen
    PageTable wide;
    wide.caption = "Accuracy of single detectors, %";
    wide.notes = 1;
    wide.rows = {{""}};
    std::vector<PageTable> narrow;
    std::string text;
    const auto find_strong = [](PageTable& table) {
        for (std::size_t r = 1; r < table.rows.size(); ++r)
            if (table.rows[r][0] == "best neuron")
                table.strong = r;
    };
    for (const std::string& of : t.concepts) {
        wide.groups.emplace_back(of, 4);
        for (const std::string& column :
             {std::string("all"), std::string("held out"), auc_heading, std::string("paper")})
            wide.rows[0].push_back(column);
        PageTable one;
        one.caption = of + ": accuracy, %";
        one.notes = 1;
        one.rows = {{"", "all", "held out", auc_heading, "paper"}};
        text += terminal_line(of, {"accuracy %", "held-out %", auc, "paper %"});
        for (const std::string& method : t.methods)
            if (t.has(method, of)) {
                std::vector<std::string> cells = cells_of(t.at(method, of), t.held_auc, "\n");
                cells.insert(cells.begin(), method);
                one.rows.push_back(cells);
                text += terminal_line(method, cells_of(t.at(method, of), t.held_auc, " "));
            }
        find_strong(one);
        narrow.push_back(std::move(one));
        text += &of == &t.concepts.back() ? "" : "\n";
    }
    for (const std::string& method : t.methods) {
        std::vector<std::string> line{method};
        for (const std::string& of : t.concepts)
            for (const std::string& cell : cells_of(t.at(method, of), t.held_auc, "\n"))
                line.push_back(cell);
        wide.rows.push_back(line);
    }
    find_strong(wide);
    results.heading("Single neurons and their rivals");
    results.page.tables(
        wide, narrow,
        "\u201cAll\u201d: chosen and scored on the same images, as in the paper; \u201cheld out\u201d: chosen "
        "on one half, scored on the other. \u201cPaper\u201d: the paper\u2019s own figure, from other test sets "
        "and a far larger network." +
            seeds_in_words(t.least_seeds, t.most_seeds),
        results.origin({"table1.tsv"}, usual));
    return text;
}

std::string add_sensitivity(ResultsFolder& results)
{
    const std::string usual = "nonna-reproduce --sensitivity STUDY field=12,14,16,18,20 maps=6,7,8,9,10";
    if (!results.has("sensitivity.tsv")) {
        if (results.name.empty())
            results.missing("how the field's size and the number of maps matter", usual);
        return "";
    }
    const Table table = read_table(results.file("sensitivity.tsv"));
    if (table.rows.empty())
        throw Error(table.name, "no results in it");
    struct Setting {
        double field, maps;
        Result result;
    };
    std::vector<Setting> settings;
    std::map<double, int> fields, maps;
    double least_seeds = 0, most_seeds = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const Setting s{table.finite(row, "field"), table.finite(row, "maps"), read_result(table, row)};
        ++fields[s.field];
        ++maps[s.maps];
        note_seeds(s.result.seeds, least_seeds, most_seeds);
        settings.push_back(s);
    }
    // One of the two is varied while the other stays at what most rows have.
    const auto usual_of = [](const std::map<double, int>& counts) {
        return std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; })
            ->first;
    };
    const double usual_field = usual_of(fields), usual_maps = usual_of(maps);

    std::vector<PageImage> images;
    for (const bool of_field : {true, false}) {
        std::vector<Setting> mine;
        for (const Setting& s : settings)
            if (of_field ? s.maps == usual_maps : s.field == usual_field)
                mine.push_back(s);
        std::stable_sort(mine.begin(), mine.end(), [&](const Setting& a, const Setting& b) {
            return of_field ? a.field < b.field : a.maps < b.maps;
        });
        if (mine.size() < 2)
            continue;
        std::vector<PlotCurve> curves;
        const std::string axis = of_field ? "side of the field, pixels" : "maps";
        std::string alt = "Accuracy in % against " + axis + ":";
        const auto add = [&](const char* title, int colour, bool dashed, auto value, auto deviation) {
            PlotCurve curve;
            curve.title = title;
            curve.colour = colour;
            curve.dots = true;
            curve.dashed = dashed;
            for (const Setting& s : mine)
                if (const std::optional<double> v = value(s.result)) {
                    const double x = of_field ? s.field : s.maps;
                    curve.points.emplace_back(x, 100 * *v);
                    const std::optional<double> sd = deviation(s.result);
                    curve.deviations.push_back(sd ? 100 * *sd : 0);
                    alt += (curve.points.size() > 1 ? ", " : std::string(curves.empty() ? " " : "; ") + title + " ") +
                           format_number("%.1f", 100 * *v) + " at " + format_number("%g", x);
                }
            if (std::all_of(curve.deviations.begin(), curve.deviations.end(), [](double d) { return d == 0; }))
                curve.deviations.clear();
            if (!curve.points.empty())
                curves.push_back(std::move(curve));
        };
        const auto no_sd = [](const Result&) { return std::optional<double>(); };
        add(
            "all", 0, false, [](const Result& r) { return r.accuracy; }, [](const Result& r) { return r.accuracy_sd; });
        add(
            "held out", 1, false, [](const Result& r) { return r.held_accuracy; },
            [](const Result& r) { return r.held_accuracy_sd; });
        add(
            "paper", 2, true, [](const Result& r) { return r.paper; }, no_sd);
        if (!curves.empty())
            images.push_back(
                drawing(plot_curves({"", axis, "accuracy, %"}, curves, small_plot, false), small_plot, alt));
    }

    PageTable shown;
    shown.caption = "Field, maps and accuracy, %";
    shown.notes = 1;
    shown.rows = {{"field", "maps", "all", "held out", "held-out AUC", "paper"}};
    std::string text = terminal_line("field, maps", {"accuracy %", "held-out %", "held-out AUC", "paper %"});
    for (const Setting& s : settings) {
        const std::string field = format_number("%g", s.field), map = format_number("%g", s.maps);
        std::vector<std::string> cells = cells_of(s.result, true, "\n");
        cells.insert(cells.begin(), {field, map});
        shown.rows.push_back(cells);
        text += terminal_line(field + ", " + map, cells_of(s.result, true, " "));
    }
    results.heading("Field size and number of maps");
    const Origin origin = results.origin({"sensitivity.tsv"}, usual);
    if (!images.empty())
        results.page.figure(images,
                            "One is varied while the other stays at " + format_number("%g", usual_field) +
                                " pixels or " + format_number("%g", usual_maps) +
                                " maps. The paper\u2019s figures are of its own data." +
                                seeds_in_words(least_seeds, most_seeds),
                            origin);
    results.page.table(shown, "", origin);
    return text;
}

}    // namespace nonna
