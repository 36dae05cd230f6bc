// nonna-cluster: parameter servers and replicas on one machine, started, watched and stopped together.
#include "cli/run_tool.h"
#include "paramserver/cluster.h"

int main(int argc, char** argv)
{
    nonna::ClusterOptions o;
    nonna::Command command("nonna-cluster", "train a model with parameter servers and replicas on this machine");
    command.positional("MODEL", o.model, "model file to start from");
    command.option("-o,--output", o.output, "OUT", "the trained model").required();
    command.option("--data", o.data, "FILE[:WEIGHT]", "image set and its weight").required();
    command.option("--servers", o.servers, "N", "parameter servers, each with one shard", 1, 1024);
    command.option("--replicas", o.replicas, "R", "replicas, each with its portion of the pictures", 1, 1024);
    command.option("--steps", o.steps, "N", "minibatches in all, divided among the replicas", 1, 1000000000);
    command.option("--batch", o.batch, "N", "pictures in a minibatch", 1, 4096);
    command.option("--fetch-every", o.fetch_every, "P", "steps between fetches", 1, 1000000);
    command.option("--push-every", o.push_every, "G", "steps between pushes", 1, 1000000);
    command.option("--rate", o.rate, "R", "learning rate", 0, 1e6);
    command.option("--validate", o.validation, "FILE", "image set on which replica 0 measures the costs");
    command.option("--log", o.log, "LOG.tsv", "replica 0's table of costs");
    command.option("--folder", o.folder, "DIR", "folder for the files of the run (default: a temporary one)");
    command.flag("--resume", o.resume, "go on from what `--folder` holds");
    command.option("-j,--jobs", o.threads, "N", "threads of each replica; 0: one for each processor", 0, 1024);
    command.group("As in nonna-serve and nonna-train");
    command.choice("--optimizer", o.optimizer, {"sgd", "momentum", "adagrad"}, "update rule");
    command.option("--momentum", o.momentum, "M", "momentum, for `--optimizer momentum`", 0, 0.9999);
    command.choice("--schedule", o.schedule, {"joint", "stagewise", "greedy"}, "how stages learn together");
    command.choice("--rate-schedule", o.rate_schedule, {"constant", "step", "cosine"}, "how the rate falls");
    command.choice("--precision", o.precision, {"fp32", "bf16"}, "of the filters' products");
    command.choice("--wire", o.wire, {"fp32", "bf16"}, "format of numbers between replicas and servers");
    command.option("--warm-start", o.warm_start, "STEPS", "steps that replica 0 makes alone at first", 0, 1000000000);
    command.option("--max-staleness", o.max_staleness, "S", "refuse pushes older than S versions; 0: take all", 0,
                   1000000000);
    command.flag("--staleness-scale", o.staleness_scale, "divide a push's rate by 1 + its age in versions");
    command.option("--snapshot-every", o.snapshot_every, "SECONDS", "time between the servers' snapshots", 0.1, 1e6);
    command.option("--checkpoint-every", o.checkpoint_every, "N", "steps between a replica's checkpoints", 1,
                   1000000000);
    command.option("--patience", o.patience, "SECONDS", "how long to wait for a lost server", 0, 1e9);
    command.option("--timing", o.timing, "TIMES.tsv", "replica 0's table of speed and waiting");
    command.option("--seed", o.seed, "S", "seed of the data's order");
    return nonna::run_tool(argc, argv, command, [&] {
        using namespace nonna;
        if (o.resume && o.folder.empty())
            usage_error("--resume", "needs --folder DIR");
        keep_apart({o.output, o.log, o.timing}, {o.model, o.validation});
        run_cluster(o);
        return ExitStatus::done;
    });
}
