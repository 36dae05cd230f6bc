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
    std::string folder;    // empty: a temporary one
    std::string logs;      // for every replica's table of costs, train-I.tsv; empty: none
    std::int64_t servers = 2, replicas = 2;
    std::int64_t steps = 1000;    // of all replicas together
    bool resume = false;
    // What is handed on, as words of their command lines: to nonna-serve, to nonna-train, and to the replica 0 alone.
    std::vector<std::string> serve, train, train_first;
};

// Runs it all; the trained model is in options.output. Error as of supervise (base/supervise.h).
void run_cluster(const ClusterOptions& options);

}    // namespace nonna
