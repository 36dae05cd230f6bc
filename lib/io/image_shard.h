// Shards: archives of an image set with an index beside them, for random access, and the folders of built sets.
//
// Model to hold in mind: a *shard* is an image set's archive NNNNNN.tar. Its index, NNNNNN.tar.idx, is a table that
// says where each sample's two members begin and what their SHA-256 are; NNNNNN.tar.sha256 is what sha256sum says of
// the archive. A *built set* is a folder with set.json, manifest.jsonl and shards/000000.tar, 000001.tar ...
//
// Random access maps the archive into memory and looks at no more of it than is asked for. An index that does not
// belong to its archive is found out: when a shard is opened, by the headers of its first and last member and the zeros
// behind the last one; when a sample is asked for, by its own members' headers. A shard that is open is never written
// to in place: the toolkit replaces files by rename, and the old one lives on as long as it is mapped. Whoever
// truncates a mapped file, or loses the disk below it, ends the reading process by SIGBUS, as with any mapped file;
// where that has to be an Error, read with ImageReader. A pipe or "-" is copied to a nameless temporary file first.
#pragma once

#include "io/image_stream.h"

#include <memory>
#include <span>
#include <string_view>

namespace nonna
{

struct ShardEntry {
    std::string key, extension;    // extension: the picture's
    std::uint64_t picture_offset = 0, picture_bytes = 0;
    std::string picture_sha256;
    std::uint64_t json_offset = 0, json_bytes = 0;
    std::string json_sha256;
    bool operator==(const ShardEntry&) const = default;
};

// One strict pass over the archive, with ImageReader's Errors.
std::vector<ShardEntry> scan_shard(const std::string& tar);
// The entry of a sample whose archive_bytes `bytes` stand at `offset` of an archive: an index made while it is written.
ShardEntry shard_entry(const Sample& sample, std::string_view bytes, std::uint64_t offset);
// Columns key, extension, picture_offset, picture_bytes, picture_sha256, json_offset, json_bytes, json_sha256.
void write_shard_index(const std::string& idx, const std::vector<ShardEntry>& entries);
// The table alone, every field checked. Error naming file and line.
std::vector<ShardEntry> read_index_table(const std::string& idx);
// TAR.idx where it is there and belongs to the archive; else the archive is scanned, saying so if there is one.
std::vector<ShardEntry> read_shard_index(const std::string& tar);

// Is the archive laid out as the toolkit writes it, and as `entries` say? Headers, padding and end are compared byte
// for byte; members' contents are not looked at. Error naming archive, member and the first wrong byte.
void check_shard_layout(const std::string& tar, const std::vector<ShardEntry>& entries);

// Any thread, at the same time. Views are valid as long as the Shard. Misuse (i >= count) is a std::out_of_range.
class Shard
{
  public:
    explicit Shard(const std::string& tar);
    ~Shard();
    Shard(Shard&&) noexcept;
    const std::string& name() const;
    const std::string& digest() const;    // SHA-256 over every sample's key and its members' digests, in order
    std::size_t count() const;
    std::string key(std::size_t i) const;
    std::string extension(std::size_t i) const;
    std::span<const std::byte> picture(std::size_t i) const;
    std::string_view json(std::size_t i) const;
    Sample sample(std::size_t i) const;    // a copy; checked as ImageReader does

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Several shards as one sequence: the shards of a built set's folder, or the archives named. 24 bytes of memory a
// sample.
class ShardSet
{
  public:
    explicit ShardSet(const std::vector<std::string>& paths);    // archives and folders of built sets
    std::size_t count() const { return starts_.back(); }
    std::string digest() const;    // of the one shard; of several: over their digests, in order
    const Shard& shard_of(std::size_t i, std::size_t& within) const;
    std::span<const std::byte> picture(std::size_t i) const;
    Sample sample(std::size_t i) const;

  private:
    std::vector<Shard> shards_;
    std::vector<std::size_t> starts_{0};
};

// Is this a folder with a set.json?
bool is_built_set(const std::string& path);
std::string shard_name(std::int64_t number);    // "000007.tar"
// The archives in order. Error when it is no built set, its last run is unfinished (there is a journal.jsonl or a
// removal.jsonl), or a number is missing between them.
std::vector<std::string> built_set_shards(const std::string& folder);

// A shard's bytes from front to end, as verifying needs them: one pass of a file or pipe ("-"), memory for one sample.
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

class ShardPass
{
  public:
    ShardPass(const std::string& tar, KeySet& keys, bool digested);    // keys: those of the set so far
    ~ShardPass();
    std::optional<RawSample> next();
    const std::string& name() const;
    // After an Error: the offset of the member's header, or of the byte, it speaks of; what is at hand of the bytes
    // there.
    std::uint64_t reached() const;
    std::string_view bytes_at(std::uint64_t offset, std::uint64_t size) const;
    const std::string& last() const;    // the member read last without fault; "" at the beginning
    // After the end:
    std::uint64_t size() const;
    std::string digest() const;    // SHA-256 of the archive

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
