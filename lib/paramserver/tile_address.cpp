#include "paramserver/tile_address.h"

#include "base/error.h"
#include "paramserver/access.h"
#include "paramserver/shared_folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr std::size_t most_line = 4096;

std::string path_of(const std::string& folder, const TilePlaceName& name)
{
    char text[64];
    std::snprintf(text, sizeof text, "tile-%04u-of-%04u-replica-%04u", name.tile, name.tiles, name.replica);
    return folder + "/" + text;
}

}    // namespace

std::string TilePlaceName::text() const
{
    return "tile " + std::to_string(tile) + "/" + std::to_string(tiles) + " of replica " + std::to_string(replica);
}

std::string tile_line(const TileAddress& address)
{
    char number[24];
    std::snprintf(number, sizeof number, " %016llx\n", static_cast<unsigned long long>(address.incarnation));
    return address.url + number;
}

std::optional<TileAddress> parse_tile_line(const std::string& line)
{
    TileAddress address;
    if (line.size() < 18)
        return std::nullopt;
    address.url = line.substr(0, line.size() - 18);
    const char* const number = line.data() + address.url.size() + 1;
    if (std::from_chars(number, number + 16, address.incarnation, 16).ptr != number + 16 ||
        tile_line(address) != line ||
        std::any_of(address.url.begin(), address.url.end(), [](unsigned char c) { return c <= ' ' || c == 127; }))
        return std::nullopt;
    try {
        is_loopback(address.url);    // throws of what is no address
    } catch (const Error&) {
        return std::nullopt;
    }
    return address;
}

std::optional<TileAddress> find_tile(const std::string& folder, const TilePlaceName& name)
{
    const std::string path = path_of(folder, name);
    struct stat status {
    };
    if (::lstat(path.c_str(), &status) != 0 || !reason_against(status).empty())
        return std::nullopt;
    Descriptor file = open_ours(path, O_RDONLY);
    if (!file)
        return std::nullopt;
    try {
        std::string text(most_line, '\0');
        text.resize(file.read(std::as_writable_bytes(std::span(text))));
        return parse_tile_line(text);
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool tile_is_gone(const std::string& folder, const TilePlaceName& name)
{
    const std::optional<TileAddress> address = find_tile(folder, name);
    if (!address)    // it has taken its file away, or nobody was there
        return true;
    const Descriptor file = open_ours(path_of(folder, name), O_RDONLY);
    try {
        return is_loopback(address->url) && (!file || file.try_lock(true));
    } catch (const Error&) {    // no locks in this file system
        return false;
    }
}

PublishedTile::PublishedTile(const std::string& folder, const TilePlaceName& name, const TileAddress& address)
    : path_(path_of(folder, name))
{
    std::string temporary;
    file_ = open_temporary(folder, path_.substr(folder.size() + 1), 0600, temporary);
    try {
        file_.write(tile_line(address));
        for (int tries = 0; !put_in_place(temporary); ++tries)
            if (tries == 20)
                throw Error(path_,
                            "a process with " + name.text() + " is running; stop it, or give another --rendezvous",
                            ExitStatus::locked);
            else
                ::poll(nullptr, 0, 10);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

// False: another has it now. Who looks whether it is locked has a lock himself for that moment, so that once says
// nothing.
bool PublishedTile::put_in_place(const std::string& temporary) const
{
    struct stat there {
    }, now{};
    if (::lstat(path_.c_str(), &there) != 0) {
        if (::link(temporary.c_str(), path_.c_str()) == 0) {    // unlike rename, it replaces nothing
            ::unlink(temporary.c_str());
            return true;
        }
        if (errno == EEXIST)
            return false;    // else a file system without hard links
    } else {
        const Descriptor dead = open_ours(path_, O_RDWR);
        if (!dead)
            throw Error(path_, "cannot be replaced by this tile's address: remove it");
        if (!lock_if_any(dead, true) || ::lstat(path_.c_str(), &now) != 0 || !same_file(there, now))
            return false;
        if (std::rename(temporary.c_str(), path_.c_str()) == 0)    // while the dead one's lock is ours
            return true;
        throw Error(path_, errno_reason());
    }
    if (std::rename(temporary.c_str(), path_.c_str()) != 0)
        throw Error(path_, errno_reason());
    return true;
}

PublishedTile::~PublishedTile()
{
    struct stat there {
    }, ours{};
    if (::lstat(path_.c_str(), &there) == 0 && ::fstat(file_.number(), &ours) == 0 && same_file(there, ours))
        ::unlink(path_.c_str());
}

}    // namespace nonna
