// nonna-classify fit: a head from labelled pictures.
#include "base/parallel.h"
#include "base/shown_text.h"
#include "jobs.h"
#include "recognition/fit_head.h"

using namespace nonna;

namespace
{

struct FitJob {
    HeadOptions options;
    std::string model, output, store, negatives = "all";
    std::vector<std::string> data, layers;
    std::size_t memory = 4096;
    std::optional<std::int64_t> classes;
    bool plan = false, again = false;
    int threads = 0;
    const Command* command = nullptr;

    void check()
    {
        if (output.empty() && !plan)
            usage_error("--output", "must be given, but with --plan");
        if (data.empty() && !(plan && classes))
            usage_error("--data", plan ? "or --classes must be given" : "must be given");
        if (again && !store.empty())
            usage_error("--store", "excludes --again");
        command->needs({"--classes"}, "--plan");
        command->needs({"--resume", "--checkpoint-every"}, "--checkpoint");
        if (command->given("--momentum") && options.rule != HeadRule::momentum)
            usage_error("--momentum", "goes with --optimizer momentum");
        if (command->given("--patience") && options.hold_out == 0)
            usage_error("--patience", "does nothing where nothing is held out");
        std::vector<std::string> inputs = data;
        inputs.push_back(model);
        keep_apart({output, store, options.log, options.checkpoint}, inputs);
        options.set_negatives(negatives);
        options.memory = memory << 20;
    }

    ExitStatus show_plan() const
    {
        const Architecture architecture = Architecture::of_any(model);
        const std::vector<LayerId> chosen = parse_layers(layers, architecture);
        const PictureForm form{architecture.side, architecture.channels, DecodeSize::whole};
        const std::size_t count = classes ? std::size_t(*classes) : LabelledPictures(data, form).classes().size();
        const std::size_t features = feature_count(architecture, chosen);
        print(head_plan_table(plan_head(count, features, options), count, features));
        return ExitStatus::done;
    }

    ExitStatus run()
    {
        check();
        if (plan)
            return show_plan();
        Pool pool(threads);
        const Model m = load_model(model);
        const std::vector<LayerId> chosen = parse_layers(layers, m.architecture);
        const LabelledPictures pictures(data, m.preprocessing.form());
        const auto computed = computed_features(m, model, chosen, pictures.numbered(), pool);
        std::unique_ptr<Features> once;
        if (!store.empty())
            once = stored_features(store, *computed, m, chosen, pictures, pool);
        else if (!again)
            once = kept_features(*computed, options.memory, pool);
        HeadExamples examples{pictures.name(), pictures.classes(), {}};
        for (std::size_t i = 0; i < pictures.count(); ++i)
            examples.labels.push_back(pictures.label(i));
        const std::string digest = model_digest(m), data_digest = pictures.digest(), names = layer_list(chosen);
        const std::string run = digest + " " + data_digest + " " + names + (store.empty() ? " fp32" : " bf16");
        LogisticHead head = fit_head(once ? *once : *computed, examples, options, run, pool);
        head.layers = names;
        head.model = digest;
        head.provenance["tool"] = "nonna-classify " + version();
        head.provenance["data_sha256"] = data_digest;
        head.provenance["options"] = options.described() + (store.empty() ? "" : " --store");
        save_head(output, head);
        return ExitStatus::done;
    }
};

}    // namespace

void add_fit(Command& program)
{
    static FitJob o;
    Command& job = program.subcommand("fit", "fit a head to labelled pictures", [] { return o.run(); });
    o.command = &job;
    HeadOptions& r = o.options;
    job.positional("MODEL", o.model, "model file").architecture("--plan");
    job.option("-o,--output", o.output, "HEAD", "the head");
    job.option("--data", o.data, "SET.tar", "labelled pictures");
    job.option("--layer", o.layers, "LAYER", "STAGE.SUBLAYER as in `3.norm`, `top` or `all` (default: `top`)");
    job.option("--l2", r.l2, "L", "penalty of the squared weights", 0, 1e6);
    job.choice("--optimizer", r.rule, "update rule");
    job.option("--rate", r.rate, "R", "learning rate", 0, 1e6);
    job.option("--epochs", r.epochs, "N", "times that all pictures are seen, at most", 1, 1'000'000);
    job.option("--batch", r.batch, "N", "pictures in a minibatch", 1, 1'000'000);
    job.option("--negatives", o.negatives, "all|N", "other classes that a picture teaches");
    job.option("--hold-out", r.hold_out, "S", "share of each class by which the fit is stopped", 0, 0.9);
    job.option("--seed", r.seed, "S", "seed of order, held-out pictures and negatives");
    job.threads(o.threads);
    job.group("Also");
    job.option("--momentum", r.momentum, "M", "for `--optimizer momentum`", 0, 0.9999);
    job.choice("--rate-schedule", r.rate_schedule, "how the rate falls");
    job.option("--patience", r.patience, "N", "epochs without a better one, after which it stops", 1, 1'000'000);
    job.option("--log", r.log, "LOG.tsv", "table of losses, a line an epoch");
    job.option("--store", o.store, "R.safetensors", "keep the responses there in half width, for later fits too");
    job.flag("--again", o.again, "compute responses anew in every epoch, and keep none");
    job.option("--memory", o.memory, "MIB", "for weights, and for responses; more of either lie in $TMPDIR", 1,
               1 << 24);
    job.option("--checkpoint", r.checkpoint, "C.safetensors", "file for the state of the fit");
    job.option("--checkpoint-every", r.checkpoint_every, "N", "epochs between checkpoints", 1, 1'000'000);
    job.flag("--resume", r.resume, "go on from the checkpoint, if there is one");
    job.flag("--plan", o.plan, "print what a fit takes, and end");
    job.option("--classes", o.classes, "N", "for `--plan`: how many classes", 2, 100'000'000);
}
