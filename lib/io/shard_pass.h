// A shard's bytes from front to end, sample by sample, as verifying and indexing need them.
//
// Model to hold in mind: one strict pass (tar_stream.h) over a file or a pipe ("-"), with memory for one sample. It
// gives each sample as its raw bytes with headers and padding, and where they stand; whether the json in them is any
// good is asked of sample(). After an Error the pass says where in the archive it stopped. One thread.
#pragma once

#include "io/image_stream.h"
#include "io/shard_index.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nonna
{

struct RawSample {
    std::uint64_t begin = 0;                // of `bytes` in the archive: where the sample before it ended
    std::string bytes;                      // both members with headers and padding
    ShardEntry entry;                       // no digests; offsets in the archive
    std::string picture_name, json_name;    // as the archive has them

    std::string_view picture() const
    {
        return std::string_view(bytes).substr(entry.picture_offset - begin, entry.picture_bytes);
    }
    std::string_view json() const
    {
        return std::string_view(bytes).substr(entry.json_offset - begin, entry.json_bytes);
    }
    Sample sample(const std::string& archive) const;    // Error naming archive and member where the json is malformed
};

class KeySet;

class ImageShardPass
{
  public:
    ImageShardPass(const std::string& tar, KeySet& keys, bool digested);    // keys: those of the set so far
    ~ImageShardPass();
    std::optional<RawSample> next();
    const std::string& name() const;
    // After an Error: the offset of the member's header, or of the byte, that it is about; what is at hand of the bytes
    // there.
    std::uint64_t reached() const;
    std::string_view bytes_at(std::uint64_t offset, std::uint64_t size) const;
    const std::string& last() const;    // the member read last without fault; "" at the beginning
    std::uint64_t size() const;         // bytes read so far; after the end: of the archive
    std::uint64_t whole() const;        // of the archive, from the beginning; 0: nobody knows
    // After the end:
    std::string digest() const;    // SHA-256 of the archive

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
