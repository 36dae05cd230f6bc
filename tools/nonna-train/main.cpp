// nonna-train: trains a model on image sets, in this process's memory or on parameter servers.
#include "../server_options.h"
#include "base/parallel.h"
#include "base/shown_text.h"
#include "model/tile_parameters.h"
#include "train/plan.h"
#include "train/recipe.h"
#include "train/tile_processes.h"
#include "train_run.h"

#include <algorithm>

using namespace nonna;

// Memory is planned from the architecture alone: a run that does not fit says so before weights and sets are read.
ExitStatus TrainRun::run(const Command& command)
{
    check(command);
    const Recipe recipe = plan ? Recipe::of_any(input) : Recipe::of_model(input);
    recipe.fill(
        options, [&](const char* option) { return command.given(option); }, rate);
    check_rule(command, options.optimizer);
    const Architecture architecture = plan ? Architecture::of_any(input) : Architecture::of_model(input);
    const TileName one = tile.empty() ? TileName{} : TileName::parse(tile, "--tile");
    const Tiling tiling = tiles.empty() ? one.tiling : Tiling::parse(tiles, "--tiles");
    require_tiles(architecture, tiling, tile.empty() ? "--tiles" : "--tile");
    const int each = tiles.empty() ? threads : std::max(1, (threads > 0 ? threads : processors()) / tiling.tiles());
    {
        Pool pool(each);
        const MemoryPlan all = !tiles.empty()  ? plan_all_tiles(architecture, options, pool, tiling)
                               : !tile.empty() ? plan_largest_tile(architecture, options, pool, tiling)
                                               : plan_memory(architecture, options, pool);
        if (plan)
            print(plan_table(tiles.empty() ? all : plan_largest_tile(architecture, options, pool, tiling)));
        require(all, input);
    }
    if (plan)
        return ExitStatus::done;
    const PictureForm form = load_model_head(input).preprocessing.form();
    const auto sources = open_sources(data, form, options.served.replica);    // once, also where tiles read them
    const Validation sets = open_all(validation, form);
    const auto here = [&](const TilePlace& place) {
        Pool pool(each);
        train_here(sources, sets, pool, place);
    };
    if (!tiles.empty())
        in_tile_processes(tiling, here);
    else if (!tile.empty()) {
        peers.tile = std::uint32_t(one.tile);
        peers.tiles = std::uint32_t(tiling.tiles());
        peers.network = digest_of(tile_run_text(options, sources, sets, load_model_head(input), tiling));
        in_tile_process(tiling, peers, here);
    } else
        here({});
    return ExitStatus::done;
}

void TrainRun::train_here(const std::vector<Source>& sources, const Validation& sets, Pool& pool,
                          const TilePlace& place)
{
    Model model = place.exchange ? load_tile_model(input, place) : load_model(input);
    options.model = input;
    train(model, sources, sets, options, pool, place);
    model.provenance["tool"] = "nonna " + version();
    if (output.empty())
        return;
    if (place.exchange)
        save_tiles(place, output, model, {}, {}, false, store);
    else
        save_model(output, model, {}, {}, store);
}

int main(int argc, char** argv)
{
    TrainRun train;
    Command command("nonna-train", "train a model on image sets");
    train.declare(command);
    return run_tool(argc, argv, command, [&] { return train.run(command); });
}
