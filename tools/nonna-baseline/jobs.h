// The jobs of nonna-baseline: each declares its options on the program and binds what it does. What the options are
// bound to lives as long as the process.
#pragma once

#include "../sweep_options.h"
#include "analysis/tuning.h"
#include "base/log.h"
#include "base/parallel.h"
#include "images/mixture.h"
#include "images/picture_set.h"

void add_linear(nonna::Command& program);
void add_kmeans(nonna::Command& program);

// What both have: a test set, how its detectors are scored, and --tune.
struct BaselineCommand {
    std::string test;
    std::vector<std::string> data;
    int threads = 0, channels = 3;
    bool tune = false;
    SweepCommand sweep;
    nonna::RecordedParts parts;    // of the test set, once it is read

    BaselineCommand() { sweep.learned = false; }
    void declare(nonna::Command& job)
    {
        job.option("--channels", channels, "1|3", "grey or colour, for training pictures and test images alike", 1, 3);
        job.flag("--tune", tune, "score a small grid of settings instead of one");
        job.threads(threads);
        sweep.declare(job);
    }
    void check(const nonna::Command& job, const std::vector<std::string>& outputs) const;
    nonna::PictureSet read_test(int side, int of_channels, nonna::Pool& pool);

    // Scores by one split, of a grid's settings.
    std::vector<nonna::Split> splits(const nonna::Labels& labels, const nonna::PictureSet& set) const;
    std::vector<nonna::NeuronScore> choose(const nonna::ResponseSource& source, const nonna::PictureSet& set,
                                           nonna::Pool& pool) const;
    nonna::ExitStatus finish(const nonna::Tuning& tuning, const nonna::PictureSet& set) const;
    // Scores, tables, and what was the best one.
    nonna::ExitStatus run(const nonna::ResponseSource& source, const nonna::PictureSet& set, nonna::Pool& pool,
                          nonna::NeuronScore& best) const;
};
