// A built set's folder: what its files are called, who may write in it, and whether it is at rest (nonna-images(5)).
//
// Model to hold in mind: a *built set* is a folder with
//
//     set.json                the settings it was made with (manifest.h); this file is what makes a folder a set
//     manifest.jsonl          what became of every unit that was offered (manifest.h)
//     shards/NNNNNN.tar       its pictures: archives (image_stream.h) numbered from 000000 without a gap
//     shards/NNNNNN.tar.idx   where the archive's samples begin (shard_index.h)
//     shards/NNNNNN.tar.sha256   what sha256sum says of the archive
//     lock                    locked (flock) by whoever writes, and, shared, by whoever must not see half of a change
//
// and, from the beginning of a run to its end,
//
//     shards/NNNNNN.part      the shard that is being written
//     journal.jsonl           how much of it and of the manifest is whole
//     removal.jsonl           what is being taken out
//
// Beside the folder lies .NAME.digests, which is no part of the set: what the sources held when they were looked at
// (dataset/digest_cache.h).
//
// A set is *at rest* when neither a journal nor a removal list is there. One that is not, with nobody holding the lock,
// was left by a run that was cut short, and the next run brings it to rest (dataset/set_store.h).
#pragma once

#include "base/descriptor.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

class BuiltSetFiles
{
  public:
    explicit BuiltSetFiles(std::string folder) : folder_(std::move(folder)) {}
    const std::string& folder() const { return folder_; }
    std::string settings() const { return in_folder("set.json"); }
    std::string manifest() const { return in_folder("manifest.jsonl"); }
    std::string lock() const { return in_folder("lock"); }
    std::string journal() const { return in_folder("journal.jsonl"); }
    std::string removal() const { return in_folder("removal.jsonl"); }
    std::string digests() const;
    std::string shards() const { return in_folder("shards"); }
    std::string shard(std::int64_t number) const;
    std::string part(std::int64_t number) const;

  private:
    std::string folder_;
    std::string in_folder(const std::string& name) const;
};

std::string shard_name(std::int64_t number);                               // "000007.tar"
std::optional<std::int64_t> shard_number(const std::string& file_name);    // none: not the name of a shard
bool is_part_name(const std::string& file_name);                           // "000007.part"
std::string shard_index_path(const std::string& tar);
std::string shard_digest_path(const std::string& tar);

bool is_built_set(const std::string& path);    // a folder with a set.json

// Error where a run is at work in the folder (status locked) or the last one was cut short.
void check_at_rest(const std::string& folder);
// The archives in order. Error where it is no built set, is not at rest, or a number is missing between them.
std::vector<std::string> built_set_shards(const std::string& folder);

// The set's lock, held until the descriptor is closed. Error with status locked where another run has it. For writing,
// a lock file that is not there is made.
enum class SetAccess { reading, writing };
Descriptor lock_built_set(const std::string& folder, SetAccess access);

}    // namespace nonna
