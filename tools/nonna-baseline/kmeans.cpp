// The job kmeans: centroids of whitened pictures, by their triangle activations.
#include "analysis/kmeans_model.h"
#include "jobs.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"

using namespace nonna;

namespace
{

struct Options : BaselineCommand {
    std::string model, show;
    std::optional<std::int64_t> centroids;
    int side = 40;
    KMeansFit fit;
};

std::string tool() { return "nonna-baseline " + version(); }

ExitStatus tune(Options& o, const PictureSet& test, const TrainingPictures& pictures, Pool& pool)
{
    Tuning tuning({"centroids", "eigenvalue_offset"}, o.sweep.by);
    const std::int64_t most = o.fit.kmeans.centroids;
    for (const std::int64_t centroids : {(most + 3) / 4, (most + 1) / 2, most})
        for (const auto& [offset, text] : {std::pair{0.01, "0.01"}, {0.1, "0.1"}, {1.0, "1"}}) {
            o.fit.kmeans.centroids = centroids;
            o.fit.eigenvalue_offset = offset;
            const KMeansModel model = fit_kmeans(pictures, o.fit, tool(), pool);
            const ResponseSource source = kmeans_responses({test.pixels, test.count()}, model, test.name, pool);
            tuning.add({std::to_string(centroids), text}, source, o.choose(source, test, pool));
        }
    return o.finish(tuning, test);
}

void check(const Options& o, const Command& job)
{
    o.check(job, {o.show, o.fit.save});
    check_picture_name(o.show);
    keep_apart({o.show, o.fit.save, o.sweep.output, o.sweep.best_responses, o.sweep.chosen}, {o.model});
    if (o.data.empty() == o.model.empty())
        usage_error("--data", "give pictures to fit centroids to, or the --model of an earlier run");
    if (const std::string option = job.given_in("Fitting"); !o.model.empty() && !option.empty())
        usage_error(option, "goes with --data: a --model is fitted already");
    for (const char* option : {"--tune", "--side", "--channels"})
        if (!o.model.empty() && job.given(option))
            usage_error(option, "goes with --data: a --model is fitted already");
    if (o.model.empty() && !o.centroids)
        usage_error("--centroids", "is needed with --data");
    if (o.fit.whitening > 0 && o.fit.whitening % 2 == 0)
        usage_error("--whitening", "must be odd, so that a filter has a centre, or 0");
    if (o.fit.resume && o.fit.save.empty())
        usage_error("--resume", "needs --save, from which it goes on");
    for (const char* option : {"--show", "--save", "--eigenvalue-offset", "--resume"})
        if (o.tune && job.given(option))
            usage_error(option, "goes without --tune");
}

ExitStatus kmeans(Options& o, const Command& job)
{
    check(o, job);
    Pool pool(o.threads);
    o.fit.kmeans.seed = o.sweep.seed;
    o.fit.kmeans.centroids = o.centroids.value_or(0);
    KMeansModel model;
    PictureSet test;
    NeuronScore best;
    if (!o.model.empty()) {
        model = load_kmeans(o.model);
        if (!model.finished)
            throw Error(o.model, "its run is not finished: go on with --save and --resume");
        test = o.read_test(model.preprocessing.side, model.preprocessing.channels, pool);
    } else {
        const Mixture data(o.data, o.sweep.seed);
        check_centroids(data.name(), data.count(), o.fit.kmeans.centroids);
        const auto read = [&](std::size_t i, std::span<std::uint8_t> into) { data.read(i, o.side, o.channels, into); };
        const TrainingPictures pictures{data.name(), data.digest(), data.count(), o.side, read, o.channels};
        test = o.read_test(o.side, o.channels, pool);
        read_labels(test.labels, o.sweep.positive, o.test);    // refused now, not after the fit
        if (o.tune)
            return tune(o, test, pictures, pool);
        model = fit_kmeans(pictures, o.fit, tool(), pool);
    }
    const ExitStatus status =
        o.run(kmeans_responses({test.pixels, test.count()}, model, test.name, pool), test, pool, best);
    if (!o.show.empty()) {
        const Preprocessing& p = model.preprocessing;
        const std::span<const float> centroid(model.centroids.values.data() + best.map * model.centroids.length,
                                              model.centroids.length);
        write_picture(o.show, stimulus_picture(p, centroid, {0, 0, p.side, p.side}, false));
    }
    return status;
}

}    // namespace

void add_kmeans(Command& program)
{
    static Options o;
    static Command* job;
    job = &program.subcommand("kmeans", "centroids of whitened pictures, by their triangle activations",
                              [] { return kmeans(o, *job); });
    job->positional("TEST.tar", o.test, "labelled images; `-` is standard input");
    job->option("--data", o.data, "TRAIN.tar[:WEIGHT]", "pictures that centroids are fitted to");
    job->option("--model", o.model, "M.safetensors", "what an earlier run saved, in place of `--data`");
    job->option("--side", o.side, "N", "side to which pictures are resized", 2, 1024);
    job->option("--show", o.show, "BEST.png", "the best centroid as a picture");
    o.declare(*job);
    job->group("Fitting");
    job->option("--centroids", o.centroids, "K", "at most a fifth of the pictures", 1, 10'000'000);
    job->choice("--start", o.fit.kmeans.start, "how the first centroids are chosen");
    job->option("--iterations", o.fit.kmeans.iterations, "N", "how many batches", 1, 1'000'000);
    job->option("--batch", o.fit.kmeans.batch, "N", "pictures in an iteration; no more than there are", 1, 100'000'000);
    job->option("--whitening", o.fit.whitening, "N", "side of the whitening filters; 0: none", 0, 101);
    job->option("--eigenvalue-offset", o.fit.eigenvalue_offset, "V", "regularisation of the whitening", 1e-9, 1e9);
    job->option("--save", o.fit.save, "M.safetensors", "file for the centroids, written also while they are fitted");
    job->option("--save-every", o.fit.save_every, "N", "iterations between saves", 1, 1'000'000);
    job->flag("--resume", o.fit.resume, "go on from what `--save` holds");
}
