#include "../server_options.h"
#include "train_run.h"

#include <utility>

using namespace nonna;

static const std::string with_others = "With other processes";

void TrainRun::declare(Command& command)
{
    TrainOptions& r = options;
    command.positional("MODEL", input, "model file to start from").architecture("--plan");
    command.option("-o,--output", output, "OUT", "the trained model");
    command.option("--data", data, "FILE[:WEIGHT]", "image set and its weight").required_unless(plan);
    command.option("--steps", r.steps, "N", "minibatches in all", 0, 1000000000);
    command.option("--batch", r.batch, "N", "pictures in a minibatch", 1, 4096);
    command.choice("--schedule", r.schedule, "how stages learn together");
    command.choice("--optimizer", r.optimizer, "update rule");
    command.option("--rate", rate, "R[,R...]", "learning rate, for all stages or one a stage");
    command.choice("--rate-schedule", r.rate_schedule, "how the rate falls");
    command.option("--seed", r.seed, "S", "seed of the data's order");
    command.option("--log", r.log, "LOG.tsv", "table of costs");
    command.option("--checkpoint", r.checkpoint, "DIR", "folder for checkpoints");
    command.flag("--resume", r.resume, "go on from the newest checkpoint, if there is one");
    command.threads(threads);
    command.group("Also");
    command.flag("--plan", plan, "print how much memory a run takes, and end");
    command.option("--tiles", tiles, "RxC", "processes of this machine, each with a part of the network");
    command.choice("--precision", r.precision, "of the filters' products; the rest is fp32");
    command.choice("--store", store, "the filters in the trained model's file");
    command.option("--change", r.change, "WHAT", "go on with other `rate`, `rate-schedule` or `steps`");
    command.option("--momentum", r.momentum, "M", "for `--optimizer` " + rules_with_momentum(), 0, 0.9999);
    command.option("--validate", validation, "FILE", "image set on which to measure the costs");
    command.option("--validate-every", r.validate_every, "N", "steps between validations", 1, 1000000000);
    command.option("--log-every", r.log_every, "N", "steps between rows of the log", 1, 1000000000);
    command.option("--metrics", r.metrics, "URL", "serve metrics for Prometheus, as `http://127.0.0.1:0/metrics`");
    command.option("--timing", r.timing, "T.tsv", "table of speed and waiting");
    command.option("--checkpoint-every", r.checkpoint_every, "N", "steps between checkpoints", 1, 1000000000);
    command.option("--checkpoint-keep", r.checkpoint_keep, "N|all", "how many of the newest checkpoints are kept");
    command.group(with_others);
    ServedOptions& s = r.served;
    command.option("--servers", s.client.servers, "LIST", "addresses separated by commas, or a file of them");
    declare_client(command, s.client);
    command.option("--replica", replica, "I/N", "which of N, from 0; learns from every N-th picture");
    command.option("--fetch-every", s.fetch_every, "P", "steps between fetches of the values", 1, 1000000);
    command.option("--push-every", s.push_every, "G", "steps between pushes of the summed gradients", 1, 1000000);
    command.option("--warm-start", s.warm_start, "STEPS", "steps that replica 0 makes alone", 0, 1000000000);
    declare_patience(command, s.client);
    command.choice("--wire", s.client.wire, "format of numbers between replica and servers");
    command.option("--tile", tile, "R,C/RxC", "this process is one of `--tiles`; the others are in `--rendezvous`");
    command.option("--tile-listen", peers.listen, "URL", "where the others reach it, as `tcp://0.0.0.0:0`");
}

void TrainRun::check(const Command& command)
{
    TrainOptions& r = options;
    ServedOptions& s = r.served;
    if (!s.client.servers.empty() && !s.client.rendezvous.empty())
        usage_error("--servers", "excludes --rendezvous");
    if (!tile.empty()) {    // the folder, the patience and who is let in are the tiles' then
        if (!tiles.empty() || !s.client.servers.empty() || plan)
            usage_error("--tile", "excludes --tiles, --servers and --plan");
        if (s.client.rendezvous.empty())
            usage_error("--tile", "needs --rendezvous, the folder in which tiles find each other");
        for (const char* option : {"--replica", "--fetch-every", "--push-every", "--warm-start", "--wire", "--deadline",
                                   "--wait-for-servers"})
            if (command.given(option))
                usage_error(option, "is for parameter servers: a tile has none");
        peers.folder = std::exchange(s.client.rendezvous, "");
        peers.patience = s.client.patience;
        peers.access = s.client.access;
    }
    command.needs({"--tile-listen"}, "--tile");
    const std::string served = s.on() || !tile.empty() ? "" : command.given_in(with_others);
    if (!served.empty() && !(served == "--insecure" && command.given("--metrics")))
        usage_error(served, "needs --servers or --rendezvous");
    if (s.on() && !tiles.empty())
        usage_error("--tiles", "is for training alone: a replica of servers is in one piece");
    for (const char* option : {"--optimizer", "--rate", "--momentum", "--change"})
        if (s.on() && command.given(option))
            usage_error(option, "is the servers' to choose: see nonna-serve");
    if (output.empty() && !plan && !s.on())
        usage_error("--output", "must be given, but where the parameters are on servers");
    require_page_address(r.metrics, s.client.access.insecure);
    s.replica = Portion::parse(replica, "--replica", false);
    s.pull = !output.empty();
    command.needs({"--resume", "--checkpoint-every", "--checkpoint-keep"}, "--checkpoint");
    command.needs({"--validate-every"}, "--validate");
    command.needs({"--store"}, "--output");
    keep_apart({r.log, r.timing}, {input});    // the model itself may be trained in place
    keep_apart({output, r.log, r.timing}, client_files(s.client, validation));
    for (const std::string& text : data)
        keep_apart({output, r.log, r.timing}, {text, text.substr(0, text.rfind(':'))});
}
