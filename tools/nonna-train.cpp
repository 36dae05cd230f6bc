// nonna-train: trains a model on image sets, in this process's memory or on parameter servers.
#include "server_options.h"

#include "base/parallel.h"
#include "cli/run_tool.h"
#include "train/plan.h"
#include "train/trainer.h"

#include <cstdio>

int main(int argc, char** argv)
{
    std::string input, output, replica = "0/1";
    std::vector<std::string> data, validation;
    std::int64_t threads = 0;
    bool plan = false;
    nonna::TrainOptions o;
    nonna::Command command("nonna-train", "train a model on image sets");
    command.positional("MODEL", input, "model file to start from");
    command.option("-o,--output", output, "OUT", "the trained model");
    command.option("--data", data, "FILE[:WEIGHT]", "image set and its weight").required_unless(plan);
    command.option("--steps", o.steps, "N", "minibatches in all", 0, 1000000000);
    command.option("--batch", o.batch, "N", "pictures in a minibatch", 1, 4096);
    command.choice("--schedule", o.schedule, {"joint", "stagewise", "greedy"}, "how stages learn together");
    command.choice("--optimizer", o.optimizer, {"sgd", "momentum", "adagrad"}, "update rule");
    command.option("--rate", o.rate, "R", "learning rate", 0, 1e6);
    command.choice("--rate-schedule", o.rate_schedule, {"constant", "step", "cosine"}, "how the rate falls");
    command.option("--seed", o.seed, "S", "seed of the data's order");
    command.option("--validate", validation, "FILE", "image set on which to measure the costs");
    command.option("--log", o.log, "LOG.tsv", "table of costs");
    command.option("--checkpoint", o.checkpoint, "DIR", "folder for checkpoints");
    command.flag("--resume", o.resume, "go on from the newest checkpoint, if there is one");
    command.flag("--plan", plan, "print how much memory a run takes, and end");
    command.option("-j,--jobs", threads, "N", "threads; 0: one for each processor", 0, 1024);
    command.group("Also");
    command.choice("--precision", o.precision, {"fp32", "bf16"}, "of the filters' products; the rest is fp32");
    command.option("--momentum", o.momentum, "M", "momentum, for `--optimizer momentum`", 0, 0.9999);
    command.option("--validate-every", o.validate_every, "N", "steps between validations", 1, 1000000000);
    command.option("--log-every", o.log_every, "N", "steps between rows of the log", 1, 1000000000);
    command.option("--timing", o.timing, "TIMES.tsv", "table of speed and waiting");
    command.option("--checkpoint-every", o.checkpoint_every, "N", "steps between checkpoints", 1, 1000000000);
    nonna::ServedOptions& s = o.served;
    const std::string on_servers = "On parameter servers";
    command.group(on_servers);
    command.option("--servers", s.client.servers, "LIST",
                   "addresses separated by commas, or a file with one on each line");
    declare_client(command, s.client);
    command.option("--replica", replica, "I/N", "which of N replicas, counted from 0; learns from every N-th picture");
    command.option("--fetch-every", s.fetch_every, "P", "steps between fetches of the values", 1, 1000000);
    command.option("--push-every", s.push_every, "G", "steps between pushes of the summed gradients", 1, 1000000);
    command.option("--warm-start", s.warm_start, "STEPS",
                   "the other replicas wait until replica 0 has made so many steps", 0, 1000000000);
    command.option("--patience", s.client.patience, "SECONDS", "how long to wait for a lost server", 0, 1e9);
    command.choice("--wire", s.client.wire, {"fp32", "bf16"}, "format of numbers between replica and servers");
    return nonna::run_tool(argc, argv, command, [&] {
        using namespace nonna;
        if (!s.client.servers.empty() && !s.client.rendezvous.empty())
            usage_error("--servers", "excludes --rendezvous");
        if (!s.on() && !command.given_in(on_servers).empty())
            usage_error(command.given_in(on_servers), "needs --servers or --rendezvous");
        for (const char* option : {"--optimizer", "--rate", "--momentum"})
            if (s.on() && command.given(option))
                usage_error(option, "is chosen by the servers, see nonna-serve");
        if (output.empty() && !plan && !s.on())
            usage_error("--output", "must be given, unless the parameters are on servers");
        s.replica = Part::parse(replica, "--replica", false);
        s.pull = !output.empty();
        if (o.resume && o.checkpoint.empty())
            usage_error("--resume", "needs --checkpoint DIR");
        keep_apart({o.log, o.timing}, {input});    // the model itself may be trained in place
        keep_apart({output, o.log, o.timing}, validation);
        for (const std::string& text : data)
            keep_apart({output, o.log, o.timing}, {text, text.substr(0, text.rfind(':'))});
        Pool pool{int(threads)};
        const Architecture architecture = plan ? Architecture::of_any(input) : Architecture::of_model(input);
        const MemoryPlan memory = plan_memory(architecture, o, pool);
        if (plan)
            std::fputs(plan_table(memory).c_str(), stdout);
        require(memory, input);
        if (plan)
            return ExitStatus::done;
        std::vector<Source> sources;
        for (const std::string& text : data) {
            sources.push_back(open_source(text, architecture));
            sources.back().pictures = portion(sources.back().pictures, s.replica.first, s.replica.of);
        }
        std::vector<std::shared_ptr<const Pictures>> validation_sets;
        for (const std::string& path : validation)
            validation_sets.push_back(open_pictures(path, architecture.side, architecture.channels));
        Model model = load_model(input);
        train(model, sources, validation_sets, o, pool);
        model.provenance["tool"] = "nonna " + version();
        if (!output.empty())
            save_model(output, model);
        return ExitStatus::done;
    });
}
