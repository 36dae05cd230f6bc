// nonna-classify eval: how good a head is on labelled pictures.
#include "base/log.h"
#include "base/parallel.h"
#include "jobs.h"
#include "recognition/evaluation.h"

using namespace nonna;

namespace
{

struct EvalJob {
    std::string model, head, output = "-", confusions, calibration, classes;
    std::vector<std::string> data;
    UnknownLabels unknown = UnknownLabels::refuse;
    int resamples = 1000, threads = 0;
    std::uint64_t seed = 1;

    ExitStatus run() const
    {
        std::vector<std::string> inputs = data;
        inputs.insert(inputs.end(), {model, head});
        keep_apart({output, confusions, calibration, classes}, inputs);
        Pool pool(threads);
        const Model m = load_model(model);
        const LogisticHead fitted = load_head(head);
        const std::vector<LayerId> layers = layers_of_head(fitted, head, m, model);
        const LabelledPictures pictures(data, m.preprocessing.form());
        const auto features = computed_features(m, model, layers, pictures.numbered(), pool);
        std::size_t skipped = 0;
        const Answers answers = answer_pictures(fitted, head, *features, pictures, unknown, skipped, pool);
        if (skipped > 0)
            warn(pictures.name(),
                 std::to_string(skipped) + " pictures of classes that " + head + " does not know are left out");
        write_measures(output, answers, resamples, seed, pool);
        if (!confusions.empty())
            write_confusions(confusions, answers);
        if (!calibration.empty())
            write_calibration(calibration, answers);
        if (!classes.empty())
            write_class_measures(classes, answers);
        return skipped > 0 ? ExitStatus::skipped : ExitStatus::done;
    }
};

}    // namespace

void add_eval(Command& program)
{
    static EvalJob o;
    Command& job = program.subcommand("eval", "judge a head on labelled pictures", [] { return o.run(); });
    job.positional("MODEL", o.model, "the model that the head was fitted to");
    job.positional("HEAD", o.head, "what `fit` wrote");
    job.positional("SET.tar", o.data, "labelled pictures", 1);
    job.option("-o,--output", o.output, "T.tsv", "table of measures");
    job.option("--confusions", o.confusions, "T.tsv", "table of the classes taken for others, the most frequent first");
    job.option("--calibration", o.calibration, "T.tsv", "table of probabilities and what they were worth");
    job.option("--by-class", o.classes, "T.tsv", "table of the classes");
    job.choice("--unknown", o.unknown, "pictures of classes that the head does not know");
    job.option("--bootstrap", o.resamples, "N", "resamples for the intervals; 0: none", 0, 1'000'000);
    job.option("--seed", o.seed, "S", "seed of the resamples");
    job.threads(o.threads);
}
