#include "model/tile_parameters.h"

#include "io/safetensors.h"

#include <algorithm>

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

void load_tile(const SafetensorsReader& file, const std::string& tensor, std::span<const TileRun> runs,
               std::span<float> own)
{
    for (const TileRun& run : runs)
        file.read(tensor, run.whole, own.subspan(run.own, run.count));
}

Model load_tile_model(const std::string& path, const TilePlace& place)
{
    Model model = load_model_head(path);
    model.parameters =
        Aligned<float>(parameter_count(tile_architecture(model.architecture, place.tiling, place.tile())));
    load_tile(path, model.architecture, tile_runs(model.architecture, place.tiling, place.tile()), model.parameters);
    return model;
}

namespace
{

// The whole's vector as the tiles' runs make it up, in its order.
struct OwnedRun {
    int tile;
    TileRun run;
};

std::vector<OwnedRun> all_runs(const Architecture& architecture, const Tiling& tiling)
{
    std::vector<OwnedRun> all;
    for (int t = 0; t < tiling.tiles(); ++t)
        for (const TileRun& run : tile_runs(architecture, tiling, t))
            all.push_back({t, run});
    std::sort(all.begin(), all.end(), [](const OwnedRun& a, const OwnedRun& b) { return a.run.whole < b.run.whole; });
    return all;
}

// Tile 0 asks for a run when its turn is near, so that no tile's numbers pile up there.
class Gathering
{
  public:
    Gathering(Exchange& exchange, const std::vector<OwnedRun>& runs, std::span<const float> own)
        : exchange_(exchange), runs_(runs), own_(own), tag_(exchange.next_tags(runs.size()))
    {
    }

    void put_all(const std::function<void(std::span<const float>)>& put)    // tile 0
    {
        std::vector<float> run;
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            for (; asked_ < std::min(runs_.size(), i + ahead); ++asked_)
                if (runs_[asked_].tile != 0)
                    exchange_.send(runs_[asked_].tile, tag_ + asked_, std::as_bytes(std::span(&token_, 1)));
            if (runs_[i].tile == 0) {
                put(own_.subspan(runs_[i].run.own, runs_[i].run.count));
                continue;
            }
            run.resize(runs_[i].run.count);
            exchange_.receive(runs_[i].tile, tag_ + i, std::as_writable_bytes(std::span(run)));
            put(run);
        }
    }

    void give()    // the others
    {
        for (std::size_t i = 0; i < runs_.size(); ++i)
            if (runs_[i].tile == exchange_.tile()) {
                exchange_.receive(0, tag_ + i, std::as_writable_bytes(std::span(&token_, 1)));
                exchange_.send(0, tag_ + i, std::as_bytes(own_.subspan(runs_[i].run.own, runs_[i].run.count)));
            }
    }

  private:
    static constexpr std::size_t ahead = 4;
    Exchange& exchange_;
    const std::vector<OwnedRun>& runs_;
    std::span<const float> own_;
    std::uint64_t tag_;
    std::size_t asked_ = 0;
    std::uint8_t token_ = 1;
};

}    // namespace

void save_tiles(const TilePlace& place, const std::string& path, const Model& model,
                const std::vector<ExtraTensor>& extra, const std::map<std::string, std::string>& marks, bool sealed,
                Stored filters)
{
    Exchange& exchange = *place.exchange;
    const std::vector<OwnedRun> runs = all_runs(model.architecture, place.tiling);
    if (exchange.tile() != 0) {
        Gathering(exchange, runs, model.parameters).give();
        for (const ExtraTensor& t : extra)
            Gathering(exchange, runs, t.values).give();
        return;
    }
    const auto pieces = [&](std::span<const float> own) -> Pieces {
        return [&exchange, &runs, own](const std::function<void(std::span<const float>)>& put) {
            Gathering(exchange, runs, own).put_all(put);
        };
    };
    const std::size_t count = parameter_count(model.architecture);
    std::vector<PiecedTensor> pieced;
    for (const ExtraTensor& t : extra)
        pieced.push_back({t.name, count, pieces(t.values)});
    save_pieces(path, model, pieces(model.parameters), pieced, marks, sealed, filters);
}

}    // namespace nonna
