// Many sweeps side by side: what the best neuron of each network, or of each rival, is worth, over several seeds.
//
// Model to hold in mind: a *run* is one sweep's table, made with one seed. Runs that differ in the seed alone have the
// same *keys*, say a concept and a method, or a field size and a number of maps. Two tables come of a list of runs:
//
//     runs    a line each: the neuron best on all images with its accuracy and AUC, as in the paper, and the held-out
//             accuracy and AUC of the one that the choosing half likes best (analysis/sweep_table.h); by accuracy or
//             AUC, as each table says it was chosen, or as is asked for all
//     means   a line for each keys, in the order they first stand in: of these four figures, over the n runs, the
//             mean m and the deviation sqrt(sum (x - m)^2 / (n - 1)), which a single run has none of; beside them
//             what somebody else reports under the same keys
//
// Where the last key is `guess`, a run is not about a neuron: it is always saying the larger class of the sweep's
// images. A figure that a sweep does not have is nan.
#pragma once

#include "analysis/sweep_table.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct ComparedRun {
    std::vector<std::string> keys;
    std::string seed, neuron;           // of a guess none
    std::array<double, 4> figures{};    // accuracy, AUC, held-out accuracy, held-out AUC
};

struct ComparedRuns {
    std::vector<std::string> keys;    // their columns' names
    std::vector<ComparedRun> runs;
    std::vector<std::string> sweeps;    // the files that were read
};

// `list`: a table with the columns seed and sweep, a path, and any others, which are the keys. Error where it has no
// run or no key, where a seed is no whole number or comes twice with the same keys, or where a sweep's table cannot be
// read.
ComparedRuns compare_sweeps(const std::string& list, std::optional<ChooseBy> by = {});

// KEYS seed neuron accuracy auc held_accuracy held_auc
void write_runs(const std::string& path, const ComparedRuns& runs);

// KEYS seeds accuracy accuracy_sd auc auc_sd held_accuracy held_accuracy_sd held_auc held_auc_sd paper. `reported`: a
// table with these keys and the column paper, whose cells are taken as they are; empty: none.
void write_means(const std::string& path, const ComparedRuns& runs, const std::string& reported);

}    // namespace nonna
