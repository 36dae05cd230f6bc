// How detectors are scored: the options that nonna-sweep and nonna-baseline have in common.
#pragma once

#include "analysis/sweep_run.h"
#include "cli/run_tool.h"

struct SweepCommand : nonna::SweepRun {
    void declare(nonna::Command& command)
    {
        command.option("-o,--output", output, "OUT.tsv", "the table; `-` is standard output");
        command.option("--best", best, "N", "only the N best, best first (default: all, in order)", 1, INT64_MAX);
        command.flag("--held-out", held_out, "also choose on one half and score on the other");
        command.option("--folds", folds, "K", "likewise, with each of K parts held out in turn", 2, 100);
        command.group("Scoring");
        command.option("--positive", positive, "LABEL", "the label that means yes");
        command.choice("--polarity", polarity, "whether a weak response may also say yes");
        command.option("--bootstrap", resamples, "N", "resamples for 95 % intervals of the `--best`", 10, 1000000);
        command.flag("--no-auc", no_auc, "only count: two readings, no sorting, AUC nan");
        command.option("--memory", memory, "MIB", "memory for responses; more are kept in $TMPDIR", 1, 1 << 24);
        command.option("--seed", seed, "S", "seed of halves, folds and resamples");
        command.option("--best-responses", best_responses, "B.tsv", "the best one's responses and the labels");
        command.option("--chosen", chosen, "C.tsv", "the neuron chosen for each fold, and its held-out score");
    }

    void check() const
    {
        using nonna::usage_error;
        if (held_out && folds)
            usage_error("--folds", "excludes --held-out");
        if (!chosen.empty() && !held_out && !folds)
            usage_error("--chosen", "needs --held-out or --folds");
        if (resamples && !best)
            usage_error("--bootstrap", "needs --best");
        if (resamples && no_auc)
            usage_error("--bootstrap", "excludes --no-auc");
    }
};
