// What a training run will take, known before any of it is taken.
//
// The figures are not a second opinion: the network's part is what its own constructors reserve (memory of an Aligned
// array is the system's until it is written), the rest are the sizes of the arrays that training makes.
#pragma once

#include "train/trainer.h"

#include <cstdint>

namespace nonna
{

struct MemoryPlan {
    std::uint64_t weights = 0;        // fp32, or split into two halves: 4 bytes each in any precision
    std::uint64_t optimiser = 0;      // its state
    std::uint64_t gradients = 0;      // on their way to servers, and values from them; none alone
    std::uint64_t activations = 0;    // of all stages, gradients and scratch with them
    std::uint64_t input = 0;          // batches read ahead
    std::uint64_t program = 0;        // code, libraries, what decoding and writing take
    std::uint64_t total() const { return weights + optimiser + gradients + activations + input + program; }
};

// Error with status usage where there are neither one rate nor one a stage: before anything is read.
// Of one process: of a tile, where there are several (`place`, of which no message is sent).
MemoryPlan plan_memory(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                       const TilePlace& place = {});
// Of all tiles of a tiling together, or of the one that takes most.
MemoryPlan plan_all_tiles(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                          const Tiling& tiling);
MemoryPlan plan_largest_tile(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                             const Tiling& tiling);

// TSV: part, bytes, what; the parts, their total, and what is available.
std::string plan_table(const MemoryPlan& plan);

// Error when the plan does not fit.
void require(const MemoryPlan& plan, const std::string& subject);

}    // namespace nonna
