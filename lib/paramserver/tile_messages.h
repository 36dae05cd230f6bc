// What the tiles of a replica say to each other (nonna-protocol(7)): pure functions between structs and bytes.
//
// Model to hold in mind: one tile asks, the other answers, one message each, as with servers; whoever has numbers for
// another puts them there. A message begins with 16 bytes: "NNTL", the protocol's version (2 bytes), its kind (2), the
// tile that it is from (4), flags (4). Numbers are little-endian. Decoding trusts nothing: it returns std::nullopt
// unless a message is exactly as long as its kind says, and spans of a decoded message point into its bytes.
#pragma once

#include "paramserver/protocol.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

enum class TileKind : std::uint16_t {
    greeting = 1,     // who I am, and whom I mean     -> welcome, challenge or refused
    challenge = 2,    // prove that you know the token
    welcome = 3,
    put = 4,      // numbers for you                -> kept or refused
    ping = 5,     // are you there                  -> kept
    leave = 6,    // I end, well or not             -> kept
    kept = 7,
    refused = 8,
};

struct TileGreeting {
    std::uint32_t from = 0, to = 0, tiles = 0, replica = 0;
    std::uint64_t incarnation = 0;    // of the one who greets: drawn once by each process
    std::uint64_t meant = 0;          // of the one who is greeted, as the folder of addresses has it
    Digest network{};                 // of the model and how it is cut
    Hello::Proof proof = Hello::Proof::none;
    Digest token{};    // as of a Hello
};

struct TilePut {
    std::uint32_t from = 0;
    std::uint64_t sequence = 0;    // counts, from 1, what this tile puts to that one
    std::uint64_t tag = 0;         // which step's numbers they are
    std::span<const std::byte> bytes;
};

struct TileLeave {
    std::uint32_t from = 0;
    std::string why;    // empty: all was done
};

struct TileKept {
    std::uint32_t from = 0;
    std::uint64_t received = 0;    // the last sequence that is here
    std::uint64_t taken = 0;       // how many of them are used up
};

enum class TileRefusal : std::uint32_t {
    malformed = 1,        // no message of ours, or one that cannot be now
    network = 2,          // of another model, or cut otherwise
    token = 3,            // missing or wrong; or another user
    greet_first = 4,      // this connection has not said who it is
    other_process = 5,    // meant for, or from, another process than the one that is here: look again
    gone = 6,             // this tile has given up; the text says why
};

struct TileRefused {
    std::uint32_t from = 0;
    TileRefusal why = TileRefusal::malformed;
    std::string text;
};

inline constexpr std::size_t tile_put_head = 32;    // of a put, before its bytes
inline constexpr std::size_t most_tile_text = 512;

std::optional<TileKind> tile_kind_of(std::span<const std::byte> message);

std::vector<std::byte> encode(const TileGreeting&);
std::vector<std::byte> encode(std::uint32_t from, const Challenge&);
std::vector<std::byte> encode_tile(TileKind, std::uint32_t from);    // welcome, ping
std::vector<std::byte> encode(const TileLeave&);
std::vector<std::byte> encode(const TileKept&);
std::vector<std::byte> encode(const TileRefused&);
std::vector<std::byte> encode_head(const TilePut&);    // the bytes follow it

std::optional<TileGreeting> decode_tile_greeting(std::span<const std::byte>);
std::optional<Challenge> decode_tile_challenge(std::span<const std::byte>);
std::optional<std::uint32_t> decode_tile(TileKind, std::span<const std::byte>);    // welcome, ping: the tile
std::optional<TilePut> decode_tile_put(std::span<const std::byte>);
std::optional<TileLeave> decode_tile_leave(std::span<const std::byte>);
std::optional<TileKept> decode_tile_kept(std::span<const std::byte>);
std::optional<TileRefused> decode_tile_refused(std::span<const std::byte>);

}    // namespace nonna
