// The tiles of a replica as processes, on one machine or many: numbers that one puts to another.
//
// Model to hold in mind: every tile has an address in the folder of the run, and answers there on threads of the
// transport's; and it has a thread a peer, which puts what was posted for that peer. So `post` costs a copy and waits
// for nobody, and `take` waits until the message of that tile with that tag is here. Tiles run the same steps in the
// same order: a message is known by whom it is from and its tag.
//
// Memory is bounded: a peer may be `ahead` messages ahead of what was taken here; then it keeps them, as many again,
// and then its `post` waits. That is for tiles that run apart, and must be more than what a step posts to one peer.
//
// Who is who: each process draws an incarnation, which its address names. A greeting says whom it means, by tile and
// incarnation, and the network that both hold. What comes from another network, another tile, a process that has ended
// or that was started anew, or twice, is refused or passed over, counted, and changes nothing. A connection that is
// lost is made again, and what was not acknowledged is put again.
//
// Nobody hangs: a peer that is not there at the start, is lost, or does not answer, or whose message does not come, for
// `patience` seconds, ends `post`, `take` and `finish` of the others with Error (peer_lost), which names tile and
// address. Where the system shows that its process has ended, that is at once; and who gives up says so to the others.
// One peer's loss ends the calls for all of them, but what is here already can be taken.
//
// One thread posts, takes and finishes; the others' numbers may be asked for by any.
#pragma once

#include "paramserver/access.h"
#include "paramserver/protocol.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct TilePeersOptions {
    std::string folder;    // of the run's addresses, the same for all tiles
    std::uint32_t replica = 0, tile = 0, tiles = 1;
    Digest network{};      // of the model and how it is cut: the same for all tiles
    std::string listen;    // empty: a socket in the folder, for tiles of one machine
    Access access;
    double patience = 600;
    std::size_t most_message = std::size_t(64) << 20;    // bytes
    std::size_t ahead = 1024;                            // messages
};

class TilePeers
{
  public:
    // Can be reached and is published; peers may come later. Error: locked where a process has this tile already, usage
    // and failed for wrong addresses.
    explicit TilePeers(const TilePeersOptions& options);
    ~TilePeers();    // without finish or give_up before, gives up
    TilePeers(const TilePeers&) = delete;

    const std::string& address() const;

    void post(std::uint32_t tile, std::uint64_t tag, std::span<const std::byte> bytes);
    // Into exactly as many bytes as were posted; Error (failed) where they are not.
    void take(std::uint32_t tile, std::uint64_t tag, std::span<std::byte> into);

    // All was done: waits until every tile has what was posted for it, and has finished too.
    void finish();
    // It will not be done: says so to the peers that can be reached, within a second or so.
    void give_up(const std::string& why);

    struct Traffic {
        std::uint64_t sent_messages = 0, sent_bytes = 0, taken_messages = 0, taken_bytes = 0;
        double waited_take = 0, waited_post = 0;    // seconds
    };
    std::vector<Traffic> traffic() const;    // by tile
    std::uint64_t refused() const;           // messages from anywhere that changed nothing

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
