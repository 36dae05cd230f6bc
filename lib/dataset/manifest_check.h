// A built set's folder held against its manifest, sample by sample, as they come out of its shards. Private to this
// room.
//
// Model to hold in mind: the manifest's ok units, in its order, say which key comes next and in which shard. `take` is
// given the samples in the shards' order; each must be the one that is due. One thread.
#pragma once

#include "io/key_set.h"
#include "io/manifest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

class SetFolder
{
  public:
    // Error for an unfinished build, settings that cannot be read, files missing from shards/, and others in it.
    explicit SetFolder(const std::string& path);
    const std::vector<std::string>& shards() const { return shards_; }

    // The sample that comes next, member `picture` of `archive`, is in shard `shard`; gives its unit's source and
    // digest.
    void take(const std::string& key, const std::string& picture, std::int64_t shard, const std::string& archive,
              std::string& source, std::string& digest);
    void end_shard(std::int64_t shard, const std::string& archive);
    void finish(std::uint64_t& ok, std::uint64_t& rejected, std::uint64_t& failed);

  private:
    std::string path_;
    std::vector<std::string> shards_;
    ManifestReader manifest_;
    KeySet units_;
    UnitRecord unit_;
    bool ended_ = false;
    std::size_t key_ = 0;    // the one of unit_ that is due
    std::uint64_t counts_[3] = {};

    bool due();    // is there one?
    std::string line() const;
};

// What TAR.sha256 says. Error where it is not the one line that sha256sum writes of TAR.
std::string read_digest_file(const std::string& tar);

}    // namespace nonna
