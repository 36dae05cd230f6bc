// The table of one folder's sweeps: the best neuron beside a guess, random weights, and its rivals.
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
    std::optional<double> auc, held_accuracy, held_auc, held_guess;
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
        best.held_guess = table.share_or_none(chosen, "held_guess");
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

// The folder's sweeps, as far as they are there, in the table's order.
struct Sweep {
    const char *file, *name;
    std::string usual;    // what makes it
    std::optional<Best> best;
};

std::vector<Sweep> read_sweeps(const ResultsFolder& results)
{
    const std::string sweep = "nonna-sweep ", test = " TEST.tar --held-out -o ", baseline = "nonna-baseline ",
                      data = " TEST.tar --data DATA.tar --held-out -o ";
    std::vector<Sweep> sweeps = {
        {"sweep-random.tsv", "random weights", sweep + "RANDOM.safetensors" + test + "sweep-random.tsv", {}},
        {"sweep-linear.tsv", "best linear filter", baseline + "linear" + data + "sweep-linear.tsv", {}},
        {"sweep-kmeans.tsv", "K-means", baseline + "kmeans" + data + "sweep-kmeans.tsv", {}},
        {"sweep-autoencoder3.tsv", "autoencoder of 3 layers", "", {}},
        {"sweep-autoencoder6.tsv", "autoencoder of 6 layers", "", {}},
        {"sweep-nonorm.tsv", "no contrast normalisation", "", {}},
        {"sweep-faceless.tsv", "faces removed from training", "", {}},
        {"sweep-first.tsv",
         "best first-stage neuron",
         sweep + "MODEL.safetensors TEST.tar --layer 1.norm --held-out -o sweep-first.tsv",
         {}},
        {"sweep-second.tsv", "best second-stage neuron", "", {}},
        {"sweep-top.tsv", "best neuron", sweep + "MODEL.safetensors" + test + "sweep-top.tsv", {}}};
    for (Sweep& s : sweeps)
        s.best = read_best(results.file(s.file));
    const std::optional<Best>& top = sweeps.back().best;
    for (const Sweep& s : sweeps)
        if (top && s.best && (s.best->positives != top->positives || s.best->negatives != top->negatives))
            throw Error(results.file(s.file), "another test set than that of sweep-top.tsv");
    return sweeps;
}

// The network's, or else what comes nearest: all are of one test set.
const Best* any_of(const std::vector<Sweep>& sweeps)
{
    for (auto s = sweeps.rbegin(); s != sweeps.rend(); ++s)
        if (s->best)
            return &*s->best;
    return nullptr;
}

std::vector<Line> table_lines(const std::vector<Sweep>& sweeps)
{
    std::vector<Line> lines;
    if (const Best* any = any_of(sweeps)) {
        const double right = std::max(any->positives, any->negatives) / (any->positives + any->negatives);
        // A table from before the column was there says only how many there are in all.
        const double held = any->held_guess.value_or(right);
        lines.push_back({"guess", right, 0.5, held, 0.5, {}, {}, {}, {}});
    }
    for (const Sweep& s : sweeps)
        if (const auto& best = s.best)
            lines.push_back({s.name, best->accuracy, best->auc, best->held_accuracy, best->held_auc, best->accuracy_in,
                             best->auc_in, best->held_accuracy_in, best->held_auc_in});
    return lines;
}

std::string terminal_table(const std::vector<Line>& lines)
{
    const auto row = [](const std::string& name, const std::string& a, const std::string& b, const std::string& c,
                        const std::string& d) {
        char text[200];
        std::snprintf(text, sizeof text, "%-27s %10s %7s %19s %13s\n", name.c_str(), a.c_str(), b.c_str(), c.c_str(),
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

// The same for a narrow screen: what was held out first, then what was not, with the paper's.
std::vector<PageTable> narrow_tables(const PageTable& wide, bool paper)
{
    std::vector<PageTable> tables(2, wide);
    tables[0].caption += ", held out";
    tables[0].notes = 0;
    for (std::size_t r = 0; r < wide.rows.size(); ++r) {
        const std::vector<std::string>& row = wide.rows[r];
        tables[0].rows[r] = {row[0], row[3], row[4]};
        tables[1].rows[r] = {row[0], row[1], row[2]};
        if (paper)
            tables[1].rows[r].push_back(row[5]);
    }
    return tables;
}

// Beside the paper's own figures, where the concept is the paper's.
void add_table(ResultsFolder& results, const std::vector<Line>& lines, const std::vector<Sweep>& sweeps,
               const Origin& origin)
{
    const Best* any = any_of(sweeps);
    PageTable table;
    table.caption = format_number("Test set: %.0f positives", any->positives) +
                    format_number(" and %.0f negatives", any->negatives);
    table.rows = {{"", "accuracy", "AUC", "held\u2011out accuracy", "held\u2011out AUC"}};
    table.best = true;
    table.strong = sweeps.back().best ? lines.size() : 0;
    const bool paper = std::any_of(lines.begin(), lines.end(),
                                   [&](const Line& l) { return paper_accuracy(results.thing, l.name).has_value(); });
    if (paper)
        table.rows[0].push_back("paper");
    table.notes = paper;
    bool intervals = false;
    for (const Line& l : lines) {
        table.rows.push_back({l.name, with(percent(l.accuracy), l.accuracy_in, "%.1f", 100),
                              with(decimal(l.auc), l.auc_in, "%.3f", 1),
                              with(percent(l.held_accuracy), l.held_accuracy_in, "%.1f", 100),
                              with(decimal(l.held_auc), l.held_auc_in, "%.3f", 1)});
        if (paper)
            table.rows.back().push_back(percent(paper_accuracy(results.thing, l.name)));
        intervals = intervals || l.accuracy_in || l.held_accuracy_in;
    }
    std::string note;
    if (sweeps.back().best)
        note = in_words(*sweeps.back().best);
    if (intervals)
        note += " Small figures: 95 % intervals by bootstrap, detector and parts taken as given.";
    else
        note += " No intervals: nonna-sweep writes them with --bootstrap.";
    results.page.tables(table, narrow_tables(table, paper), note + " Bold: the best of a column.", origin);
    if (paper)
        results.page.paragraph("The paper\u2019s figures are from other test sets and a far larger network; they show "
                               "the order to expect, not a mark to reach.");
}

}    // namespace

std::optional<ChosenNeuron> chosen_neuron(const ResultsFolder& results, const std::string& file)
{
    if (!results.has(file))
        return std::nullopt;
    const SweepTable sweep(results.file(file));
    const Table& table = sweep.table;
    const std::size_t row = sweep.best();
    return ChosenNeuron{sweep.neuron(row),
                        sweep.polarity(row) < 0,
                        table.has("choice_accuracy"),
                        table.finite_or_none(row, "threshold"),
                        words_of(sweep.chosen_by()),
                        table.share_or_none(row, "auc"),
                        table.finite_or_none(row, "positives"),
                        table.finite_or_none(row, "negatives")};
}

// Each row is there only if its sweep is, and all must be of one test set: a table invites comparison, and figures of
// two tests cannot be compared.
std::string add_numbers(ResultsFolder& results)
{
    const std::vector<Sweep> sweeps = read_sweeps(results);
    std::vector<std::string> files;
    std::string usual;
    for (const Sweep& s : sweeps) {
        files.emplace_back(s.file);
        if (s.best && !s.usual.empty())    // of what is there the last one is the most important
            usual = s.usual;
        if (!s.best && !s.usual.empty())
            results.missing(s.name == std::string("best neuron") ? "the best neuron"
                                                                 : "the row of " + std::string(s.name),
                            s.usual);
    }
    const std::vector<Line> lines = table_lines(sweeps);
    if (lines.empty())
        return "";

    results.heading("One neuron as a detector, and its rivals");
    if (const std::optional<Best>& top = sweeps.back().best)
        add_tiles(results, *top, top->held_accuracy ? *lines[0].held_accuracy : *lines[0].accuracy);
    add_table(results, lines, sweeps, results.origin(files, usual));
    const std::string by = any_of(sweeps)->by;
    results.page.paragraph(
        "Accuracy and AUC are those of the neuron with the best " + by +
        " of the whole layer, on the very images that chose it, as in the paper" +
        (by == "AUC" ? ", which chose by accuracy" : "") +
        ". That flatters: among many neurons "
        "some do well by luck, with random weights too. For the held-out columns neuron and threshold were chosen on "
        "one part of the images and scored on another, which had no say; compare those first.");
    return terminal_table(lines);
}

std::optional<Finding> finding_of_sweeps(const ResultsFolder& results)
{
    if (!results.has("sweep-top.tsv"))
        return std::nullopt;
    const std::vector<Sweep> sweeps = read_sweeps(results);
    const Best& top = *sweeps.back().best;
    Finding f;
    f.thing = results.thing;
    f.held_out = top.held_accuracy.has_value();
    for (const Line& l : table_lines(sweeps))
        if (!f.held_out || l.held_accuracy)    // none is put beside one that was scored otherwise
            f.detectors.push_back({l.name, f.held_out ? l.held_accuracy : l.accuracy, f.held_out ? l.held_auc : l.auc});
    if (const std::optional<Interval> in = f.held_out ? top.held_auc_in : top.auc_in)
        f.low = in->low;
    return f;
}

}    // namespace nonna
