// How detectors are scored: the options that nonna-sweep and nonna-baseline have in common.
#pragma once

#include "analysis/sweep_run.h"
#include "cli/run_tool.h"

struct SweepCommand : nonna::SweepRun {
    void declare(nonna::Command& command)
    {
        command.option("-o,--output", output, "OUT.tsv", "the table; `-` is standard output");
        command.option("--best", best, "N", "only the N best, best first (default: all, in order)", 1, INT64_MAX);
        command.choice("--choose", by, "by what the best is picked");
        command.flag("--held-out", held_out, "also choose on one half and score on the other");
        command.option("--folds", folds, "K", "likewise, with each of K parts held out in turn", 2, 100);
        command.option("--parts", parts, "X:Y", "choose on part X of a set that was split, score on Y (default: a:b)");
        command.group("Scoring");
        command.option("--positive", positive, "LABEL", "the label that means yes");
        command.choice("--polarity", polarity, "whether a weak response may also say yes");
        command.option("--bootstrap", resamples, "N", "resamples for 95 % intervals of the `--best`, or the best", 10,
                       1000000);
        command.flag("--no-auc", no_auc, "only count: two readings, no sorting, AUC nan");
        command.option("--memory", memory, "MIB", "memory for responses; more are kept in $TMPDIR", 1, 1 << 24);
        command.option("--seed", seed, "S", "seed of halves, folds and resamples");
        command.option("--best-responses", best_responses, "B.tsv", "the best one's responses and the labels");
        command.option("--histograms", histograms, "H.tsv", "how the responses of each neuron are spread");
        command.option("--chosen", chosen, "C.tsv", "the neuron chosen for each fold, and its held-out score");
    }

    // `halves`: two parts are there anyway.
    void check(bool halves = false) const
    {
        using nonna::usage_error;
        if (!parts.empty() && !held_out && folds != 2 && !halves)
            usage_error("--parts", "needs --held-out, or --folds 2");
        if (no_auc && by == nonna::ChooseBy::auc)
            usage_error("--choose", "auc excludes --no-auc, which computes none");
        if (by_layer && !best)
            usage_error("--by-layer", "needs --best");
        if (held_out && folds)
            usage_error("--folds", "excludes --held-out");
        if (!chosen.empty() && !held_out && !folds)
            usage_error("--chosen", "needs --held-out or --folds");
        if (resamples && no_auc)
            usage_error("--bootstrap", "excludes --no-auc");
    }
};
