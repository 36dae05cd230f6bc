#include "model/tile_parameters.h"

#include "io/safetensors.h"

namespace nonna
{

std::vector<TileRun> tile_runs(const Architecture& architecture, const Tiling& tiling, int tile)
{
    const std::vector<ParameterTensor> whole = parameter_layout(architecture),
                                       own = parameter_layout(tile_architecture(architecture, tiling, tile));
    std::vector<TileRun> runs;
    for (std::size_t t = 0; t < whole.size(); ++t) {
        const StageArchitecture& stage = architecture.stages[std::size_t(whole[t].stage)];
        const Shape& grid = whole[t].decoder && whole[t].bias ? stage.input : stage.filter;
        const Area area = own_area(tiling, tile, grid);
        const std::size_t matrix = whole[t].segment.rows * whole[t].segment.columns;
        for (int r = 0; r < area.rows; ++r)
            runs.push_back({own[t].segment.offset + std::size_t(r) * area.columns * matrix,
                            whole[t].segment.offset + (std::size_t(area.row + r) * grid.columns + area.column) * matrix,
                            area.columns * matrix});
    }
    return runs;
}

void load_tile(const std::string& path, const Architecture& architecture, std::span<const TileRun> runs,
               std::span<float> own)
{
    const SafetensorsReader file(path);
    const std::vector<ParameterTensor> layout = checked_layout(file, architecture);
    auto tensor = layout.begin();
    for (const TileRun& run : runs) {
        while (run.whole >= tensor->segment.offset + tensor->segment.size())
            ++tensor;
        file.read(tensor->name, run.whole - tensor->segment.offset, own.subspan(run.own, run.count));
        file.require_finite(tensor->name, std::span<const float>(own.subspan(run.own, run.count)));
    }
}

}    // namespace nonna
