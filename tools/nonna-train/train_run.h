// What nonna-train was asked for: its options (options.cpp) and what is done with them (main.cpp).
#pragma once

#include "cli/run_tool.h"
#include "model/exchange.h"
#include "model/model_file.h"
#include "paramserver/tile_peers.h"
#include "train/trainer.h"

#include <memory>
#include <string>
#include <vector>

struct TrainRun {
    std::string input, output, rate, tiles, tile, replica = "0/1";
    std::vector<std::string> data, validation;
    int threads = 0;
    bool plan = false;
    nonna::Stored store = nonna::Stored::fp32;
    nonna::TrainOptions options;

    void declare(nonna::Command& command);
    // What goes together, and what would do nothing or destroy an input, before a byte is read or written.
    void check(const nonna::Command& command);
    nonna::ExitStatus run(const nonna::Command& command);

  private:
    using Validation = std::vector<std::shared_ptr<const nonna::Pictures>>;
    nonna::TilePeersOptions peers;    // where this process is one tile

    // In this process, the network in one piece or a tile of it.
    void train_here(const std::vector<nonna::Source>& sources, const Validation& sets, nonna::Pool& pool,
                    const nonna::TilePlace& place);
};
