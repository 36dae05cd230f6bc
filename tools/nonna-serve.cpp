// nonna-serve: one parameter server, which holds a part of a model for the replicas that train it.
#include "server_options.h"

#include "base/parallel.h"
#include "cli/run_tool.h"
#include "model/model_file.h"
#include "optimiser/optimiser.h"
#include "paramserver/serve.h"

int main(int argc, char** argv)
{
    std::string input;
    int threads = 0;
    nonna::ServeOptions o;
    nonna::Command command("nonna-serve", "hold part of a model's parameters for the replicas that train it");
    command.positional("MODEL", input, "model file to start from");
    command.option("--shard", o.shard, "I/N", "which shard, counted from 0; `I-J/N` for several");
    command.option("--listen", o.listen, "URL", "ipc://PATH, tcp://HOST:PORT or tls+tcp://HOST:PORT; port 0: any");
    command.option("--rendezvous", o.rendezvous, "DIR", "publish the address in this folder");
    command.choice("--optimizer", o.optimizer, "update rule");
    command.option("--rate", o.rate, "R", "learning rate [the rule's usual one]", 0, 1e6);
    command.option("--momentum", o.momentum, "M", "of --optimizer " + nonna::rules_with_momentum(), 0, 0.9999);
    command.option("--snapshot", o.snapshot, "DIR", "folder for snapshots; starts from them if there are any");
    command.option("--snapshot-every", o.snapshot_every, "SECONDS", "time between snapshots", 0.1, 1e6);
    command.option("--max-staleness", o.max_staleness, "S", "refuse pushes older than S versions; 0: take all", 0,
                   1000000000);
    command.flag("--staleness-scale", o.staleness_scale, "divide a push's rate by 1 + its age in versions");
    command.option("--metrics", o.metrics, "URL", "serve metrics for Prometheus, as `http://127.0.0.1:0/metrics`");
    declare_access(command, o.access);
    command.threads(threads, "threads for updates");
    return nonna::run_tool(argc, argv, command, [&] {
        using namespace nonna;
        check_rule(command, o.optimizer);
        check_rate(o.optimizer, o.rate.value_or(0));
        Pool pool(threads);
        const Model head = load_model_head(input);
        const Layout layout(parameter_segments(head.architecture), head.statistics.size(),
                            model_identity(head.architecture, head.preprocessing));
        const bool saved = serve(
            layout, head.statistics,
            [&](Range range, std::span<float> values) {
                load_parameters(input, head.architecture, range.first, values);
            },
            o, pool);
        return saved ? ExitStatus::done : ExitStatus::failed;
    });
}
