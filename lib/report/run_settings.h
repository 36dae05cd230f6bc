// What a run was made with, as far as it was recorded: its network's architecture, its seeds, how it was trained.
// Private to the report; report_runs.h says where it is taken from.
#pragma once

#include "report/results_folder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace nonna
{

enum class RecordedIn { architecture, model, run, command, sweep };

struct RunSetting {
    std::string name, value;
    RecordedIn where;
};
using RunSettings = std::vector<RunSetting>;

bool has_model(const std::filesystem::path& folder);    // that is no checkpoint (step-N.safetensors)

// `swept`: the model that the run's sweep names, for a run without a model file.
RunSettings run_settings(const ResultsFolder& run, const std::string& swept);

// What nonna-train notes in a model of how it was trained: "batch 96 schedule joint optimizer turn rate 0.015 momentum
// 0.9 cosine seed 1 steps 600 data SHA256:1".
RunSettings settings_of_run_text(const std::string& text);

// The settings that are not the same in all runs, in the order in which they first come. A run that recorded others of
// the kind but not this one has it differently, "–"; one that recorded nothing of the kind does not count.
struct DifferentSetting {
    std::string name;
    std::vector<std::string> values;    // of each run
};
std::vector<DifferentSetting> different_settings(const std::vector<RunSettings>& runs);

}    // namespace nonna
