// nonna-dataset testset: positives and distractors at a prior.
#include "dataset/test_set.h"
#include "jobs.h"

using namespace nonna;

namespace {

struct TestsetJob {
    TestSetOptions options;
    std::string output, positives, negatives, from_boxes, others;
    std::int64_t threads = 0;

    ExitStatus run()
    {
        const bool mix = !positives.empty() && !negatives.empty();
        if (mix == !from_boxes.empty() || (!mix && positives.size() + negatives.size() > 0) ||
            (from_boxes.empty() && !others.empty()))
            usage_error("--positives", "give --positives and --negatives, or --from-boxes");
        options.threads = int(threads);
        return mix ? mix_test_set(positives, negatives, output, options)
                   : test_set_from_boxes(from_boxes, others, output, options);
    }
};

}    // namespace

void add_testset(Command& program)
{
    static TestsetJob o;
    Command& job = program.subcommand("testset", "positives (1) and negatives (0) at a prior", [] { return o.run(); });
    job.option("-o,--output", o.output, "OUT.tar", "the test set").required();
    job.option("--positives", o.positives, "P.tar", "pictures with the thing");
    job.option("--negatives", o.negatives, "N.tar", "pictures without it");
    job.option("--from-boxes", o.from_boxes, "A.tar", "frames with boxes: cut both out");
    job.option("--others", o.others, "O.tar", "other films, for negatives");
    job.option("--prior", o.options.prior, "P", "share of negatives", 0.001, 0.999);
    job.option("--count", o.options.count, "N", "pictures in all; 0: what there is", 0, 100'000'000);
    job.option("--size", o.options.size, "N", "side of the stored square; 0 keeps", 0, 8192);
    job.option("--margin", o.options.margin, "M", "around a box, share of its side; below 0: inside", -0.4, 10);
    job.option("--min-score", o.options.min_score, "S", "least score of a positive's box", -1e9, 1e9);
    job.option("--detector", o.options.detector, "NAME", "whose boxes, where several looked");
    job.option("--seed", o.options.seed, "S", "seed of choice and order");
    job.option("-j,--jobs", o.threads, "N", "threads; 0: one for each processor", 0, 1024);
}
