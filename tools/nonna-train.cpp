// nonna-train: trains a model on image sets, in this process's memory or on parameter servers.
#include "base/parallel.h"
#include "base/shown_text.h"
#include "cli/run_tool.h"
#include "optimiser/optimiser.h"
#include "server_options.h"
#include "train/plan.h"
#include "train/recipe.h"
#include "train/trainer.h"

using namespace nonna;

namespace
{

const std::string on_servers = "On parameter servers";
struct Options {
    std::string input, output, rate, replica = "0/1";
    std::vector<std::string> data, validation;
    int threads = 0;
    bool plan = false;
    TrainOptions run;
};

// What goes together, and what would do nothing or destroy an input, before a byte is read or written.
void check(Options& o, const Command& command)
{
    TrainOptions& r = o.run;
    ServedOptions& s = r.served;
    if (!s.client.servers.empty() && !s.client.rendezvous.empty())
        usage_error("--servers", "excludes --rendezvous");
    if (!s.on() && !command.given_in(on_servers).empty())
        usage_error(command.given_in(on_servers), "needs --servers or --rendezvous");
    for (const char* option : {"--optimizer", "--rate", "--momentum", "--change"})
        if (s.on() && command.given(option))
            usage_error(option, "is the servers' to choose: see nonna-serve");
    if (o.output.empty() && !o.plan && !s.on())
        usage_error("--output", "must be given, but where the parameters are on servers");
    s.replica = Portion::parse(o.replica, "--replica", false);
    s.pull = !o.output.empty();
    command.needs({"--resume", "--checkpoint-every", "--checkpoint-keep"}, "--checkpoint");
    command.needs({"--validate-every"}, "--validate");
    keep_apart({r.log, r.timing}, {o.input});    // the model itself may be trained in place
    keep_apart({o.output, r.log, r.timing}, client_files(s.client, o.validation));
    for (const std::string& text : o.data)
        keep_apart({o.output, r.log, r.timing}, {text, text.substr(0, text.rfind(':'))});
}

// Memory is planned from the architecture alone, so that a run that does not fit says so before the weights and the
// sets are read.
ExitStatus run(Options& o, const Command& command)
{
    check(o, command);
    const Recipe recipe = o.plan ? Recipe::of_any(o.input) : Recipe::of_model(o.input);
    recipe.fill(
        o.run, [&](const char* option) { return command.given(option); }, o.rate);
    check_rule(command, o.run.optimizer);
    Pool pool(o.threads);
    const Architecture architecture = o.plan ? Architecture::of_any(o.input) : Architecture::of_model(o.input);
    const MemoryPlan memory = plan_memory(architecture, o.run, pool);
    print(o.plan ? plan_table(memory) : "");
    require(memory, o.input);
    if (o.plan)
        return ExitStatus::done;
    const std::vector<Source> sources = open_sources(o.data, architecture, o.run.served.replica);
    std::vector<std::shared_ptr<const Pictures>> validation_sets;
    for (const std::string& path : o.validation)
        validation_sets.push_back(open_pictures(path, architecture.side, architecture.channels));
    Model model = load_model(o.input);
    train(model, sources, validation_sets, o.run, pool);
    model.provenance["tool"] = "nonna " + version();
    if (!o.output.empty())
        save_model(o.output, model);
    return ExitStatus::done;
}

}    // namespace

int main(int argc, char** argv)
{
    Options o;
    TrainOptions& r = o.run;
    Command command("nonna-train", "train a model on image sets");
    command.positional("MODEL", o.input, "model file to start from").architecture("--plan");
    command.option("-o,--output", o.output, "OUT", "the trained model");
    command.option("--data", o.data, "FILE[:WEIGHT]", "image set and its weight").required_unless(o.plan);
    command.option("--steps", r.steps, "N", "minibatches in all", 0, 1000000000);
    command.option("--batch", r.batch, "N", "pictures in a minibatch", 1, 4096);
    command.choice("--schedule", r.schedule, "how stages learn together");
    command.choice("--optimizer", r.optimizer, "update rule");
    command.option("--rate", o.rate, "R[,R...]", "learning rate, for all stages or one a stage");
    command.choice("--rate-schedule", r.rate_schedule, "how the rate falls");
    command.option("--seed", r.seed, "S", "seed of the data's order");
    command.option("--validate", o.validation, "FILE", "image set on which to measure the costs");
    command.option("--log", r.log, "LOG.tsv", "table of costs");
    command.option("--checkpoint", r.checkpoint, "DIR", "folder for checkpoints");
    command.flag("--resume", r.resume, "go on from the newest checkpoint, if there is one");
    command.threads(o.threads);
    command.group("Also");
    command.option("--change", r.change, "WHAT", "go on with other `rate`, `rate-schedule` or `steps`");
    command.flag("--plan", o.plan, "print how much memory a run takes, and end");
    command.choice("--precision", r.precision, "of the filters' products; the rest is fp32");
    command.option("--momentum", r.momentum, "M", "for `--optimizer` " + rules_with_momentum(), 0, 0.9999);
    command.option("--validate-every", r.validate_every, "N", "steps between validations", 1, 1000000000);
    command.option("--log-every", r.log_every, "N", "steps between rows of the log", 1, 1000000000);
    command.option("--timing", r.timing, "T.tsv", "table of speed and waiting");
    command.option("--checkpoint-every", r.checkpoint_every, "N", "steps between checkpoints", 1, 1000000000);
    command.option("--checkpoint-keep", r.checkpoint_keep, "N|all", "how many of the newest checkpoints are kept");
    ServedOptions& s = r.served;
    command.group(on_servers);
    command.option("--servers", s.client.servers, "LIST", "addresses separated by commas, or a file of them");
    declare_client(command, s.client);
    command.option("--replica", o.replica, "I/N", "which of N, from 0; learns from every N-th picture");
    command.option("--fetch-every", s.fetch_every, "P", "steps between fetches of the values", 1, 1000000);
    command.option("--push-every", s.push_every, "G", "steps between pushes of the summed gradients", 1, 1000000);
    command.option("--warm-start", s.warm_start, "STEPS", "steps that replica 0 makes alone", 0, 1000000000);
    declare_patience(command, s.client);
    command.choice("--wire", s.client.wire, "format of numbers between replica and servers");
    return run_tool(argc, argv, command, [&] { return run(o, command); });
}
