// One neuron's responses to the two classes, beside those of its rivals.
#include "report/results_folder.h"

#include "analysis/sweep.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>

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

// The page shows one neuron: what it draws must be what the sweep chose. The table's AUC has nine places.
void require_same_neuron(const std::string& name, const std::string& sweep, const ChosenNeuron& neuron,
                         std::size_t positives, std::size_t negatives, double auc)
{
    const bool other_images = neuron.positives.value_or(double(positives)) != double(positives) ||
                              neuron.negatives.value_or(double(negatives)) != double(negatives);
    if (other_images || std::abs(neuron.auc.value_or(auc) - auc) > 1e-6)
        throw Error(
            name,
            "not the responses of " + neuron.name + ", which " + sweep + " chooses by " + neuron.by + ": " +
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

// `sweep`: whose choice it is.
BestResponses read_responses(const ResultsFolder& results, const std::string& file, const std::string& sweep)
{
    const std::string path = results.file(file);
    const Table table = read_table(path);
    table.column("response");
    const Labels labels = read_label_table(path, "1");
    BestResponses best;
    best.neuron = chosen_neuron(results, sweep);
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
        require_same_neuron(table.name, sweep, *best.neuron, best.of_class[1].size(), best.of_class[0].size(),
                            best.score.auc);
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

// The same histogram of those that the neuron is held against, as the paper has it.
void add_rivals(ResultsFolder& results)
{
    struct Rival {
        const char *file, *sweep, *title, *usual;
    };
    constexpr Rival rivals[] = {
        {"best-responses-first.tsv", "sweep-first.tsv", "best first-stage neuron",
         "nonna-sweep MODEL.safetensors TEST.tar --layer 1.norm --best-responses best-responses-first.tsv -o "
         "sweep-first.tsv"},
        {"best-responses-linear.tsv", "sweep-linear.tsv", "best linear filter",
         "nonna-baseline linear TEST.tar --data DATA.tar --best-responses best-responses-linear.tsv -o "
         "sweep-linear.tsv"}};
    std::vector<PageImage> images;
    std::vector<std::string> files;
    std::string usual;
    for (const Rival& rival : rivals) {
        if (!results.has(rival.file)) {
            results.missing(std::string("the histogram of the ") + rival.title, rival.usual);
            continue;
        }
        const BestResponses r = read_responses(results, rival.file, rival.sweep);
        const double threshold = (r.silent ? -1 : 1) * r.score.threshold + 0.0;
        images.push_back(drawing(plot_histogram({rival.title, "response", "% of the class"}, r.of_class[0],
                                                r.of_class[1], threshold, 32, square_plot),
                                 square_plot,
                                 std::string("Histogram of the responses of the ") + rival.title + ": mean " +
                                     format_number("%.3g", mean_of(r.of_class[1])) + " to positives, " +
                                     format_number("%.3g", mean_of(r.of_class[0])) + " to negatives; AUC " +
                                     decimal(r.score.auc)));
        files.emplace_back(rival.file);
        usual = rival.usual;
    }
    if (!images.empty())
        results.page.figure(images, "The same of what the neuron is held against, each on its own scale.",
                            results.origin(files, usual));
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
    const BestResponses best = read_responses(results, "best-responses.tsv", "sweep-top.tsv");
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
    add_rivals(results);
}

}    // namespace nonna
