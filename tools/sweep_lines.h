// nonna-sweep --from: lines of a table made before, in place of MODEL and TEST.tar.
#pragma once

#include "sweep_options.h"

struct SweepLines {
    std::string from;
    std::vector<std::string> by;
    std::optional<std::int64_t> random;
    bool names = false;

    void declare(nonna::Command& command)
    {
        command.group("A table made before");
        command.option("--from", from, "SWEEP.tsv", "its lines, in place of MODEL and TEST.tar; see --best");
        command.option("--by", by, "COLUMN", "what is best in it, then for equals the next COLUMN; repeatable");
        command.option("--random", random, "N", "N of the others, drawn by `--seed`, after the `--best`", 1, INT64_MAX);
        command.flag("--names", names, "only the neurons' names, one a line");
    }

    nonna::ExitStatus print(const SweepCommand& sweep, const nonna::Command& command) const
    {
        using namespace nonna;
        keep_apart({sweep.output}, {from});
        std::string given = command.given_in("Scoring");
        if (given == "--seed" && random)    // of what is drawn
            given.clear();
        for (const char* option : {"--responses", "--labels", "--layer", "--jobs", "--held-out", "--folds", "--parts",
                                   "--best-responses", "--histograms", "--chosen"})
            if (command.given(option))
                given = option;
        if (!given.empty())
            usage_error(given, "goes without --from, which scores nothing");
        for (const std::string option : {"--by", "--choose", "--by-layer"})
            if (command.given(option) && !sweep.best)
                usage_error(option, "needs --best");
        if (!by.empty() && command.given("--choose"))
            usage_error("--choose", "excludes --by");
        SweepTable made(from);
        made.choose_by(command.given("--choose") ? sweep.by : made.chosen_by());
        std::vector<std::size_t> rows;
        if (sweep.best || !random)
            rows = made.first(sweep.best, by, sweep.by_layer);
        if (random) {
            const std::vector<std::size_t> drawn = made.drawn(*random, sweep.seed, rows);
            rows.insert(rows.end(), drawn.begin(), drawn.end());
        }
        (names ? write_names : write_lines)(sweep.output, made, rows);
        return ExitStatus::done;
    }
};
