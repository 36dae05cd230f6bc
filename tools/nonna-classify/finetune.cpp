// nonna-classify finetune: a head and its network learn together.
#include "base/parallel.h"
#include "jobs.h"
#include "recognition/fine_tune.h"

using namespace nonna;

namespace
{

struct FineTuneJob {
    FineTuneOptions options;
    std::string model, head, output, output_head;
    std::vector<std::string> data;
    int threads = 0;
    const Command* command = nullptr;

    ExitStatus run()
    {
        if (command->given("--momentum") && !row_of(options.optimizer).takes_momentum)
            usage_error("--momentum", "goes with --optimizer " + rules_with_momentum());
        if (options.rate > most_rate(options.optimizer))
            usage_error("--rate", "is an angle with --optimizer turn, of 1 at most");
        if (!command->given("--rate"))
            options.rate = row_of(options.optimizer).usual_rate / 10;
        command->needs({"--resume", "--checkpoint-every"}, "--checkpoint");
        command->needs({"--log-every"}, "--log");
        std::vector<std::string> inputs = data;
        inputs.insert(inputs.end(), {model, head});
        keep_apart({output, output_head, options.log, options.checkpoint}, inputs);
        Pool pool(threads);
        Model m = load_model(model);
        LogisticHead fitted = load_head(head);
        const std::vector<LayerId> layers = layers_of_head(fitted, head, m, model);
        if (layers.size() > 1)
            throw Error(head, "is on several layers (" + fitted.layers + "): fit one on a single layer");
        const LabelledPictures pictures(data, m.preprocessing.form());
        fine_tune(m, model, fitted, head, layers.front(), pictures, options, pool);
        const std::string tool = "nonna-classify " + version(), digest = pictures.digest();
        m.provenance["finetuned"] = tool + " finetune " + options.described() + " data " + digest;
        fitted.provenance["finetuned"] = m.provenance["finetuned"];
        fitted.provenance["tool"] = tool;
        fitted.provenance["data_sha256"] = digest;
        save_model(output, m);
        save_head(output_head, fitted);
        return ExitStatus::done;
    }
};

}    // namespace

void add_finetune(Command& program)
{
    static FineTuneJob o;
    Command& job = program.subcommand("finetune", "let a head and its network learn together", [] { return o.run(); });
    o.command = &job;
    FineTuneOptions& r = o.options;
    job.positional("MODEL", o.model, "the model that the head was fitted to");
    job.positional("HEAD", o.head, "what `fit` wrote, on one layer");
    job.option("-o,--output", o.output, "OUT", "the model after it").required();
    job.option("--head", o.output_head, "HEAD", "the head after it").required();
    job.option("--data", o.data, "SET.tar", "labelled pictures").required();
    job.option("--steps", r.steps, "N", "minibatches in all", 0, 1'000'000'000);
    job.option("--batch", r.batch, "N", "pictures in a minibatch", 1, 4096);
    job.choice("--optimizer", r.optimizer, "update rule of the network; the head's is adagrad");
    job.option("--rate", r.rate, "R", "of the network (default: a tenth of that of nonna-train)", 0, 1e6);
    job.option("--head-rate", r.head_rate, "R", "of the head", 0, 1e6);
    job.choice("--rate-schedule", r.rate_schedule, "how both rates fall");
    job.flag("--from-scratch", r.from_scratch, "begin with the random weights that the model began with");
    job.option("--seed", r.seed, "S", "seed of the data's order");
    job.threads(o.threads);
    job.group("Also");
    job.option("--momentum", r.momentum, "M", "for `--optimizer` " + rules_with_momentum(), 0, 0.9999);
    job.option("--l2", r.l2, "L", "penalty of the head's squared weights", 0, 1e6);
    job.option("--log", r.log, "LOG.tsv", "table of losses");
    job.option("--log-every", r.log_every, "N", "steps between rows of the log", 1, 1'000'000'000);
    job.option("--checkpoint", r.checkpoint, "C.safetensors", "file for the state of the run");
    job.option("--checkpoint-every", r.checkpoint_every, "N", "steps between checkpoints", 1, 1'000'000'000);
    job.flag("--resume", r.resume, "go on from the checkpoint, if there is one");
}
