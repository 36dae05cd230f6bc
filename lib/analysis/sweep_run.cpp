#include "analysis/sweep_run.h"

#include "analysis/response_histogram.h"
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

// What choosing among some neurons came to: the best one's name, and its figures where they flatter least.
std::string best_of(const SweepRun& run, const ResponseSource& source, std::span<const NeuronScore> scores,
                    const NeuronScore& best)
{
    const std::string name = neuron_text(source, best);
    if (run.held_out && !run.parts.empty()) {
        const std::size_t colon = run.parts.find(':');
        return name + ", chosen on part " + run.parts.substr(0, colon) + ": " +
               figures(best.held_accuracy(), best.held_auc()) + " on part " + run.parts.substr(colon + 1);
    }
    if (run.held_out)
        return name + ", chosen on one half: " + figures(best.held_accuracy(), best.held_auc()) + " on the other half";
    if (run.folds) {
        double accuracy = 0, auc = 0;
        const std::vector<std::size_t> chosen = chosen_by_splits(scores, run.by);
        for (std::size_t s = 0; s < chosen.size(); ++s) {
            accuracy += scores[chosen[s]].held[s].accuracy / double(chosen.size());
            auc += scores[chosen[s]].held[s].auc / double(chosen.size());
        }
        return std::to_string(chosen.size()) + " folds, chosen without each: " + figures(accuracy, auc) + " on them";
    }
    return "best " + name + ": " + figures(best.all.accuracy, best.all.auc) +
           " on the images that chose it (--held-out does not flatter)";
}

// `scores`: in the order of layers.
void say_best(const SweepRun& run, const ResponseSource& source, std::span<const NeuronScore> scores,
              const NeuronScore& best, const Labels& labels, std::span<const Split> splits)
{
    char chance[40];    // on the images that the figures beside it are of
    std::snprintf(chance, sizeof chance, "guess %.1f %%; ",
                  100 * (splits.empty() ? guess(labels) : held_guess(labels, splits)));
    say(chance + best_of(run, source, scores, best));
    if (source.layers.size() < 2)
        return;
    std::size_t first = 0;
    for (const ResponseLayer& layer : source.layers) {
        const std::span<const NeuronScore> of_layer = scores.subspan(first, layer.shape.size());
        first += of_layer.size();
        const NeuronScore& winner =
            *std::min_element(of_layer.begin(), of_layer.end(), [&](const NeuronScore& a, const NeuronScore& b) {
                return better(a.merit(), b.merit(), run.by);
            });
        say(layer.name + ": " +
            (winner.finite() ? best_of(run, source, of_layer, winner) : "no responses that are finite numbers"));
    }
}

// A figure near chance looks like a figure. Whoever reads a table of many neurons does not see that the best of them
// found nothing, and climbs towards what it likes: so it is told, with what it usually comes from.
void say_chance(const SweepRun& run, const ResponseSource& source, const NeuronScore& best, const Labels& labels,
                const SweepOptions& how, Pool& pool)
{
    constexpr int resamples = 400;
    if (!run.held_out || verbosity() == Verbosity::quiet)
        return;
    const double guessed = held_guess(labels, how.splits);
    char text[160] = "";
    if (how.auc) {    // the interval of --bootstrap, the same where that is asked for
        NeuronScore one = best;
        bootstrap(source, labels, how, run.resamples.value_or(resamples), run.seed, std::span(&one, 1), pool);
        const Interval interval = one.intervals->held_auc;
        if (interval.low <= 0.5)
            std::snprintf(text, sizeof text, "AUC %.3f, 95 of 100 resamples between %.3f and %.3f", best.held_auc(),
                          interval.low, interval.high);
    }
    if (text[0] == '\0' && best.held_accuracy() <= guessed)
        std::snprintf(text, sizeof text, "accuracy %.1f %%, always saying the larger class %.1f %%",
                      100 * best.held_accuracy(), 100 * guessed);
    if (text[0] == '\0')
        return;
    say(std::string("not above chance: ") + text);
    if (run.learned)
        say("usual reasons: too little training, or too few pictures of the thing in it; or positives and negatives "
            "that differ in nothing the layer sees, where the thing is too small in them, or there are too few");
}

// The `most` best, or as many of each layer, layers in their order. `ranked`: best first.
std::vector<NeuronScore> first_of(const std::vector<NeuronScore>& ranked, std::int64_t most, bool by_layer,
                                  std::size_t layers)
{
    std::vector<NeuronScore> first;
    for (std::size_t l = 0; l < (by_layer ? layers : 1); ++l) {
        std::int64_t room = most;
        for (const NeuronScore& score : ranked)
            if (room > 0 && (!by_layer || score.layer == l)) {
                first.push_back(score);
                --room;
            }
    }
    return first;
}

// In a table of all neurons two have intervals: the one that was chosen, and the best on all images, as the paper has
// it.
void bootstrap_best(const SweepRun& run, const ResponseSource& source, const Labels& labels, const SweepOptions& how,
                    std::vector<NeuronScore>& scores, Pool& pool)
{
    const auto best = [&](auto merit) {
        return std::min_element(scores.begin(), scores.end(), [&](const NeuronScore& a, const NeuronScore& b) {
            return better(merit(a), merit(b), run.by);
        });
    };
    const auto chosen = best([](const NeuronScore&s) { return s.merit(); }),
               of_all = best([](const NeuronScore&s) {
                   return Merit{s.all.accuracy, s.all.auc};
               });
    bootstrap(source, labels, how, *run.resamples, run.seed, std::span(&*chosen, 1), pool);
    if (of_all != chosen)
        bootstrap(source, labels, how, *run.resamples, run.seed, std::span(&*of_all, 1), pool);
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
    if (labels.size() == asked.images)    // else sweep says so
        how.splits = make_splits(labels, held_out ? 1 : folds.value_or(0), recorded, seed, asked.name);
    const ResponseSource source = readable(asked, kept_bytes());
    std::vector<NeuronScore> scores = sweep(source, labels, how, pool), ranked = scores;
    const auto strange = std::count_if(scores.begin(), scores.end(), [](const NeuronScore& s) { return !s.finite(); });
    if (strange == std::ptrdiff_t(scores.size()))
        throw Error(source.name, "no neuron whose responses are all finite numbers");
    sort_best_first(ranked, by);
    if (winner)
        *winner = ranked.front();
    if (!chosen.empty())
        write_chosen(chosen, source, scores, by);
    if (!best_responses.empty())
        write_responses_of(best_responses, source, ranked.front(), labels, keys);
    say_best(*this, source, scores, ranked.front(), labels, how.splits);
    say_chance(*this, source, ranked.front(), labels, how, pool);
    if (best) {
        scores = first_of(ranked, *best, by_layer, source.layers.size());
        if (resamples)
            bootstrap(source, labels, how, *resamples, seed, scores, pool);
    } else if (resamples) {
        bootstrap_best(*this, source, labels, how, scores, pool);
    }
    write_scores(output, source, scores, labels, how.splits, by, model);
    if (!histograms.empty())
        write_histograms(histograms, source, scores, labels);
    if (strange == 0)
        return ExitStatus::done;
    warn(source.name, std::to_string(strange) + " of " + std::to_string(ranked.size()) +
                          " have a response that is not a finite number: scored nan");
    return ExitStatus::skipped;
}

}    // namespace nonna
