// The small table of one folder's sweeps: guess, random weights, first stage, best neuron.
#include "report/results_folder.h"

#include "analysis/sweep.h"
#include "base/error.h"
#include "report/paper_figures.h"

#include <algorithm>
#include <cstdio>

namespace nonna
{

namespace
{

// What a sweep found: the figures of the best on all images, as in the paper, and of the chosen one, which is another
// where one part of the images chose; its held-out figures are those on the other part.
struct Best {
    std::string neuron, chosen;
    std::string by;    // "accuracy", "AUC"
    double accuracy = 0, positives = 0, negatives = 0;
    std::optional<double> auc, held_accuracy, held_auc;
    std::optional<double> chosen_accuracy, hit_rate, false_alarm_rate, balanced;    // the chosen one's, on all images
    bool silent = false;                                                            // it says yes below its threshold
    std::optional<Interval> accuracy_in, auc_in, held_accuracy_in, held_auc_in;
};

std::string words_of(ChooseBy by) { return by == ChooseBy::auc ? "AUC" : "accuracy"; }

std::optional<Interval> interval(const Table& table, std::size_t row, const std::string& of)
{
    const std::optional<double> low = table.share_or_none(row, of + "_low"),
                                high = table.share_or_none(row, of + "_high");
    return low && high ? std::optional(Interval{*low, *high}) : std::nullopt;
}

std::optional<Best> read_best(const std::filesystem::path& path)
{
    if (!there(path))
        return std::nullopt;
    const SweepTable sweep(path);
    const Table& table = sweep.table;
    Best best;
    const std::size_t row = sweep.best(sweep.of_all_images());
    best.neuron = sweep.neuron(row);
    best.accuracy = table.share(row, "accuracy");
    best.auc = table.share_or_none(row, "auc");
    best.positives = table.number(row, table.column("positives"));
    best.negatives = table.number(row, table.column("negatives"));
    if (!(best.positives > 0 && best.negatives > 0 && best.positives + best.negatives < 1e15))
        throw Error(table.name, table.line(row) + ": no numbers of positives and negatives");
    best.accuracy_in = interval(table, row, "accuracy");
    best.auc_in = interval(table, row, "auc");
    const std::size_t chosen = sweep.best();
    best.chosen = sweep.neuron(chosen);
    best.by = words_of(sweep.chosen_by());
    best.chosen_accuracy = table.share_or_none(chosen, "accuracy");
    best.hit_rate = table.share_or_none(chosen, "hit_rate");
    best.false_alarm_rate = table.share_or_none(chosen, "false_alarm_rate");
    best.balanced = table.share_or_none(chosen, "balanced_accuracy");
    best.silent = sweep.polarity(chosen) < 0;
    if (table.has("choice_accuracy")) {
        best.held_accuracy = table.share(chosen, "held_accuracy");
        best.held_auc = table.share_or_none(chosen, "held_auc");
        best.held_accuracy_in = interval(table, chosen, "held_accuracy");
        best.held_auc_in = interval(table, chosen, "held_auc");
    }
    return best;
}

struct Line {
    std::string name;
    std::optional<double> accuracy, auc, held_accuracy, held_auc;
    std::optional<Interval> accuracy_in, auc_in, held_accuracy_in, held_auc_in;
};

// The folder's three sweeps, as far as they are there.
struct Sweeps {
    std::optional<Best> random, first, top;

    // The network's, or else what comes nearest: all are of one test set.
    const std::optional<Best>& any() const { return top ? top : first ? first : random; }
};

std::vector<Line> table_lines(const Sweeps& sweeps)
{
    std::vector<Line> lines;
    if (const auto& any = sweeps.any()) {
        const double right = std::max(any->positives, any->negatives) / (any->positives + any->negatives);
        lines.push_back({"guess", right, 0.5, right, 0.5, {}, {}, {}, {}});
    }
    const auto add = [&](const std::optional<Best>& best, const char* name) {
        if (best)
            lines.push_back({name, best->accuracy, best->auc, best->held_accuracy, best->held_auc, best->accuracy_in,
                             best->auc_in, best->held_accuracy_in, best->held_auc_in});
    };
    add(sweeps.random, "random weights");
    add(sweeps.first, "best first-stage neuron");
    add(sweeps.top, "best neuron");
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

std::string with(const std::string& text, const std::optional<Interval>& interval, const char* format, double factor)
{
    if (!interval)
        return text;
    return text + "\n" + format_number(format, factor * interval->low) + "\u2013" +
           format_number(format, factor * interval->high);
}

// All of the one neuron that the page is about.
void add_tiles(ResultsFolder& results, const Best& top, double guess)
{
    std::vector<Page::Tile> tiles;
    const std::string neuron = "neuron " + top.chosen;
    if (top.held_accuracy) {
        tiles.push_back({"Right on images it was not chosen on", percent(top.held_accuracy), neuron});
        if (top.held_auc)
            tiles.push_back({"Held-out AUC", decimal(top.held_auc), "0.5 is chance, 1 is perfect"});
        tiles.push_back({"Right on all images", percent(top.chosen_accuracy), "those that chose it too"});
    } else {
        tiles.push_back({"Right on the images that chose it", percent(top.chosen_accuracy), neuron});
    }
    tiles.push_back({"Right without looking", percent(guess), "always the larger class"});
    results.page.tiles(tiles);
}

std::string in_words(const Best& top)
{
    std::string note = "Best neuron: " + top.chosen + ", chosen by " + top.by +
                       (top.held_accuracy ? " on one part of the images and scored on another" : "") +
                       (top.silent ? ", which says yes by falling silent." : ".");
    if (top.hit_rate && top.false_alarm_rate)
        note += " At its threshold on all images it says yes to " + percent(top.hit_rate) +
                " of the positives and to " + percent(top.false_alarm_rate) + " of the negatives" +
                (top.balanced ? "; balanced accuracy " + percent(top.balanced) : "") + ".";
    if (top.neuron != top.chosen)
        note += " On all images " + top.neuron + " has the best " + top.by + "; the first two columns are its.";
    return note;
}

// The figures beside the paper's own; on a narrow screen these become a second table.
void add_table(ResultsFolder& results, const std::vector<Line>& lines, const Sweeps& sweeps, const Origin& origin)
{
    const auto& any = sweeps.any();
    PageTable wide;
    wide.caption = format_number("Test set: %.0f positives", any->positives) +
                   format_number(" and %.0f negatives", any->negatives);
    wide.rows = {
        {"", "accuracy", "AUC", "held\u2011out accuracy", "held\u2011out AUC", "paper: faces", "paper: bodies"}};
    wide.notes = 2;
    wide.strong = sweeps.top ? lines.size() : 0;
    PageTable narrow = wide, papers;
    narrow.notes = 0;
    narrow.rows[0].resize(5);
    papers.caption = "The paper\u2019s own figures";
    papers.rows = {{"", "faces", "bodies"}};
    bool intervals = false;
    for (const Line& l : lines) {
        const std::string faces = percent(paper_accuracy("faces", l.name)),
                          bodies = percent(paper_accuracy("bodies", l.name));
        wide.rows.push_back({l.name, with(percent(l.accuracy), l.accuracy_in, "%.1f", 100),
                             with(decimal(l.auc), l.auc_in, "%.3f", 1),
                             with(percent(l.held_accuracy), l.held_accuracy_in, "%.1f", 100),
                             with(decimal(l.held_auc), l.held_auc_in, "%.3f", 1), faces, bodies});
        narrow.rows.push_back({wide.rows.back().begin(), wide.rows.back().begin() + 5});
        papers.rows.push_back({l.name, faces, bodies});
        intervals = intervals || l.accuracy_in || l.held_accuracy_in;
    }
    std::string note;
    if (sweeps.top)
        note = in_words(*sweeps.top);
    if (intervals)
        note += " Small figures: bootstrap interval.";
    results.page.tables(wide, {narrow, papers}, note, origin);
}

}    // namespace

std::optional<ChosenNeuron> chosen_neuron(const ResultsFolder& results)
{
    if (!results.has("sweep-top.tsv"))
        return std::nullopt;
    const SweepTable sweep(results.file("sweep-top.tsv"));
    const Table& table = sweep.table;
    const std::size_t row = sweep.best();
    return ChosenNeuron{sweep.neuron(row),
                        sweep.polarity(row) < 0,
                        table.has("choice_accuracy"),
                        words_of(sweep.chosen_by()),
                        table.share_or_none(row, "auc"),
                        table.finite_or_none(row, "positives"),
                        table.finite_or_none(row, "negatives")};
}

// Three rows at most: random weights, the first stage, the top. Each is there only if its sweep is, and all must be of
// one test set: a table invites comparison, and figures of two tests cannot be compared.
std::string add_numbers(ResultsFolder& results)
{
    const Sweeps sweeps{read_best(results.file("sweep-random.tsv")), read_best(results.file("sweep-first.tsv")),
                        read_best(results.file("sweep-top.tsv"))};
    const auto& [random, first, top] = sweeps;
    for (const auto& [name, other] : {std::pair{"sweep-random.tsv", &random}, {"sweep-first.tsv", &first}})
        if (top && *other && ((*other)->positives != top->positives || (*other)->negatives != top->negatives))
            throw Error(results.file(name), "another test set than that of sweep-top.tsv");
    const std::string make_random = "nonna-sweep RANDOM.safetensors TEST.tar --held-out -o sweep-random.tsv",
                      make_first =
                          "nonna-sweep MODEL.safetensors TEST.tar --layer 1.norm --held-out -o sweep-first.tsv",
                      make_top = "nonna-sweep MODEL.safetensors TEST.tar --held-out -o sweep-top.tsv";
    if (!random)
        results.missing("the row of random weights", make_random);
    if (!first)
        results.missing("the row of the first stage", make_first);
    if (!top)
        results.missing("the best neuron", make_top);
    const std::vector<Line> lines = table_lines(sweeps);
    if (lines.empty())
        return "";

    results.heading("One neuron as a detector");
    if (top)
        add_tiles(results, *top, *lines[0].accuracy);
    // Where nobody noted how the table was made, the command of its most important row stands below it.
    const std::string& usual_without_top = first ? make_first : make_random;
    const std::string& usual = top ? make_top : usual_without_top;
    add_table(results, lines, sweeps, results.origin({"sweep-random.tsv", "sweep-first.tsv", "sweep-top.tsv"}, usual));
    results.page.paragraph(
        "Accuracy and AUC are those of the neuron with the best " + sweeps.any()->by +
        " of the whole layer, on the very images that chose it, as in the paper" +
        (sweeps.any()->by == "AUC" ? ", which chose by accuracy" : "") +
        ". That flatters: among many neurons "
        "some do well by luck, with random weights too. For the held-out columns neuron and threshold were chosen on "
        "one part of the images and scored on another, which had no say; compare those first.");
    results.page.paragraph("The paper's figures are from other test sets and a far larger network; they show the order "
                           "to expect, not a mark to reach.");
    return terminal_table(lines);
}

}    // namespace nonna
