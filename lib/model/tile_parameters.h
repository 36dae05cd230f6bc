// Which of a network's parameters a tile has, and where they lie among all (model/tiling.h).
//
// A tile's flat vector is ordered as a network's is (model/model_file.h), of its own positions alone: encoder, decoder,
// biases of the first stage, then the next's. In the whole's vector, which is that of model files, a tile's numbers of
// one tensor are one run for each of its rows of positions. Runs come in the order of either vector, as both agree.
#pragma once

#include "model/exchange.h"
#include "model/model_file.h"
#include "model/tiling.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct TileRun {
    std::size_t own, whole, count;    // first number in the tile's vector, in the whole's, and how many
};

std::vector<TileRun> tile_runs(const Architecture& architecture, const Tiling& tiling, int tile);

// The runs of one array that is as long as the parameters, between a tile's and the whole's.
template <class Real> void cut_tile(std::span<const TileRun> runs, std::span<const Real> whole, std::span<Real> own)
{
    for (const TileRun& run : runs)
        std::copy_n(whole.data() + run.whole, run.count, own.data() + run.own);
}
template <class Real> void put_tile(std::span<const TileRun> runs, std::span<const Real> own, std::span<Real> whole)
{
    for (const TileRun& run : runs)
        std::copy_n(own.data() + run.own, run.count, whole.data() + run.whole);
}

// A tile's parameters from a model file, of which no more is read.
void load_tile(const std::string& path, const Architecture& architecture, std::span<const TileRun> runs,
               std::span<float> own);
// Likewise of a tensor beside the parameters, as long as they (an optimiser's state in a checkpoint).
void load_tile(const SafetensorsReader& file, const std::string& tensor, std::span<const TileRun> runs,
               std::span<float> own);

// A model file's architecture, preprocessing, statistics and provenance, and the parameters of a tile alone.
Model load_tile_model(const std::string& path, const TilePlace& place);

// One file of all tiles' models, as a network in one piece would be saved (model/model_file.h). All tiles call it at
// the same time; tile 0 writes, and is sent the numbers as the file has them in turn, so that nobody holds more than a
// row of positions of another's.
void save_tiles(const TilePlace& place, const std::string& path, const Model& model,
                const std::vector<ExtraTensor>& extra, const std::map<std::string, std::string>& marks, bool sealed,
                Stored filters);

}    // namespace nonna
