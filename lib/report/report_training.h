// Tables of costs that nonna-train keeps, as curves: of one run, of a run's replicas, of runs side by side. Private to
// the report.
//
// A folder's table is train.tsv; the replicas of one run, which learn at the same time on parameter servers, have
// train-0.tsv, train-1.tsv and so on. A row is of a batch that was learnt from (set "train") or of pictures to validate
// on ("validate"); a table without the column `set` has one kind of rows. What is drawn is a column against `step`: at
// most 200 points a curve, each the mean of as many rows as are needed for that. The vertical axis is logarithmic, for
// costs fall by factors.
#pragma once

#include "report/results_folder.h"

#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct CostLog {
    std::string name;    // of the run, or "replica 0"
    Table table;
};

bool is_cost_log(const std::string& file);    // by its name

// The names of a folder's tables, in order; the tables themselves, without those of a growing folder that have no row.
std::vector<std::string> cost_log_files(const std::filesystem::path& folder);
std::vector<CostLog> cost_logs(const ResultsFolder& results);

// "stage1_relative", "stage2_relative": what the stages fail to reconstruct. Error where there is no such column.
std::vector<std::string> relative_columns(const Table& table);
bool has_set(const Table& table, const std::string& set);    // a row of it

// Several logs in one plot for the whole cost and one for each stage: of held-out pictures where every log has them,
// else of training batches. `what`: what the logs are of, "run", "replica". `sets`: the held-out pictures' names, if
// they are known.
void add_curves_of_many(Page& page, const std::vector<CostLog>& logs, const std::string& what, const std::string& sets,
                        const Origin& origin);

// What was given to --validate, of the commands that made the logs; empty: nobody noted it.
std::string validation_sets(const ResultsFolder& results);

// How a run stands at its last step: of the last validation, or else means over the last tenth of its steps.
struct LastCosts {
    double step = 0;
    std::optional<double> cost;
    std::vector<std::optional<double>> relative;    // of each stage
};
LastCosts last_costs(const Table& table, bool validation);

}    // namespace nonna
