// What nonna-sweep and nonna-baseline have in common: how detectors are scored, and the tables that come of it.
#pragma once

#include "analysis/sweep.h"
#include "base/log.h"
#include "base/parallel.h"
#include "cli/run_tool.h"
#include "io/table.h"

#include <algorithm>
#include <cstdio>

namespace nonna
{

struct SweepCommand {
    std::string output = "-", best_responses, chosen, positive = "1", polarity = "positive";
    std::optional<std::int64_t> best, folds, resamples;
    bool held_out = false, no_auc = false;
    std::int64_t memory = 1024;
    std::uint64_t seed = 0;

    void declare(Command& command)
    {
        command.option("-o,--output", output, "OUT.tsv", "the table; - is standard output");
        command.option("--best", best, "N", "the N best, best first (default: all, in order)", 1, INT64_MAX);
        command.flag("--held-out", held_out, "also choose on one half, score on the other");
        command.option("--folds", folds, "K", "the same, each of K parts held out in turn", 2, 100);
        command.group("Scoring");
        command.option("--positive", positive, "LABEL", "the label that means yes");
        command.choice("--polarity", polarity, {"positive", "either"}, "may silence say yes?");
        command.option("--bootstrap", resamples, "N", "resamples for 95 % intervals of the --best", 10, 1000000);
        command.flag("--no-auc", no_auc, "count only: two readings, no sorting, AUC nan");
        command.option("--memory", memory, "MIB", "for responses; more are set aside in $TMPDIR", 1, 1 << 24);
        command.option("--seed", seed, "S", "seed of halves, folds and resamples");
        command.option("--best-responses", best_responses, "B.tsv", "the best one's responses and the labels");
        command.option("--chosen", chosen, "C.tsv", "for each fold its choice, and that one's held-out score");
    }

    std::vector<std::string> outputs() const { return {output, best_responses, chosen}; }

    void check() const
    {
        if (held_out && folds)
            usage_error("--folds", "excludes --held-out");
        if (!chosen.empty() && !held_out && !folds)
            usage_error("--chosen", "needs --held-out or --folds");
        if (resamples && !best)
            usage_error("--bootstrap", "needs --best");
        if (resamples && no_auc)
            usage_error("--bootstrap", "excludes --no-auc");
    }

    std::size_t memory_bytes() const { return std::size_t(memory) << 20; }

    // `keys`: the images' names; empty: their numbers. `recorded`: the halves that the set names, or none. `winner`:
    // gets the best one's scores.
    ExitStatus run(const ResponseSource& asked, const Labels& labels, const std::vector<std::string>& keys,
                   const Split& recorded, Pool& pool, NeuronScore* winner = nullptr) const
    {
        SweepOptions options;
        options.polarity = polarity == "either" ? Polarity::either : Polarity::positive;
        options.auc = !no_auc;
        options.memory = memory_bytes();
        if (positive != "1" && labels.size() == asked.images && std::count(labels.begin(), labels.end(), 1) == 0)
            throw Error(asked.name, "no image has the label '" + positive + "', which --positive says means yes");
        if (labels.size() == asked.images)    // else sweep says so
            options.splits = make_splits(labels, held_out ? 1 : int(folds.value_or(0)), recorded, seed, asked.name);
        const ResponseSource source = readable(asked, options.memory / 2);
        std::vector<NeuronScore> scores = sweep(source, labels, options, pool), ranked = scores;
        const auto strange =
            std::count_if(scores.begin(), scores.end(), [](const NeuronScore& s) { return !s.finite(); });
        sort_best_first(ranked);
        if (strange == std::ptrdiff_t(scores.size()))
            throw Error(source.name, "no neuron whose responses are all finite numbers");
        if (winner)
            *winner = ranked.front();
        if (!chosen.empty())
            write_chosen(chosen, source, scores);
        if (!best_responses.empty()) {
            const std::vector<float> responses = responses_of(source, ranked.front());
            TableWriter table(best_responses, {"key", "response", "label"});
            for (std::size_t i = 0; i < labels.size(); ++i)
                table.cell(keys.empty() ? std::to_string(i) : keys[i])
                    .cell(responses[i])
                    .cell(int(labels[i]))
                    .end_row();
            table.commit();
        }
        say_best(source, scores, ranked.front(), labels);
        if (best) {
            scores.assign(ranked.begin(),
                          ranked.begin() + std::min<std::ptrdiff_t>(*best, std::ptrdiff_t(ranked.size())));
            if (resamples)
                bootstrap(source, labels, options, int(*resamples), seed, scores, pool);
        }
        write_scores(output, source, scores, labels);
        if (strange == 0)
            return ExitStatus::done;
        warn(source.name, std::to_string(strange) + " of " + std::to_string(ranked.size()) +
                              " have a response that is not a finite number: scored nan");
        return ExitStatus::skipped;
    }

  private:
    void say_best(const ResponseSource& source, std::span<const NeuronScore> scores, const NeuronScore& best_one,
                  const Labels& labels) const
    {
        char text[400];
        const std::string name = neuron_text(source, best_one);
        const double chance = 100 * guess(labels);
        if (held_out) {
            std::snprintf(text, sizeof text,
                          "guess %.1f %%; %s, chosen on one half: accuracy %.1f %%, AUC %.3f on the other half", chance,
                          name.c_str(), 100 * best_one.held_accuracy(), best_one.held_auc());
        } else if (folds) {
            double accuracy = 0, auc = 0;
            const std::vector<std::size_t> by_fold = chosen_by_splits(scores);
            for (std::size_t s = 0; s < by_fold.size(); ++s) {
                accuracy += scores[by_fold[s]].held[s].accuracy / double(by_fold.size());
                auc += scores[by_fold[s]].held[s].auc / double(by_fold.size());
            }
            std::snprintf(text, sizeof text,
                          "guess %.1f %%; %zu folds, chosen without each: accuracy %.1f %%, AUC %.3f on them", chance,
                          by_fold.size(), 100 * accuracy, auc);
        } else {
            std::snprintf(text, sizeof text,
                          "guess %.1f %%; best %s: accuracy %.1f %%, AUC %.3f on the images that chose it (--held-out "
                          "does not flatter)",
                          chance, name.c_str(), 100 * best_one.all.accuracy, best_one.all.auc);
        }
        say(text);
    }
};

}    // namespace nonna
