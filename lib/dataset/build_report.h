// What a run of the nightly job came to, as a file for node_exporter's textfile collector (nonna-metrics(7)), so that
// somebody notices when a night fails.
//
// Model to hold in mind: the run fills in what it knows as it goes; at its end, however that comes about, the file is
// written as a whole in the place of the one before. What the run did not come to know is left out. The time of the
// last success is the file's own memory: a run that fails takes it over from the file before.
#pragma once

#include "base/error.h"
#include "io/manifest.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace nonna
{

struct BuildReport {
    // The sources that were offered, and this run's decisions. Left: to another run, as they are too young or the run
    // was stopped. The others were known.
    struct Run {
        std::uint64_t offered = 0, left = 0;
        UnitCounts decided;
    };
    struct Set {
        UnitCounts units;
        std::uint64_t pictures = 0, bytes = 0;    // of its shards
    };
    std::optional<Run> run;
    std::optional<Set> set;
};

// What `run` returns, or throws, once `textfile` was written about it; an empty name: no file. Error (usage) where the
// collector would not read a file of that name. A file that cannot be written fails a run that has not failed already.
ExitStatus reported_build(const std::string& textfile, const std::string& folder,
                          const std::function<ExitStatus(BuildReport&)>& run);

}    // namespace nonna
