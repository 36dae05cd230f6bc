// nonna-baseline: what a network is held against: the best linear filter, and K-means.
#include "jobs.h"

using namespace nonna;

void BaselineCommand::check(const Command& job, const std::vector<std::string>& outputs) const
{
    sweep.check(tune);
    if (channels == 2)
        usage_error("--channels", "must be 1 or 3");
    if (tune)
        for (const char* option : {"--held-out", "--folds", "--best", "--no-auc", "--best-responses", "--chosen"})
            if (job.given(option))
                usage_error(option, "goes without --tune, which chooses on one half and judges on the other");
    std::vector<std::string> all = sweep.outputs();
    all.insert(all.end(), outputs.begin(), outputs.end());
    for (const std::string& text : data)
        keep_apart(all, {text, parse_weighted(text).path});
    keep_apart(all, {test});
}

PictureSet BaselineCommand::read_test(int side, int of_channels, Pool& pool)
{
    parts = tune ? RecordedParts(sweep.parts) : sweep.recorded_parts();
    return read_pictures(test, {side, of_channels}, pool, [&](const ImageMeta& meta) { return parts.keep(meta.half); });
}

std::vector<Split> BaselineCommand::splits(const Labels& labels, const PictureSet& set) const
{
    return make_splits(labels, 1, parts.split(set.halves, test), sweep.seed, test);
}

std::vector<NeuronScore> BaselineCommand::choose(const ResponseSource& asked, const PictureSet& set, Pool& pool) const
{
    const Labels labels = read_labels(set.labels, sweep.positive, test);
    SweepOptions options = sweep.options();
    options.splits = splits(labels, set);
    return nonna::sweep(readable(asked, sweep.kept_bytes()), labels, options, pool);
}

ExitStatus BaselineCommand::finish(const Tuning& tuning, const PictureSet& set) const
{
    tuning.write(sweep.output);
    const Labels labels = read_labels(set.labels, sweep.positive, test);
    say(tuning.summary(labels, splits(labels, set)[0]));
    return ExitStatus::done;
}

ExitStatus BaselineCommand::run(const ResponseSource& source, const PictureSet& set, Pool& pool,
                                NeuronScore& best) const
{
    return sweep.run(source, read_labels(set.labels, sweep.positive, test), set.keys, parts.split(set.halves, test),
                     pool, &best);
}

int main(int argc, char** argv)
{
    Command command("nonna-baseline", "score linear filters or K-means as detectors");
    add_linear(command);
    add_kmeans(command);
    return run_tool(argc, argv, command);
}
