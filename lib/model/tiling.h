// A network cut into R x C tiles, each of which can be a process: which part of every grid a tile owns, and which
// parts of others it needs.
//
// Weights are not shared between positions, so a network is cut by image region: a tile owns a rectangle of every grid
// (a stage's input, its filters, its pooled units, its output) and the weights of its own filters, and nobody else has
// them. All grids are cut alike, each evenly: cut i of n positions in R parts lies at n i / R, rounded, so that parts
// differ by one at most. The grids are of different sizes and a cut of one lies above no cut of another; nothing is
// asked for that but that every part has a position.
//
// Downward a window reaches beyond what is owned. In a stage, with o a tile's own rectangle, along each axis:
//
//     needed pooled    o(pooled), and two half windows of the normalisation around o(output): g's mean and g^2's
//     needed filter    the pooling windows of the needed pooled units
//     needed input     the fields of o(filter)
//
// A tile computes its own filters from the needed input, and all needed pooled units itself, from the needed hidden
// units; of its normalised units its own are right (the windows of the others are cut where the picture's are not). So
// two kinds of numbers travel upward, and two downward, each between its owner and those who need it (model/halo.h).
// Peers follow from rectangles that overlap, never from who lies beside whom: a reach of 17 may span two small tiles.
#pragma once

#include "model/architecture.h"
#include "model/neuron.h"

#include <string>
#include <vector>

namespace nonna
{

// Tiles are numbered row by row.
struct Tiling {
    int rows = 1, columns = 1;

    int tiles() const { return rows * columns; }
    std::string text() const;    // "2x3": two rows of three
    // Error (usage) with `subject` where the text is none.
    static Tiling parse(const std::string& text, const std::string& subject);
    bool operator==(const Tiling&) const = default;
};

// One tile of a tiling, as people name it: "0,1/2x3" is the second of the first row.
struct TileName {
    Tiling tiling;
    int tile = 0;
    static TileName parse(const std::string& text, const std::string& subject);    // as Tiling's
};

// Of `grid`, the part that tile `tile` owns. The parts of all tiles cover it, and none overlap.
Area own_area(const Tiling& tiling, int tile, const Shape& grid);
// Both of one grid; without a position where they do not meet.
Area overlap(const Area& a, const Area& b);
inline bool is_empty(const Area& a) { return a.rows <= 0 || a.columns <= 0; }
// The same rectangle, counted from where `frame` begins.
inline Area inside(const Area& frame, const Area& a)
{
    return {a.row - frame.row, a.column - frame.column, a.rows, a.columns};
}
inline Area whole_area(const Shape& grid) { return {0, 0, grid.rows, grid.columns}; }
inline Shape shape_of(const Area& area, int maps) { return {area.rows, area.columns, maps}; }

// One stage of a tile, in places of the whole stage's grids.
struct StageTile {
    Area input, filter, pooled, output;    // own
    Area needed_input, needed_filter, needed_pooled;
};

StageTile stage_tile(const StageArchitecture& stage, const Tiling& tiling, int tile);
StageTile whole_stage(const StageArchitecture& stage);    // in one piece: needed is own

// The largest tiling of a network: as many rows and columns as its smallest grid has.
Tiling most_tiles(const Architecture& architecture);
// Error (usage) that names the grid which cannot be cut so, and the largest tiling.
void require_tiles(const Architecture& architecture, const Tiling& tiling, const std::string& subject);

// The architecture of what a tile owns: every stage's shapes are its parts of the grids. It says how many parameters
// the tile has, and in which order: parameter_layout (model/model_file.h) of it is the tile's. It is no network of its
// own, as its stages' windows reach into other tiles.
Architecture tile_architecture(const Architecture& architecture, const Tiling& tiling, int tile);

}    // namespace nonna
