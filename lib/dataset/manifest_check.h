// Private to this room: a built set's samples held against its manifest, one after another, as they come out of the
// shards.
//
// Model to hold in mind: the manifest's ok units, in its order, say which key comes next and in which shard. `take` is
// given the samples in the shards' order; each must be the one that is due. One thread.
#pragma once

#include "io/built_set.h"
#include "io/key_set.h"
#include "io/manifest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

class ManifestCheck
{
  public:
    // Error for an unfinished build, settings that cannot be read, files missing from shards/, and others in it.
    explicit ManifestCheck(const std::string& path);
    const std::vector<std::string>& shards() const { return shards_; }

    // The sample that comes next, member `picture` of `archive`, is in shard `shard`. The unit it is of: valid until
    // the next call.
    const UnitRecord& take(const std::string& key, const std::string& picture, std::int64_t shard,
                           const std::string& archive);
    void end_shard(std::int64_t shard, const std::string& archive);
    UnitCounts finish();    // of all units; Error where one of them has a sample that did not come

  private:
    BuiltSetFiles files_;
    std::vector<std::string> shards_;
    ManifestReader manifest_;
    KeySet units_;
    UnitRecord unit_;
    bool ended_ = false;
    std::size_t key_ = 0;    // the one of unit_ that is due
    UnitCounts counts_;

    bool due();    // is there a sample still to come?
    std::string line() const;
};

// What TAR.sha256 says. Error where it is not the one line that sha256sum writes of TAR.
std::string read_digest_file(const std::string& tar);

}    // namespace nonna
