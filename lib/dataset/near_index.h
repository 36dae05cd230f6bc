// Which picture seen before looks like this one? 64-bit perceptual hashes within a Hamming distance, streaming.
//
// Model to hold in mind: a hash is four words of 16 bits. Of two hashes at most d bits apart, one word differs in at most
// d / 4 bits (pigeonhole), so looking up each word and its neighbours within d / 4 bits finds every candidate, and the
// rest is counting bits. Exact, not approximate. Memory: 32 bytes a hash and 1 MiB. With ten million hashes and d up to 7
// a query looks at some ten thousand candidates. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace nonna {

class NearIndex {
  public:
    static constexpr int most = 15;
    explicit NearIndex(int distance);    // 0 .. most

    void add(std::uint64_t hash, std::uint64_t what);
    // What was added with the nearest hash within the distance; of equally near ones the first added.
    std::optional<std::uint64_t> find(std::uint64_t hash) const;

  private:
    struct Entry {
        std::uint64_t hash, what;
        std::uint32_t next[4];    // of the entries with the same word; 0: none, else index + 1
    };
    int distance_;
    std::vector<std::uint32_t> heads_;        // 4 x 65536, as `next`
    std::vector<std::uint16_t> neighbours_;    // all words with at most distance_ / 4 bits set
    std::vector<Entry> entries_;
};

}    // namespace nonna
