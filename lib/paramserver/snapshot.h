// Snapshots of shards: files of a folder that many servers may share, from which any number of shards can be made.
//
// shard-0003-of-0008.000000001234.safetensors is shard 3 at version 1234: values, the rule's state, statistics, and the
// replicas' records, with a SHA-256 of all of these. A file appears complete or not at all; the newest two of a shard
// are kept. One that is cut or altered, or holds infinities or NaN, is named and passed over for the one before it. The
// folder's lock file of a shard is held while its server runs.
#pragma once

#include "io/folder_lock.h"
#include "paramserver/parameter_shard.h"

#include <optional>
#include <string>

namespace nonna
{

class Snapshots
{
  public:
    // Makes the folder and locks the shard's place in it: Error (locked) where another server has it.
    Snapshots(std::string folder, const Layout& layout, std::uint32_t index, std::uint32_t of, Rule rule);

    // The newest state that the folder's files hold of this shard, of whatever number of shards they were; nullopt:
    // nothing. Error where they are another model's, or of another update rule, or none is whole. Made of another
    // number of shards, versions and the replicas' last pushes are the greatest of the parts', so that no push is
    // applied a second time, and the counts begin anew.
    std::optional<ShardCopy> restore() const;

    void save(const ShardCopy& copy);    // Error: the ones before are kept

  private:
    std::string folder_;
    const Layout* layout_;
    std::uint32_t index_, of_;
    Rule rule_;
    FolderLock lock_;
};

}    // namespace nonna
