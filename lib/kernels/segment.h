// Shapes and segments, the vocabulary of everything above the kernels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nonna
{

// Positions and maps of a sublayer. An activation array of a batch is (row, column, map, lane), lane innermost; a lane
// is one example of the batch, and the number of lanes is the batch padded to a multiple of `lane_multiple`.
struct Shape {
    int rows = 0, columns = 0, maps = 0;
    std::size_t size() const { return std::size_t(rows) * columns * maps; }
    bool operator==(const Shape&) const = default;
};

inline constexpr int lane_multiple = 16;    // one AVX-512 vector of floats
inline int padded_lanes(int batch) { return (batch + lane_multiple - 1) / lane_multiple * lane_multiple; }

// A run of parameters that belong together: `matrices` matrices of `rows` x `columns`, one after another. Each column
// of each matrix is one filter. This is all that optimisers, servers and constraints know of a model.
struct Segment {
    std::size_t offset = 0;      // of the first parameter in the flat vector
    std::size_t matrices = 0;    // positions
    std::size_t rows = 0;        // a filter's inputs: field * field * input maps
    std::size_t columns = 0;     // maps
    bool unit_norm = false;      // every column is kept at norm 1
    std::size_t size() const { return matrices * rows * columns; }
};

// What the local filters multiply: fp32, or bf16 with fp32 sums, master weights and updates (kernels/bf16.h).
enum class Precision { fp32, bf16 };

}    // namespace nonna
