#include "analysis/sweep_run.h"

#include "base/log.h"
#include "io/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nonna
{

namespace
{

std::string figures(double accuracy, double auc)
{
    char text[80];
    if (std::isnan(auc))
        std::snprintf(text, sizeof text, "accuracy %.1f %%", 100 * accuracy);
    else
        std::snprintf(text, sizeof text, "accuracy %.1f %%, AUC %.3f", 100 * accuracy, auc);
    return text;
}

void say_best(const SweepRun& run, const ResponseSource& source, std::span<const NeuronScore> scores,
              const NeuronScore& best, const Labels& labels)
{
    char chance[40];
    std::snprintf(chance, sizeof chance, "guess %.1f %%; ", 100 * guess(labels));
    const std::string name = neuron_text(source, best);
    if (run.held_out) {
        say(chance + name + ", chosen on one half: " + figures(best.held_accuracy(), best.held_auc()) +
            " on the other half");
    } else if (run.folds) {
        double accuracy = 0, auc = 0;
        const std::vector<std::size_t> chosen = chosen_by_splits(scores);
        for (std::size_t s = 0; s < chosen.size(); ++s) {
            accuracy += scores[chosen[s]].held[s].accuracy / double(chosen.size());
            auc += scores[chosen[s]].held[s].auc / double(chosen.size());
        }
        say(chance + std::to_string(chosen.size()) + " folds, chosen without each: " + figures(accuracy, auc) +
            " on them");
    } else {
        say(chance + ("best " + name) + ": " + figures(best.all.accuracy, best.all.auc) +
            " on the images that chose it (--held-out does not flatter)");
    }
}

void write_responses_of(const std::string& path, const ResponseSource& source, const NeuronScore& neuron,
                        const Labels& labels, const std::vector<std::string>& keys)
{
    const std::vector<float> responses = responses_of(source, neuron);
    TableWriter table(path, {"key", "response", "label"});
    for (std::size_t i = 0; i < labels.size(); ++i)
        table.cell(keys.empty() ? std::to_string(i) : keys[i]).cell(responses[i]).cell(int(labels[i])).end_row();
    table.commit();
}

}    // namespace

SweepOptions SweepRun::options() const
{
    SweepOptions options;
    options.polarity = polarity;
    options.auc = !no_auc;
    options.memory = std::size_t(memory) << 20;
    return options;
}

ExitStatus SweepRun::run(const ResponseSource& asked, const Labels& labels, const std::vector<std::string>& keys,
                         const Split& recorded, Pool& pool, NeuronScore* winner) const
{
    SweepOptions how = options();
    if (labels.size() == asked.images) {    // else sweep says so
        if (positive != "1" && std::count(labels.begin(), labels.end(), 1) == 0)
            throw Error(asked.name, "no image has the label '" + positive + "', which --positive says means yes");
        how.splits = make_splits(labels, held_out ? 1 : folds.value_or(0), recorded, seed, asked.name);
    }
    const ResponseSource source = readable(asked, kept_bytes());
    std::vector<NeuronScore> scores = sweep(source, labels, how, pool), ranked = scores;
    const auto strange = std::count_if(scores.begin(), scores.end(), [](const NeuronScore& s) { return !s.finite(); });
    if (strange == std::ptrdiff_t(scores.size()))
        throw Error(source.name, "no neuron whose responses are all finite numbers");
    sort_best_first(ranked);
    if (winner)
        *winner = ranked.front();
    if (!chosen.empty())
        write_chosen(chosen, source, scores);
    if (!best_responses.empty())
        write_responses_of(best_responses, source, ranked.front(), labels, keys);
    say_best(*this, source, scores, ranked.front(), labels);
    if (best) {
        scores = ranked;
        scores.resize(std::size_t(std::min<std::int64_t>(*best, std::int64_t(ranked.size()))));
        if (resamples)
            bootstrap(source, labels, how, *resamples, seed, scores, pool);
    }
    write_scores(output, source, scores, labels);
    if (strange == 0)
        return ExitStatus::done;
    warn(source.name, std::to_string(strange) + " of " + std::to_string(ranked.size()) +
                          " have a response that is not a finite number: scored nan");
    return ExitStatus::skipped;
}

}    // namespace nonna
