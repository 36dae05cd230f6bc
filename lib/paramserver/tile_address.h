// Private to this room: where a replica's tiles are, a file for each in the folder of addresses.
//
// tile-0001-of-0004-replica-0000 holds one line, the URL of tile 1 of 4 and its process's incarnation in hexadecimal.
// It is locked (flock) as long as that process lives. As with servers (rendezvous.h) nothing in the folder is believed
// that is not a regular file of our own user with exactly such a name and such a line in it.
#pragma once

#include "base/descriptor.h"

#include <cstdint>
#include <optional>
#include <string>

namespace nonna
{

struct TilePlaceName {
    std::uint32_t tile = 0, tiles = 1, replica = 0;
    std::string text() const;    // "tile 1/4 of replica 0"
};

struct TileAddress {
    std::string url;
    std::uint64_t incarnation = 0;
};

std::string tile_line(const TileAddress& address);
std::optional<TileAddress> parse_tile_line(const std::string& line);

// None where there is no such file, or none that counts.
std::optional<TileAddress> find_tile(const std::string& folder, const TilePlaceName& name);

// Whether its process has ended, as far as a lock can say that: never of an address beyond this machine, whose lock we
// may not see.
bool tile_is_gone(const std::string& folder, const TilePlaceName& name);

class PublishedTile
{
  public:
    // Error (locked) where a process that lives has this tile.
    PublishedTile(const std::string& folder, const TilePlaceName& name, const TileAddress& address);
    ~PublishedTile();    // the file goes, if it is still ours
    PublishedTile(const PublishedTile&) = delete;

  private:
    std::string path_;
    Descriptor file_;    // open and locked
    bool put_in_place(const std::string& temporary) const;
};

}    // namespace nonna
