// How a model's flat parameter vector is cut into shards, and a shard into the chunks that travel.
//
// Model to hold in mind: the vector is a row of matrices (the filters of one position), segment after segment in the
// order of the model file. Cuts lie between matrices only, so that whoever holds a shard can apply an update and
// restore the norms of its filters alone. Shard I of N holds the matrices that begin in the I-th N-th of the vector.
// A server knows this table, the digest that tells one model from another, and nothing else of the network.
#pragma once

#include "kernels/segment.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

using Digest = std::array<std::byte, 32>;    // SHA-256
Digest digest_of(std::string_view text);

// Numbers first .. first + count of the flat vector.
struct Range {
    std::uint64_t first = 0, count = 0;
    std::uint64_t end() const { return first + count; }
    bool operator==(const Range&) const = default;
};

// "3/8", "0-3/8": shards or replicas, counted from 0.
struct Portion {
    std::uint32_t first = 0, last = 0, of = 1;
    std::uint32_t count() const { return last - first + 1; }
    bool operator==(const Portion&) const = default;
    std::string text() const;
    // Error (usage) naming `option` on anything else. `several`: a range is allowed.
    static Portion parse(const std::string& text, const std::string& option, bool several);
};

class Layout
{
  public:
    // The most bytes of numbers in a message, but that a matrix is never divided: nng is fastest between 1 and 2 MiB.
    static constexpr std::size_t chunk_bytes = std::size_t(2) << 20;
    static constexpr std::uint32_t most_shards = 4096;

    // `statistics`: how many shard 0 keeps. `identity`: whatever else must agree.
    Layout(std::vector<Segment> segments, std::size_t statistics, const std::string& identity);

    std::uint64_t size() const { return size_; }
    std::size_t statistics() const { return statistics_; }
    const Digest& digest() const { return digest_; }

    // Error (usage) where there are more shards than matrices.
    Range shard(std::uint32_t index, std::uint32_t of) const;
    // The part of the table inside `range`, which begins and ends between matrices; offsets count from its first.
    std::vector<Segment> segments(Range range) const;
    // `range` cut into runs of whole matrices.
    std::vector<Range> chunks(Range range) const;
    std::size_t largest_chunk() const { return largest_chunk_; }    // numbers

  private:
    std::vector<Segment> segments_;
    std::size_t statistics_;
    std::uint64_t size_ = 0;
    std::size_t largest_chunk_ = 0;
    Digest digest_;

    std::uint64_t boundary(std::uint64_t at) const;           // the first cut there or later
    std::uint64_t boundary_before(std::uint64_t at) const;    // the last cut there or earlier
};

}    // namespace nonna
