#include "analysis/sweep.h"
#include "io/table.h"

#include <algorithm>
#include <limits>

namespace nonna
{

// Columns come in groups: those of all images always, the held-out ones and the intervals only where they were asked
// for, so that nobody takes an empty column for a measured nothing. Of several folds the means stand in the table.
void write_scores(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                  const Labels& labels, std::span<const Split> splits, ChooseBy by, const std::string& model)
{
    const auto positives = std::size_t(std::count(labels.begin(), labels.end(), 1));
    const bool held = !scores.empty() && !scores.front().held.empty();
    const bool intervals = std::ranges::any_of(scores, [](const NeuronScore& s) { return s.intervals.has_value(); });
    std::vector<std::string> columns = {"layer",
                                        "row",
                                        "col",
                                        "map",
                                        "threshold",
                                        "accuracy",
                                        "auc",
                                        "dprime",
                                        "hit_rate",
                                        "false_alarm_rate",
                                        "balanced_accuracy",
                                        "polarity",
                                        "positives",
                                        "negatives"};
    if (held)
        columns.insert(columns.end(), {"choice_threshold", "choice_accuracy", "choice_auc", "held_accuracy", "held_auc",
                                       "held_guess"});
    if (intervals)
        columns.insert(columns.end(), {"accuracy_low", "accuracy_high", "auc_low", "auc_high"});
    if (intervals && held)
        columns.insert(columns.end(), {"held_accuracy_low", "held_accuracy_high", "held_auc_low", "held_auc_high"});
    // not where it goes without saying: tables that were made before the column was there are all chosen by accuracy
    const bool tells = by != ChooseBy::accuracy;
    if (tells)
        columns.emplace_back("chosen_by");
    if (!model.empty())
        columns.emplace_back("model");
    const double guessed = held_guess(labels, splits);
    TableWriter table(path, columns);
    for (const NeuronScore& s : scores) {
        table.cell(source.layers[s.layer].name).cell(s.row).cell(s.column).cell(s.map);
        table.cell(s.all.threshold).cell(s.all.accuracy).cell(s.all.auc).cell(s.all.dprime);
        table.cell(s.all.hit_rate).cell(s.all.false_alarm_rate).cell(s.all.balanced_accuracy()).cell(s.all.polarity);
        table.cell(positives).cell(labels.size() - positives);
        if (held) {
            double threshold = 0;
            for (const HeldOut& h : s.held)
                threshold += h.choice.threshold / double(s.held.size());
            table.cell(threshold).cell(s.choice_accuracy()).cell(s.choice_auc());
            table.cell(s.held_accuracy()).cell(s.held_auc()).cell(guessed);
        }
        if (intervals) {
            // only the best neurons were resampled; the others have the columns, and nan in them
            const double nan = std::numeric_limits<double>::quiet_NaN();
            const Interval none{nan, nan};
            const NeuronScore::Intervals i = s.intervals.value_or(NeuronScore::Intervals{none, none, none, none});
            for (const Interval& v : {i.accuracy, i.auc})
                table.cell(v.low).cell(v.high);
            if (held)
                for (const Interval& v : {i.held_accuracy, i.held_auc})
                    table.cell(v.low).cell(v.high);
        }
        if (tells)
            table.cell(name_of(by));
        if (!model.empty())
            table.cell(model);
        table.end_row();
    }
    table.commit();
}

void write_chosen(const std::string& path, const ResponseSource& source, std::span<const NeuronScore> scores,
                  ChooseBy by)
{
    TableWriter table(path, {"fold", "layer", "row", "col", "map", "threshold", "polarity", "choice_accuracy",
                             "choice_auc", "held_accuracy", "held_auc"});
    const std::vector<std::size_t> chosen = chosen_by_splits(scores, by);
    for (std::size_t s = 0; s < chosen.size(); ++s) {
        const NeuronScore& n = scores[chosen[s]];
        const HeldOut& h = n.held[s];
        table.cell(s + 1).cell(source.layers[n.layer].name).cell(n.row).cell(n.column).cell(n.map);
        table.cell(h.choice.threshold).cell(h.choice.polarity).cell(h.choice.accuracy).cell(h.choice.auc);
        table.cell(h.accuracy).cell(h.auc).end_row();
    }
    table.commit();
}

}    // namespace nonna
