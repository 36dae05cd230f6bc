// The tiles of one network as processes (model/exchange.h): all of them on this machine, or one of them here and the
// others anywhere.
//
// All of them: this process is tile 0, and forks one child for each other tile. Between every two lies a pair of
// connected sockets, made before the forks, so that there are no addresses, no names and nobody else. In each
// process a thread a peer reads what comes, as it comes: so whoever sends waits for no more than the copying, and what
// is read ahead is as much as the other tile is ahead, which is a step's messages at most, as every step has sums.
//
// A process that ends is a socket that is closed, which all others see at once, whoever of them waits for whom. One
// that ends by an Error tells it before, and the run then ends everywhere with that Error: tile 0, the only one that
// speaks, reports it. A process that was killed has told nothing: Error (peer_lost), which names the tile. A process
// that is stopped (SIGSTOP) is waited for.
//
// One of them: whoever starts the others, they find each other in a folder (paramserver/tile_peers.h). Where the system
// shows nothing of a process that is lost, it is missed when it has been silent for the patience: Error (peer_lost).
// Each process speaks for itself.
#pragma once

#include "model/exchange.h"
#include "paramserver/tile_peers.h"

#include <functional>

namespace nonna
{

// Runs f in a process for each tile; in this one for tile 0. It must have no other thread at the moment. Children have
// no signals of the keyboard's or a scheduler's to answer, are quiet, and end with this process. However f ends here,
// no child is left.
void in_tile_processes(const Tiling& tiling, const std::function<void(const TilePlace&)>& f);

// Runs f here as tile `options.tile` of the tiling.
void in_tile_process(const Tiling& tiling, const TilePeersOptions& options,
                     const std::function<void(const TilePlace&)>& f);

}    // namespace nonna
