// One neuron's responses: to the two classes, to pictures shifted, scaled and turned.
#include "report/results_folder.h"

#include "analysis/sweep.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nonna
{

namespace
{

double mean_of(const std::vector<double>& values)
{
    double sum = 0;
    for (const double v : values)
        sum += v;
    return sum / double(values.size());
}

double share_above(const std::vector<double>& values, double threshold)
{
    return double(std::count_if(values.begin(), values.end(), [&](double v) { return v > threshold; })) /
           double(values.size());
}

struct WarpName {
    const char *warp, *title, *axis;
};
constexpr WarpName warps[] = {{"translate-x", "shifted sideways", "pixels to the right"},
                              {"translate-y", "shifted up and down", "pixels down"},
                              {"scale", "scaled", "scale"},
                              {"rotate", "turned in the picture's plane", "degrees"},
                              {"view", "turned out of the plane", "degrees"}};

struct Curve {
    std::string title, axis;
    PlotCurve curve;
};

// Known warps first, in the order above, then others in the order they stand in.
std::vector<Curve> read_curves(const Table& table)
{
    std::vector<std::string> order;
    for (const WarpName& w : warps)
        order.push_back(w.warp);
    std::map<std::string, std::vector<std::size_t>> rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& warp = table.rows[row][table.column("warp")];
        if (std::find(order.begin(), order.end(), warp) == order.end())
            order.push_back(warp);
        rows[warp].push_back(row);
    }
    std::vector<Curve> curves;
    for (std::size_t w = 0; w < order.size(); ++w) {
        auto found = rows.find(order[w]);
        if (found == rows.end())
            continue;
        Curve c;
        const bool known = w < std::size(warps);
        c.title = known ? warps[w].title : order[w];
        c.axis = known ? warps[w].axis : "amount";
        c.curve.colour = int(w);
        std::vector<std::size_t>& mine = found->second;
        std::stable_sort(mine.begin(), mine.end(), [&](std::size_t a, std::size_t b) {
            return table.finite(a, "amount") < table.finite(b, "amount");
        });
        for (const std::size_t row : mine) {
            c.curve.points.emplace_back(table.finite(row, "amount"), table.finite(row, "mean"));
            const double deviation = table.finite_or_none(row, "deviation").value_or(0);
            if (deviation < 0)
                throw Error(table.name, "line " + std::to_string(row + 2) + ": the deviation is below 0");
            c.curve.deviations.push_back(deviation);
        }
        curves.push_back(std::move(c));
    }
    return curves;
}

std::string in_words(const Curve& c)
{
    const auto& points = c.curve.points;
    const auto most =
        std::max_element(points.begin(), points.end(), [](auto& a, auto& b) { return a.second < b.second; });
    const auto least =
        std::min_element(points.begin(), points.end(), [](auto& a, auto& b) { return a.second < b.second; });
    const auto above = std::count_if(points.begin(), points.end(), [](auto& p) { return p.second > 0; });
    return "Mean response minus threshold, pictures " + c.title + " (" + c.axis + ") from " +
           format_number("%.3g", points.front().first) + " to " + format_number("%.3g", points.back().first) +
           ": highest " + format_number("%.3g", most->second) + " at " + format_number("%.3g", most->first) +
           ", lowest " + format_number("%.3g", least->second) + " at " + format_number("%.3g", least->first) +
           "; above the threshold at " + std::to_string(above) + " of " + std::to_string(points.size()) + " amounts";
}

// The page shows one neuron: what it draws must be what the sweep chose. The table's AUC has nine places.
void require_same_neuron(const std::string& name, const ChosenNeuron& neuron, std::size_t positives,
                         std::size_t negatives, double auc)
{
    const bool other_images = neuron.positives.value_or(double(positives)) != double(positives) ||
                              neuron.negatives.value_or(double(negatives)) != double(negatives);
    if (other_images || std::abs(neuron.auc.value_or(auc) - auc) > 1e-6)
        throw Error(
            name,
            "not the responses of " + neuron.name + ", which sweep-top.tsv chooses by " + neuron.by + ": " +
                (other_images ? "another number of images" : "AUC " + decimal(auc) + ", not " + decimal(neuron.auc)));
}

// best-responses.tsv. The best neuron may be one that says yes by falling silent; it is scored as its negative, and
// drawn as it responds.
struct BestResponses {
    std::vector<double> of_class[2];    // negatives, positives; as in the table
    std::vector<double> strength[2];    // the same, the more the surer of a yes
    std::optional<ChosenNeuron> neuron;
    bool silent = false;
    Score score;    // of `strength`, its threshold too
};

BestResponses read_responses(const ResultsFolder& results)
{
    const std::string path = results.file("best-responses.tsv");
    const Table table = read_table(path);
    table.column("response");
    const Labels labels = read_label_table(path, "1");
    BestResponses best;
    best.neuron = chosen_neuron(results);
    best.silent = best.neuron && best.neuron->silent;
    const double sign = best.silent ? -1 : 1;
    std::vector<float> all;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const double value = table.finite(row, "response");
        best.of_class[labels[row]].push_back(value);
        best.strength[labels[row]].push_back(sign * value);
        all.push_back(float(sign * value));
    }
    if (best.of_class[0].empty() || best.of_class[1].empty())
        throw Error(table.name, "needs positives and negatives");
    best.score = score_neuron(all, labels);
    if (best.neuron)
        require_same_neuron(table.name, *best.neuron, best.of_class[1].size(), best.of_class[0].size(), best.score.auc);
    return best;
}

std::string chosen_in_words(const BestResponses& best)
{
    if (!best.neuron)
        return "";
    return " The neuron is " + best.neuron->name + ", chosen by " + best.neuron->by +
           (best.neuron->held_out ? " on one part of the images; all are shown, those that chose it too, and the "
                                    "threshold is the best for all."
                                  : " on these images.");
}

}    // namespace

void add_responses(ResultsFolder& results)
{
    const std::string usual =
        "nonna-sweep MODEL.safetensors TEST.tar --best-responses best-responses.tsv -o sweep-top.tsv";
    if (!results.has("best-responses.tsv")) {
        results.missing("the histogram and the ROC curve", usual);
        return;
    }
    const BestResponses best = read_responses(results);
    const auto& [negatives, positives] = best.of_class;
    const Score& score = best.score;
    results.heading("Responses of the best neuron");
    const double hits = share_above(best.strength[1], score.threshold),
                 alarms = share_above(best.strength[0], score.threshold);
    const double threshold = (best.silent ? -1 : 1) * score.threshold + 0.0;    // no "-0"
    const std::string rates = std::string("to the ") + (best.silent ? "left" : "right") + " of the threshold, " +
                              format_number("%.3g", threshold) + ", lie " + percent(hits) + " of the positives and " +
                              percent(alarms) + " of the negatives";
    std::vector<PageImage> images;
    images.push_back(
        drawing(plot_histogram({"", "response", "% of the class"}, negatives, positives, threshold, 32, square_plot),
                square_plot,
                "Histogram of the best neuron's responses: mean " + format_number("%.3g", mean_of(positives)) + " to " +
                    std::to_string(positives.size()) + " positives, " + format_number("%.3g", mean_of(negatives)) +
                    " to " + std::to_string(negatives.size()) + " negatives; " + rates));
    const std::pair<double, double> chosen{alarms, hits};
    images.push_back(drawing(plot_roc({"", "false alarms (share of negatives)", "hits (share of positives)"},
                                      best.strength[0], best.strength[1], square_plot, &chosen),
                             square_plot,
                             "ROC curve of the best neuron: area " + decimal(score.auc) +
                                 ", chance is 0.5; at its threshold " + percent(hits) + " hits and " + percent(alarms) +
                                 " false alarms"));
    results.page.figure(images,
                        "The histogram: how strongly the neuron responds to each class, as shares of that class; " +
                            rates + ". The curve: every threshold at once. The area under the curve is the AUC, here " +
                            decimal(score.auc) + "; chance is the diagonal. d' is " +
                            format_number("%.2f", score.dprime) + "." + chosen_in_words(best),
                        results.origin({"best-responses.tsv"}, usual));
}

// The curves, and the sheet beside them or alone.
void add_invariance(ResultsFolder& results)
{
    const std::string usual = "nonna-invariance MODEL.safetensors TEST.tar --sweep sweep-top.tsv -o invariance.tsv";
    const bool curves = results.has("invariance.tsv"), sheet = results.has("invariance.png");
    if (curves || sheet)
        results.heading("Invariance");
    if (curves) {
        const Table table = read_table(results.file("invariance.tsv"));
        const std::vector<Curve> all = read_curves(table);
        if (all.empty())
            throw Error(table.name, "no warps in it");
        // One vertical scale for all, wide enough for every band and for the threshold at 0.
        double least = 0, most = 0, pictures = 0;
        for (const Curve& c : all)
            for (std::size_t i = 0; i < c.curve.points.size(); ++i) {
                least = std::min(least, c.curve.points[i].second - c.curve.deviations[i]);
                most = std::max(most, c.curve.points[i].second + c.curve.deviations[i]);
            }
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            pictures = std::max(pictures, table.finite_or_none(row, "pictures").value_or(0));
        const double margin = most > least ? 0.05 * (most - least) : 1;
        std::vector<PageImage> images;
        for (const Curve& c : all)
            images.push_back(drawing(
                plot_band({c.title, c.axis, "above threshold"}, c.curve, least - margin, most + margin, flat_plot),
                flat_plot, in_words(c)));
        results.page.figure(
            images,
            "The mean response to " + (pictures > 0 ? format_number("%.0f", pictures) + " pictures" : "pictures") +
                " that are shifted, scaled or turned, minus the threshold; the band is one deviation between "
                "pictures to either side. Above the dashed line the neuron says yes. All share one vertical "
                "scale.",
            results.origin({"invariance.tsv"}, usual));
    } else {
        results.missing("the curves of invariance", usual);
    }
    if (sheet)
        add_png(results, "invariance.png", "Sheet of the pictures as they were shifted, scaled and turned",
                "The pictures as the network was shown them, with amount and response minus threshold. The frame is "
                "what the neuron sees, yellow where it says yes.",
                usual + " --sheet invariance.png");
}

}    // namespace nonna
