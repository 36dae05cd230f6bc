// Servers and replicas of one run on one machine: the programs that nonna-cluster starts.
//
// A run's folder holds servers/ (addresses), server-I (sockets), snapshots/ and replica-I/ (checkpoints). What is
// killed is started again and goes on from there. Calls nothing of nng's, as the caller forks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

struct ClusterOptions {
    std::string model, output;
    std::vector<std::string> data;
    std::string folder;    // empty: a temporary one
    std::int64_t servers = 2, replicas = 2;
    std::int64_t steps = 1000;    // of all replicas together
    std::int64_t batch = 100, fetch_every = 1, push_every = 1, warm_start = 0, max_staleness = 0;
    std::int64_t threads = 1, checkpoint_every = 100;
    double rate = 0.01, momentum = 0.9, snapshot_every = 10, patience = 600;
    std::string optimizer = "adagrad", schedule = "stagewise", rate_schedule = "constant", precision = "fp32",
                wire = "fp32";
    std::uint64_t seed = 1;
    bool staleness_scale = false, resume = false;
    std::string validation, log, timing;    // of replica 0
};

// Runs it all; the trained model is in options.output. Error as of supervise (base/supervise.h).
void run_cluster(const ClusterOptions& options);

}    // namespace nonna
