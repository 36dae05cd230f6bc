// The state of a fit that is under way, and its file (fit_head.h). Private to this room.
//
// A checkpoint (sealed safetensors) has the arrays, each (class, feature and last the bias) F32, and in its metadata
// `format` "nonna-head-run 1", `run` (all that determines it), how far it is, what was best so far, and the log's rows.
#pragma once

#include "recognition/scratch_array.h"

#include <cstdint>
#include <string>

namespace nonna
{

struct HeadRun {
    std::size_t classes = 0, width = 0;        // width: features and the bias
    ScratchArray weights, kept, mean, best;    // kept: squares or velocity; best: none where nothing is held out

    std::int64_t epoch = 0;                  // done
    std::uint64_t block = 0;                 // of this epoch, done
    std::int64_t step = 0;                   // of this block, done
    double loss = 0;                         // sum over this epoch's pictures so far
    std::int64_t best_epoch = 0;             // 0: none
    double best_top1 = -1, best_loss = 0;    // on the pictures held out
    std::string log;                         // rows
};

void save_head_run(const std::string& path, const std::string& run, const HeadRun& state);
// Into a state whose arrays are there. Error where it is of another run, or damaged.
void restore_head_run(const std::string& path, const std::string& run, HeadRun& state);

}    // namespace nonna
