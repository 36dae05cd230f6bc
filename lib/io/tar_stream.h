// An image set's archive as pairs of members, read strictly in one pass (libarchive). Private to this room.
//
// Model to hold in mind: bytes come from a file or a pipe, once; those of the pair returned last, from the end of the
// pair before it to the end of its own padding, stay at hand and can be looked at by their offset in the archive.
// Memory: one pair and 256 KiB. What is strict about it stands in io/image_stream.h. One thread at a time.
#pragma once

#include "io/key_set.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nonna
{

inline constexpr std::uint64_t member_limit = std::uint64_t{256} << 20;
inline constexpr std::uint64_t tar_block = 512;

constexpr std::uint64_t whole_blocks(std::uint64_t bytes) { return (bytes + tar_block - 1) / tar_block * tar_block; }

bool is_sample_key(std::string_view key);
bool is_picture_extension(std::string_view extension);
std::string printable(std::string_view name);    // its first 100 bytes, as shown_text
bool is_compressed(std::string_view start);      // gzip, zstd, xz, bzip2

// The name in the header that stands before the `size` bytes at `offset`; empty where that header is about another
// size.
std::string_view member_name(std::string_view archive, std::uint64_t offset, std::uint64_t size);

struct TarMember {
    std::string name;    // as the archive has it
    std::uint64_t offset = 0, bytes = 0;
};

struct TarPair {
    std::string key, extension;    // extension: the picture's
    TarMember picture, json;
    std::uint64_t begin = 0, end = 0;
};

class TarStream
{
  public:
    explicit TarStream(const std::string& path, bool digested = false);
    ~TarStream();
    std::optional<TarPair> next(KeySet& keys);
    std::string_view bytes(std::uint64_t offset, std::uint64_t size) const;
    std::string_view bytes(const TarMember& member) const { return bytes(member.offset, member.bytes); }
    const std::string& name() const;
    std::uint64_t reached() const;      // after an Error: where what it speaks of begins
    const std::string& last() const;    // the member read last without fault, "" at the beginning
    std::uint64_t size() const;         // bytes read so far; after the end: of the archive
    std::uint64_t whole() const;        // of the archive, from the beginning; 0: a stream, nobody knows
    std::string digest() const;         // after the end, where digested: SHA-256 of the archive

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
