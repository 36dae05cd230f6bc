// How the tiles of a network hand numbers to each other (model/tiling.h).
//
// Every tile runs the same steps in the same order, each on its own part, and where a step needs others' numbers all of
// them take part. So a message needs no description: the tile that it is from and its tag, which counts such steps,
// say what it is. Whoever carries messages (threads of one process below, processes in train/tile_processes.h)
// implements `post` and `take` alone; what is waited for is counted here, for all of them alike.
//
// A tile belongs to one thread at a time.
#pragma once

#include "model/tiling.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Exchange
{
  public:
    virtual ~Exchange() = default;

    int tile() const { return tile_; }
    int tiles() const { return int(traffic_.size()); }

    // The tag of the next step that exchanges anything.
    std::uint64_t next_tag() { return next_tags(1); }
    std::uint64_t next_tags(std::uint64_t n) { return (tag_ += n) - n + 1; }    // the first of n
    // Does not wait for the other tile to take it.
    void send(int tile, std::uint64_t tag, std::span<const std::byte> bytes);
    // Waits until it is there; it must be of that size. Error (peer_lost) when the other tile is gone.
    void receive(int tile, std::uint64_t tag, std::span<std::byte> bytes);

    // Sums over all tiles, number by number, in the order of tiles: all get the same bits. Through tile 0, so that
    // there are twice as many messages as tiles, not their square.
    void sum(std::span<double> numbers);
    bool any(bool mine);                    // does any tile say so?
    std::string share(std::string text);    // tile 0's
    // All tiles end here, be it by an Error: none of them is lost.
    void end_together();
    bool ended_together() const { return ended_; }

    // What was exchanged with one tile so far.
    struct Traffic {
        std::uint64_t messages = 0, bytes = 0;    // sent
        double waited = 0;                        // seconds in `receive`
    };
    const std::vector<Traffic>& traffic() const { return traffic_; }

  protected:
    Exchange(int tile, int tiles) : tile_(tile), traffic_(std::size_t(tiles)) {}

  private:
    virtual void post(int tile, std::uint64_t tag, std::span<const std::byte> bytes) = 0;
    virtual void take(int tile, std::uint64_t tag, std::span<std::byte> bytes) = 0;

    int tile_;
    std::uint64_t tag_ = 0;
    bool ended_ = false;
    std::vector<Traffic> traffic_;
};

// The same where there may be no other tiles.
inline void sum_over_tiles(Exchange* exchange, std::span<double> numbers)
{
    if (exchange)
        exchange->sum(numbers);
}
inline bool any_tile(Exchange* exchange, bool mine) { return exchange ? exchange->any(mine) : mine; }

// Tiles that are threads of one process.
class TileThreads
{
  public:
    explicit TileThreads(int tiles);
    ~TileThreads();
    Exchange& exchange(int tile);
    // A tile has failed: who waits, or will wait, gets an Error (peer_lost).
    void give_up();

  private:
    struct State;
    class Member;
    std::unique_ptr<State> state_;
};

// A network's place: in one piece, or one tile of `tiling`, the exchange's.
struct TilePlace {
    Tiling tiling;
    Exchange* exchange = nullptr;    // null: in one piece

    int tile() const { return exchange ? exchange->tile() : 0; }
    Area own(const Shape& grid) const { return own_area(tiling, tile(), grid); }
};

}    // namespace nonna
