#include "pictures/report.h"

#include "analysis/sweep.h"
#include "base/error.h"
#include "io/output.h"
#include "io/table.h"
#include "media/picture.h"
#include "pictures/html.h"
#include "pictures/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>

namespace nonna {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t picture_limit = std::size_t{64} << 20, text_limit = std::size_t{1} << 20;
constexpr const char* none = "\u2013";

struct Best {
    std::string neuron, held_neuron;
    double accuracy = 0, auc = 0, positives = 0, negatives = 0;
    std::optional<double> held_accuracy, held_auc;
};

std::string number(const char* format, double value)
{
    char text[40];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string percent(std::optional<double> share) { return share ? number("%.1f %%", 100 * *share) : none; }
std::string decimal(std::optional<double> value) { return value ? number("%.3f", *value) : none; }

// A share, read with care: a table from elsewhere may hold anything.
double share(const Table& table, std::size_t row, const std::string& column)
{
    const double value = table.number(row, table.column(column));
    if (!(value >= 0 && value <= 1))
        throw Error(table.name, "line " + std::to_string(row + 2) + ": '" + column + "' is not between 0 and 1");
    return value;
}

std::string name_of(const Table& table, std::size_t row)
{
    const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
    return cell("layer") + "/" + cell("row") + "," + cell("col") + "," + cell("map");
}

// The row with the highest value, then the highest AUC, then the first.
std::size_t best_row(const Table& table, const std::string& accuracy, const std::string& auc)
{
    std::size_t best = 0;
    for (std::size_t row = 1; row < table.rows.size(); ++row) {
        const double a = share(table, row, accuracy), b = share(table, best, accuracy);
        if (a > b || (a == b && share(table, row, auc) > share(table, best, auc)))
            best = row;
    }
    return best;
}

std::optional<Best> read_best(const fs::path& path)
{
    if (!fs::exists(path))
        return std::nullopt;
    const Table table = read_table(path);
    if (table.rows.empty())
        throw Error(table.name, "no neurons in it");
    Best best;
    const std::size_t row = best_row(table, "accuracy", "auc");
    best.neuron = name_of(table, row);
    best.accuracy = share(table, row, "accuracy");
    best.auc = share(table, row, "auc");
    best.positives = table.number(row, table.column("positives"));
    best.negatives = table.number(row, table.column("negatives"));
    if (!(best.positives > 0 && best.negatives > 0 && best.positives + best.negatives < 1e15))
        throw Error(table.name, "line " + std::to_string(row + 2) + ": no numbers of positives and negatives");
    if (table.has("choice_accuracy")) {
        const std::size_t chosen = best_row(table, "choice_accuracy", "choice_auc");
        best.held_neuron = name_of(table, chosen);
        best.held_accuracy = share(table, chosen, "held_accuracy");
        best.held_auc = share(table, chosen, "held_auc");
    }
    return best;
}

struct Line {
    std::string name;
    std::optional<double> accuracy, auc, held_accuracy, held_auc;
    const char *faces, *bodies;    // the paper's
};

std::vector<Line> table_lines(const std::optional<Best>& random, const std::optional<Best>& first,
                              const std::optional<Best>& top)
{
    std::vector<Line> lines;
    const auto& any = top ? top : first ? first : random;
    if (any) {
        const double right = std::max(any->positives, any->negatives) / (any->positives + any->negatives);
        lines.push_back({"guess", right, 0.5, right, 0.5, "64.8 %", "64.8 %"});
    }
    const auto add = [&](const std::optional<Best>& best, const char* name, const char* faces, const char* bodies) {
        if (best)
            lines.push_back({name, best->accuracy, best->auc, best->held_accuracy, best->held_auc, faces, bodies});
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
    const auto plain = [](const std::string& text) { return text == none ? std::string("-") : text; };
    std::string text = row("", "accuracy", "AUC", "held-out accuracy", "held-out AUC");
    for (const Line& l : lines)
        text += row(l.name, percent(l.accuracy), decimal(l.auc), plain(percent(l.held_accuracy)),
                    plain(decimal(l.held_auc)));
    return text;
}

void add_numbers(Page& page, const fs::path& folder, Report& report)
{
    const auto random = read_best(folder / "sweep-random.tsv"), first = read_best(folder / "sweep-first.tsv"),
               top = read_best(folder / "sweep-top.tsv");
    const std::vector<Line> lines = table_lines(random, first, top);
    page.heading("One neuron as a detector");
    if (!lines.empty()) {
        report.table = terminal_table(lines);
        std::vector<std::vector<std::string>> cells = {{"", "accuracy", "AUC", "held-out accuracy", "held-out AUC",
                                                        "paper: faces", "paper: bodies"}};
        for (const Line& l : lines)
            cells.push_back({l.name, percent(l.accuracy), decimal(l.auc), percent(l.held_accuracy),
                             decimal(l.held_auc), l.faces, l.bodies});
        const auto& any = top ? top : first ? first : random;
        std::string caption = number("Test set: %.0f positives", any->positives) +
                              number(" and %.0f negatives.", any->negatives);
        if (top) {
            caption += " Best neuron: " + top->neuron + ".";
            if (!top->held_neuron.empty())
                caption += " Chosen on one half of the images: " + top->held_neuron + ".";
        }
        page.table(cells, top ? cells.size() - 1 : 0, caption);
        page.paragraph("Accuracy and AUC are those of the best of all the layer's neurons on the very images that "
                       "chose it, as in the paper. That flatters: among many neurons some do well by luck, with random "
                       "weights too. For the held-out columns neuron and threshold were chosen on one half of the "
                       "images and scored on the other half, which had no say; compare those first.");
        page.paragraph("The paper's figures are from other test sets and a far larger network; they show the order to "
                       "expect, not a mark to reach.");
    }
    if (!random)
        page.missing("the row of random weights",
                     "nonna-sweep RANDOM.safetensors TEST.tar --held-out -o sweep-random.tsv");
    if (!first)
        page.missing("the row of the first stage",
                     "nonna-sweep MODEL.safetensors TEST.tar --layer 1.norm --held-out -o sweep-first.tsv");
    if (!top)
        page.missing("the best neuron", "nonna-sweep MODEL.safetensors TEST.tar --held-out -o sweep-top.tsv");
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

void add_responses(Page& page, const fs::path& folder)
{
    page.heading("Responses of the best neuron");
    const fs::path path = folder / "best-responses.tsv";
    if (!fs::exists(path)) {
        page.missing("the histogram", "nonna-sweep MODEL.safetensors TEST.tar --best-responses best-responses.tsv");
        return;
    }
    const Table table = read_table(path);
    const std::size_t response = table.column("response");
    const Labels labels = read_label_table(path, "1");
    std::vector<double> values[2];
    std::vector<float> responses;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const double value = table.number(row, response);
        if (!std::isfinite(value))
            throw Error(table.name, "line " + std::to_string(row + 2) + ": the response is not a finite number");
        values[labels[row]].push_back(value);
        responses.push_back(float(value));
    }
    if (values[0].empty() || values[1].empty())
        throw Error(table.name, "needs positives and negatives");
    const Score score = score_neuron(responses, labels);
    const std::string at = number("%.3g", score.threshold);
    const std::string histogram = plot_histogram({"", "response", "% of the class"}, values[0], values[1], score.threshold);
    page.figure("image/svg+xml", bytes_of(histogram),
                "Histogram of the best neuron's responses to positives and to negatives",
                "How strongly the neuron responds to each class, as shares of that class; to the right of the threshold (" +
                    at + ") it says yes. Where the sweep held a half out, it is the neuron chosen on the other half; all images are "
                    "shown, those that chose it too.");
    const std::string roc = plot_roc({"", "false alarms (share of negatives)", "hits (share of positives)"}, values[0],
                                     values[1]);
    page.figure("image/svg+xml", bytes_of(roc), "ROC curve of the best neuron",
                "Every threshold at once: the area under the curve is the AUC, here " + decimal(score.auc) +
                    "; chance is the diagonal. d' is " + number("%.2f", score.dprime) + ".");
}

bool add_picture(Page& page, const fs::path& path, const std::string& alt, const std::string& caption)
{
    if (!fs::exists(path))
        return false;
    const std::string bytes = read_whole_file(path, picture_limit);
    decode_picture(bytes_of(bytes), path);    // a broken picture is an error here, not a blank in the page
    const PictureInfo info = inspect_picture(bytes_of(bytes), path);
    if (info.extension != "png")
        throw Error(path, "not a PNG picture");
    page.figure("image/png", bytes_of(bytes), alt, caption);
    return true;
}

void add_training(Page& page, const fs::path& folder)
{
    page.heading("Training");
    const fs::path path = folder / "train.tsv";
    if (!fs::exists(path)) {
        page.missing("the curve of training", "nonna-train MODEL.safetensors --data DATA.tar --log train.tsv ...");
        return;
    }
    const Table table = read_table(path);
    const std::size_t step = table.column("step");
    std::vector<std::string> sets;
    std::vector<PlotCurve> curves;
    if (table.has("set"))
        for (const auto& row : table.rows)
            if (const std::string& set = row[table.column("set")]; std::find(sets.begin(), sets.end(), set) == sets.end())
                sets.push_back(set);
    if (sets.empty())
        sets.push_back("");
    int colour = -1;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        const std::string& name = table.columns[column];
        if (!name.ends_with("_relative") || name.ends_with("_best_relative"))
            continue;
        ++colour;
        for (const std::string& set : sets) {
            PlotCurve curve;
            curve.colour = colour;
            curve.dashed = set == "train" && sets.size() > 1;
            curve.title = name.substr(0, name.size() - 9) + (set.empty() ? "" : ", " + set);
            for (std::size_t row = 0; row < table.rows.size(); ++row)
                if (set.empty() || table.rows[row][table.column("set")] == set)
                    if (const double value = table.number(row, column); std::isfinite(value))
                        curve.points.emplace_back(table.number(row, step), value);
            if (!curve.points.empty())
                curves.push_back(std::move(curve));
        }
    }
    if (curves.empty())
        throw Error(table.name, "no column that ends in _relative, or nothing in it");
    const std::string svg = plot_curves({"", "step", "share not reconstructed"}, curves);
    page.figure("image/svg+xml", bytes_of(svg), "Reconstruction cost of each stage against the training step",
                "What each stage fails to reconstruct of its input: |r - x|\u00b2 over |x|\u00b2; 1 is nothing learnt, "
                "0 is everything.");
}

std::string title_of(const fs::path& path)
{
    std::string title = path.stem();
    std::replace(title.begin(), title.end(), '-', ' ');
    std::replace(title.begin(), title.end(), '_', ' ');
    return title;
}

}    // namespace

Report make_report(const std::string& folder, const std::string& title, const std::string& made_by)
{
    std::error_code failure;
    if (!fs::is_directory(folder, failure))
        throw Error(folder, failure ? failure.message() == "No such file or directory" ? "no such file or directory"
                                                                                      : failure.message()
                                    : "not a folder");
    const std::set<std::string> known = {"sweep-top.tsv", "sweep-first.tsv", "sweep-random.tsv", "best-responses.tsv",
                                         "optimal.png",   "top.png",         "train.tsv",        "commands.txt"};
    std::vector<fs::path> sheets;
    bool anything = false;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        const bool sheet = name.ends_with(".png") && !known.contains(name) && !name.starts_with(".");
        if (sheet)
            sheets.push_back(entry.path());
        anything = anything || sheet || known.contains(name);
    }
    if (!anything)
        throw Error(folder, "no results in it, such as sweep-top.tsv");
    std::sort(sheets.begin(), sheets.end());

    Report report;
    const fs::path base = folder;
    Page page(title, "A network learnt from pictures without labels. Here is how well single neurons of it tell a concept "
                     "from everything else, and what the best of them has learnt to see.");
    add_numbers(page, base, report);
    page.heading("What the best neuron likes best");
    if (!add_picture(page, base / "optimal.png", "Optimal stimulus of the best neuron",
                     "Its optimal stimulus: of all inputs of one norm, the one with the strongest response, found by "
                     "gradient ascent and shown as pixels."))
        page.missing("the optimal stimulus",
                     "nonna-stimulus optimal MODEL.safetensors --neuron ID --data DATA.tar -o optimal.png");
    if (!add_picture(page, base / "top.png", "The test images with the strongest responses",
                     "The test images with the strongest responses, strongest first, with rank and response. The frame is "
                     "what the neuron sees."))
        page.missing("the sheet of the strongest test images",
                     "nonna-stimulus top MODEL.safetensors --neuron ID --data TEST.tar -o top.png");
    add_responses(page, base);
    add_training(page, base);
    if (!sheets.empty()) {
        page.heading("Pictures that went in");
        for (const fs::path& sheet : sheets)
            add_picture(page, sheet, "Sheet of pictures: " + title_of(sheet), title_of(sheet));
    }
    if (fs::exists(base / "commands.txt")) {
        page.heading("The commands");
        page.code(read_whole_file(base / "commands.txt", text_limit));
    } else {
        page.missing("the list of commands", "writing them to commands.txt");
    }
    report.html = page.finish("Made by " + made_by + ".");
    return report;
}

}    // namespace nonna
