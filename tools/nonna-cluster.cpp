// nonna-cluster: parameter servers and replicas on one machine, started, watched and stopped together.
#include "cli/run_tool.h"
#include "optimiser/optimiser.h"
#include "paramserver/cluster.h"
#include "paramserver/serve.h"
#include "server_options.h"
#include "train/trainer.h"

#include <algorithm>
#include <iterator>

int main(int argc, char** argv)
{
    using namespace nonna;
    ClusterOptions o;
    ServeOptions serve;    // what is handed on to nonna-serve and nonna-train
    TrainOptions train;
    std::vector<std::string> data;
    std::string validation;
    int threads = 1;
    serve.snapshot_every = 10;
    Command command("nonna-cluster", "train a model with parameter servers and replicas on this machine");
    command.positional("MODEL", o.model, "model file to start from");
    command.option("-o,--output", o.output, "OUT", "the trained model").required();
    command.option("--data", data, "FILE[:WEIGHT]", "image set and its weight").required();
    command.option("--servers", o.servers, "N", "parameter servers, each with one shard", 1, 1024);
    command.option("--replicas", o.replicas, "R", "replicas, each with its portion of the pictures", 1, 1024);
    command.option("--steps", o.steps, "N", "minibatches in all, divided among the replicas", 1, 1000000000);
    command.option("--batch", train.batch, "N", "pictures in a minibatch", 1, 4096);
    command.option("--fetch-every", train.served.fetch_every, "P", "steps between fetches", 1, 1000000);
    command.option("--push-every", train.served.push_every, "G", "steps between pushes", 1, 1000000);
    command.option("--rate", serve.rate, "R", "learning rate", 0, 1e6);
    command.option("--validate", validation, "FILE", "image set on which replica 0 measures the costs");
    command.option("--log", train.log, "LOG.tsv", "replica 0's table of costs");
    command.option("--folder", o.folder, "DIR", "folder for the files of the run (default: a temporary one)");
    command.flag("--resume", o.resume, "go on from what `--folder` holds");
    command.threads(threads, "threads of each replica");
    command.group("As in nonna-serve and nonna-train");
    command.choice("--optimizer", serve.optimizer, "update rule");
    command.option("--momentum", serve.momentum, "M", "for `--optimizer` " + rules_with_momentum(), 0, 0.9999);
    command.choice("--schedule", train.schedule, "how stages learn together");
    train.rate_schedule = RateSchedule::constant;
    command.choice("--rate-schedule", train.rate_schedule, "how the rate falls");
    command.choice("--precision", train.precision, "of the filters' products");
    command.choice("--wire", train.served.client.wire, "format of numbers between replicas and servers");
    command.option("--warm-start", train.served.warm_start, "STEPS", "steps that replica 0 makes alone at first", 0,
                   1000000000);
    command.option("--max-staleness", serve.max_staleness, "S", "refuse pushes older than S versions; 0: take all", 0,
                   1000000000);
    command.flag("--staleness-scale", serve.staleness_scale, "divide a push's rate by 1 + its age in versions");
    command.option("--snapshot-every", serve.snapshot_every, "SECONDS", "time between the servers' snapshots", 0.1,
                   1e6);
    command.option("--checkpoint-every", train.checkpoint_every, "N", "steps between a replica's checkpoints", 1,
                   1000000000);
    declare_patience(command, train.served.client);
    command.option("--timing", train.timing, "TIMES.tsv", "replica 0's table of speed and waiting");
    command.option("--seed", train.seed, "S", "seed of the data's order");
    command.option("--logs", o.logs, "DIR", "each replica's table of costs: DIR/train-0.tsv and so on");
    command.option("--metrics", serve.metrics, "URL",
                   "serve metrics of each for Prometheus: `http://127.0.0.1:0/metrics`");
    return run_tool(argc, argv, command, [&] {
        if (o.resume && o.folder.empty())
            usage_error("--resume", "needs --folder DIR");
        if (!o.logs.empty() && !train.log.empty())
            usage_error("--logs", "excludes --log");
        require_page_address(serve.metrics, false);
        if (!serve.metrics.empty() && serve.metrics.find(":0/") == std::string::npos)
            usage_error("--metrics", "each process needs a port of its own: http://127.0.0.1:0/metrics");
        check_rule(command, serve.optimizer);
        check_rate(serve.optimizer, serve.rate.value_or(0));
        keep_apart({o.output, train.log, train.timing}, {o.model, validation});
        for (const std::string& text : data)
            keep_apart({o.output, train.log, train.timing}, {text, text.substr(0, text.rfind(':'))});
        // Checked already: declared by the types that they are bound to there, with the same limits.
        o.serve = command.words({"--snapshot-every", "--optimizer", "--rate", "--max-staleness", "--staleness-scale",
                                 "--jobs", "--metrics"});
        if (row_of(serve.optimizer).takes_momentum)
            std::ranges::move(command.words({"--momentum"}), std::back_inserter(o.serve));
        o.train = command.words({"--data", "--batch", "--schedule", "--rate-schedule", "--precision", "--seed",
                                 "--jobs", "--wire", "--fetch-every", "--push-every", "--warm-start", "--patience",
                                 "--checkpoint-every", "--wait-for-servers", "--metrics"});
        o.train_first = command.words({"--validate", "--log", "--timing"});
        run_cluster(o);
        return ExitStatus::done;
    });
}
