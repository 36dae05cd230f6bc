// The small table of one folder's sweeps: guess, random weights, first stage, best neuron.
#include "report/results_folder.h"

#include "base/error.h"

#include <algorithm>
#include <cstdio>

namespace nonna
{

namespace
{

struct Interval {
    std::optional<double> low, high;
};

struct Best {
    std::string neuron, held_neuron;
    double accuracy = 0, positives = 0, negatives = 0;
    std::optional<double> auc, held_accuracy, held_auc, hit_rate, false_alarm_rate, balanced;
    bool silent = false;    // says yes below its threshold
    Interval accuracy_in, auc_in, held_accuracy_in, held_auc_in;
};

Interval interval(const Table& table, std::size_t row, const std::string& of)
{
    return {share_or_none(table, row, of + "_low"), share_or_none(table, row, of + "_high")};
}

std::string name_of(const Table& table, std::size_t row)
{
    const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
    return cell("layer") + "/" + cell("row") + "," + cell("col") + "," + cell("map");
}

// The row with the highest value (a neuron with a response that is no number has none), then the highest AUC (a sweep
// by counting has none), then the first.
std::size_t best_row(const Table& table, const std::string& accuracy, const std::string& auc)
{
    const auto second = [&](std::size_t row) { return share_or_none(table, row, auc).value_or(0); };
    std::size_t best = 0;
    for (std::size_t row = 1; row < table.rows.size(); ++row) {
        const double a = share_or_none(table, row, accuracy).value_or(-1),
                     b = share_or_none(table, best, accuracy).value_or(-1);
        if (a > b || (a == b && second(row) > second(best)))
            best = row;
    }
    return best;
}

std::optional<Best> read_best(const std::filesystem::path& path)
{
    if (!there(path))
        return std::nullopt;
    const Table table = read_table(path);
    if (table.rows.empty())
        throw Error(table.name, "no neurons in it");
    Best best;
    const std::size_t row = best_row(table, "accuracy", "auc");
    best.neuron = name_of(table, row);
    best.accuracy = share(table, row, "accuracy");
    best.auc = share_or_none(table, row, "auc");
    best.positives = table.number(row, table.column("positives"));
    best.negatives = table.number(row, table.column("negatives"));
    if (!(best.positives > 0 && best.negatives > 0 && best.positives + best.negatives < 1e15))
        throw Error(table.name, "line " + std::to_string(row + 2) + ": no numbers of positives and negatives");
    best.hit_rate = share_or_none(table, row, "hit_rate");
    best.false_alarm_rate = share_or_none(table, row, "false_alarm_rate");
    best.balanced = share_or_none(table, row, "balanced_accuracy");
    best.silent = finite_or_none(table, row, "polarity").value_or(1) < 0;
    best.accuracy_in = interval(table, row, "accuracy");
    best.auc_in = interval(table, row, "auc");
    if (table.has("choice_accuracy")) {
        const std::size_t chosen = best_row(table, "choice_accuracy", "choice_auc");
        best.held_neuron = name_of(table, chosen);
        best.held_accuracy = share(table, chosen, "held_accuracy");
        best.held_auc = share_or_none(table, chosen, "held_auc");
        best.held_accuracy_in = interval(table, chosen, "held_accuracy");
        best.held_auc_in = interval(table, chosen, "held_auc");
    }
    return best;
}

struct Line {
    std::string name;
    std::optional<double> accuracy, auc, held_accuracy, held_auc;
    const char *faces, *bodies;    // the paper's
    Interval accuracy_in, auc_in, held_accuracy_in, held_auc_in;
};

std::vector<Line> table_lines(const std::optional<Best>& random, const std::optional<Best>& first,
                              const std::optional<Best>& top)
{
    std::vector<Line> lines;
    const auto& any = top ? top : first ? first : random;
    if (any) {
        const double right = std::max(any->positives, any->negatives) / (any->positives + any->negatives);
        lines.push_back({"guess", right, 0.5, right, 0.5, "64.8 %", "64.8 %", {}, {}, {}, {}});
    }
    const auto add = [&](const std::optional<Best>& best, const char* name, const char* faces, const char* bodies) {
        if (best)
            lines.push_back({name, best->accuracy, best->auc, best->held_accuracy, best->held_auc, faces, bodies,
                             best->accuracy_in, best->auc_in, best->held_accuracy_in, best->held_auc_in});
    };
    add(random, "random weights", "67.0 %", "66.5 %");
    add(first, "best first-stage neuron", "71.0 %", "67.2 %");
    add(top, "best neuron", "81.7 %", "76.8 %");
    return lines;
}

std::string terminal_table(const std::vector<Line>& lines)
{
    const auto row = [](const std::string& name, const std::string& a, const std::string& b, const std::string& c,
                        const std::string& d) {
        char text[200];
        std::snprintf(text, sizeof text, "%-24s %10s %7s %19s %13s\n", name.c_str(), a.c_str(), b.c_str(), c.c_str(),
                      d.c_str());
        return std::string(text);
    };
    const auto plain = [](const std::string& text) { return text == no_value ? std::string("-") : text; };
    std::string text = row("", "accuracy", "AUC", "held-out accuracy", "held-out AUC");
    for (const Line& l : lines)
        text += row(l.name, percent(l.accuracy), plain(decimal(l.auc)), plain(percent(l.held_accuracy)),
                    plain(decimal(l.held_auc)));
    return text;
}

std::string with(const std::string& text, const Interval& interval, const char* format, double factor)
{
    if (!interval.low || !interval.high)
        return text;
    return text + "\n" + format_number(format, factor * *interval.low) + "\u2013" +
           format_number(format, factor * *interval.high);
}

void add_tiles(ResultsFolder& results, const Best& top, double guess)
{
    std::vector<Page::Tile> tiles;
    if (top.held_accuracy) {
        tiles.push_back(
            {"Right on images it was not chosen on", percent(top.held_accuracy), "neuron " + top.held_neuron});
        if (top.held_auc)
            tiles.push_back({"Held-out AUC", decimal(top.held_auc), "0.5 is chance, 1 is perfect"});
    }
    tiles.push_back({"Right on the images that chose it", percent(top.accuracy), "neuron " + top.neuron});
    tiles.push_back({"Right without looking", percent(guess), "always the larger class"});
    results.page.tiles(tiles);
}

}    // namespace

bool best_falls_silent(const ResultsFolder& results)
{
    if (!results.has("sweep-top.tsv"))
        return false;
    const Table table = read_table(results.file("sweep-top.tsv"));
    if (!table.has("polarity") || table.rows.empty())
        return false;
    const std::string prefix = table.has("choice_accuracy") ? "choice_" : "";
    return finite_or_none(table, best_row(table, prefix + "accuracy", prefix + "auc"), "polarity").value_or(1) < 0;
}

std::string add_numbers(ResultsFolder& results)
{
    const auto random = read_best(results.file("sweep-random.tsv")), first = read_best(results.file("sweep-first.tsv")),
               top = read_best(results.file("sweep-top.tsv"));
    for (const auto& [name, other] : {std::pair{"sweep-random.tsv", &random}, {"sweep-first.tsv", &first}})
        if (top && *other && ((*other)->positives != top->positives || (*other)->negatives != top->negatives))
            throw Error(results.file(name), "another test set than that of sweep-top.tsv");
    const std::string make_random = "nonna-sweep RANDOM.safetensors TEST.tar --held-out -o sweep-random.tsv",
                      make_first =
                          "nonna-sweep MODEL.safetensors TEST.tar --layer 1.norm --held-out -o sweep-first.tsv",
                      make_top = "nonna-sweep MODEL.safetensors TEST.tar --held-out -o sweep-top.tsv";
    const std::vector<Line> lines = table_lines(random, first, top);
    if (!lines.empty()) {
        results.heading("One neuron as a detector");
        if (top)
            add_tiles(results, *top, *lines[0].accuracy);
        const auto& any = top ? top : first ? first : random;
        PageTable wide;
        wide.caption = format_number("Test set: %.0f positives", any->positives) +
                       format_number(" and %.0f negatives", any->negatives);
        wide.rows = {
            {"", "accuracy", "AUC", "held\u2011out accuracy", "held\u2011out AUC", "paper: faces", "paper: bodies"}};
        wide.notes = 2;
        wide.strong = top ? lines.size() : 0;
        PageTable narrow = wide, papers;
        narrow.notes = 0;
        narrow.rows[0].resize(5);
        papers.caption = "The paper\u2019s own figures";
        papers.rows = {{"", "faces", "bodies"}};
        bool intervals = false;
        for (const Line& l : lines) {
            wide.rows.push_back({l.name, with(percent(l.accuracy), l.accuracy_in, "%.1f", 100),
                                 with(decimal(l.auc), l.auc_in, "%.3f", 1),
                                 with(percent(l.held_accuracy), l.held_accuracy_in, "%.1f", 100),
                                 with(decimal(l.held_auc), l.held_auc_in, "%.3f", 1), l.faces, l.bodies});
            narrow.rows.push_back({wide.rows.back().begin(), wide.rows.back().begin() + 5});
            papers.rows.push_back({l.name, l.faces, l.bodies});
            intervals = intervals || l.accuracy_in.low || l.held_accuracy_in.low;
        }
        std::string note;
        if (top) {
            note = "Best neuron: " + top->neuron + (top->silent ? ", which says yes by falling silent." : ".");
            if (top->hit_rate && top->false_alarm_rate)
                note += " At its threshold it says yes to " + percent(top->hit_rate) + " of the positives and to " +
                        percent(top->false_alarm_rate) + " of the negatives" +
                        (top->balanced ? "; balanced accuracy " + percent(top->balanced) : "") + ".";
            if (!top->held_neuron.empty())
                note += " Chosen on one half of the images: " + top->held_neuron + ".";
        }
        if (intervals)
            note += " Small figures: bootstrap interval.";
        results.page.tables(
            wide, {narrow, papers}, note,
            results.origin({"sweep-random.tsv", "sweep-first.tsv", "sweep-top.tsv"}, top     ? make_top
                                                                                     : first ? make_first
                                                                                             : make_random));
        results.page.paragraph(
            "Accuracy and AUC are those of the best of all the layer's neurons on the very images that chose it, as in "
            "the paper. That flatters: among many neurons some do well by luck, with random weights too. For the "
            "held-out columns neuron and threshold were chosen on one half of the images and scored on the other half, "
            "which had no say; compare those first.");
        results.page.paragraph(
            "The paper's figures are from other test sets and a far larger network; they show the order "
            "to expect, not a mark to reach.");
    }
    if (!random)
        results.missing("the row of random weights", make_random);
    if (!first)
        results.missing("the row of the first stage", make_first);
    if (!top)
        results.missing("the best neuron", make_top);
    return lines.empty() ? "" : terminal_table(lines);
}

}    // namespace nonna
