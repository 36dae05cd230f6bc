// Runs side by side: networks that were trained in different ways, each in a sub-folder of its own. Private to the
// report.
//
// A folder compares runs where it has no tables of its own but two sub-folders or more that are *runs*. A sub-folder is
// a run where it holds a log of costs (train.tsv, train-0.tsv) or a model, or where its sweep-top.tsv is of a model
// (column `model`) that no other sub-folder's is. Sub-folders that hold the sweeps of one network for several concepts,
// as those of a Table 1, are none.
//
// What differs between runs is taken from where it was recorded: the architecture, its number of weights and the seed
// from the model that was trained longest, how it was trained from what nonna-train noted in it ("run"), and what that
// does not have from the commands nonna-train and nonna-cluster of commands.txt that made the run's files. A setting
// that has one value in all runs is not shown.
#pragma once

#include "report/results_folder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace nonna
{

// The names of those of `folders`, sub-folders of `top`, that are runs; none where the folder does not compare runs.
std::vector<std::string> runs_in(const std::filesystem::path& top, const std::vector<std::string>& folders);

// One table of the runs and their curves in common plots. Returns the table for a terminal.
std::string add_comparison(ResultsFolder& top, const std::vector<std::string>& runs);

}    // namespace nonna
