// nonna-dataset testset: positives and distractors at a prior.
#include "dataset/test_set.h"
#include "jobs.h"
#include "model/neuron.h"

#include <algorithm>

using namespace nonna;

namespace
{

struct TestsetJob {
    TestSetOptions options;
    std::string output, positives, negatives, from_boxes, others, frame, jitter, fit, split_lists;
    std::vector<std::string> looks;
    const Command* command = nullptr;

    void set_framing()
    {
        Framing& f = options.framing;
        if (!frame.empty())
            f.set_frame(frame);
        if (!jitter.empty())
            f.set_jitter(jitter);
        f.set_looks(looks);
        f.seed = options.seed;
        if (fit.empty())
            return;
        if (f.size > 0)
            usage_error("--fit", "excludes --size");
        const Area area = top_visible_area(Architecture::of_model(fit));
        f.size = std::max(area.rows, area.columns);
    }

    // Both make squares of their own, so that all must be squares of one size; letterboxes would be known by their
    // bars.
    void check_controls(bool mix) const
    {
        if (options.match == 0 && options.variant == Variant::plain)
            return;
        const char* const name = options.match > 0 ? "--match" : "--variant";
        if (!mix || !options.from_list.empty())
            usage_error(name, "excludes --from-boxes and --from-list");
        if (options.framing.size == 0 && options.framing.through == 0)
            usage_error(name, "needs a size (--size, --fit or --through)");
        if (options.framing.frame == Framing::Frame::letterbox)
            usage_error(name, "excludes --frame letterbox");
        if (options.match == 0)
            return;
        if (options.lists.empty())
            usage_error(name, "needs --split-lists: each part is matched within itself");
        if (command->given("--prior"))
            usage_error(name, "excludes --prior: every positive gets one negative");
        if (options.variant != Variant::plain)
            usage_error(name, "excludes --variant");
    }

    ExitStatus run()
    {
        const bool alone = negatives.empty() && makes_negatives(options.variant) && options.from_list.empty();
        const bool mix = !positives.empty() && (!negatives.empty() || alone);
        if (mix == !from_boxes.empty() || (!mix && positives.size() + negatives.size() > 0) ||
            (from_boxes.empty() && !others.empty()))
            usage_error("--positives", "give --positives and --negatives, or --from-boxes");
        if (!mix && !(frame + jitter + options.from_list).empty())
            usage_error("--from-boxes", "excludes --frame, --jitter and --from-list");
        if ((positives == "-" && negatives == "-") || (from_boxes == "-" && others == "-"))
            usage_error("-", "only one of the sets can be standard input");
        if (alone && mix && (command->given("--prior") || options.count % 2 == 1))
            usage_error(command->given("--prior") ? "--prior" : "--count",
                        "without --negatives a control has as many of each: no --prior, and an even --count");
        if (!split_lists.empty())
            options.set_lists(split_lists);
        std::vector<std::string> outputs = options.lists;
        outputs.push_back(output);
        if (options.match > 0)
            outputs.push_back(options.match_table);
        keep_apart(outputs, {positives, negatives, from_boxes, others, options.from_list, fit});
        set_framing();
        check_controls(mix);
        options.made_by = "nonna-dataset " + version() + " testset";
        return mix ? mix_test_set(positives, negatives, output, options)
                   : test_set_from_boxes(from_boxes, others, output, options);
    }
};

}    // namespace

void add_testset(Command& program)
{
    static TestsetJob o;
    Command& job =
        program.subcommand("testset", "mix positives (1) and negatives (0) at a given prior", [] { return o.run(); });
    o.command = &job;
    job.option("-o,--output", o.output, "OUT.tar", "the test set").required();
    job.option("--positives", o.positives, "P.tar", "pictures with the thing");
    job.option("--negatives", o.negatives, "N.tar", "pictures without it");
    job.option("--from-boxes", o.from_boxes, "A.tar", "frames with boxes: cut both classes out of them");
    job.option("--prior", o.options.prior, "P", "share of negatives", 0.001, 0.999);
    job.option("--count", o.options.count, "N", "pictures in all; 0: as many as there are", 0, 100'000'000);
    job.option("--from-list", o.options.from_list, "L.tsv", "exactly the pictures of a list");
    job.option("--split-lists", o.split_lists, "P[=A:B]", "halves P-a.tsv, P-b.tsv; of A:B:C and so on parts");
    job.choice("--group-by", o.options.group_by, "what may be in one part only");
    job.option("--frame", o.frame, "F", "`crop`[:SHARE], `letterbox` or `box`");
    job.option("--jitter", o.jitter, "P:S", "move by up to P sides, scale by up to 1 + S");
    job.option("--look", o.looks, "LOOK", "`grey`, `aperture`, `mean-ground` or `control`");
    job.option("--match", o.options.match, "N", "negatives like the positives, of N candidates; 0: any", 0, 10'000'000);
    job.choice("--variant", o.options.variant, "which control to make of the same draws");
    job.option("--size", o.options.framing.size, "N", "side of the stored square; 0 keeps the size", 0, 8192);
    job.option("--fit", o.fit, "MODEL", "take the size that its top neurons see");
    job.option("--through", o.options.framing.through, "N", "average first to N pixels a side: equally sharp", 0, 8192);
    job.option("--seed", o.options.seed, "S", "seed of choice, order, jitter and parts");
    job.threads(o.options.threads);
    job.group("Boxes");
    job.option("--others", o.others, "O.tar", "frames of other films, for negatives");
    job.option("--margin", o.options.margin, "M", "margin around a box, as a share of its side", -0.4, 10);
    job.option("--min-score", o.options.min_score, "S", "least score of a positive's box (or as `faces`)", -1e9, 1e9);
    job.option("--detector", o.options.detector, "NAME", "whose boxes to use, if several detectors were used");
}
