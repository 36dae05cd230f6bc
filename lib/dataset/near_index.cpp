#include "dataset/near_index.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace nonna
{

constexpr std::size_t words = 65536;

static std::uint16_t word(std::uint64_t hash, int i) { return std::uint16_t(hash >> (16 * i)); }

NearIndex::NearIndex(int distance) : distance_(distance), tables_(4 * words)
{
    for (std::size_t w = 0; w < words; ++w)
        if (std::popcount(w) <= distance / 4)
            neighbours_.push_back(std::uint16_t(w));
}

void NearIndex::add(std::uint64_t hash, std::uint64_t what)
{
    for (int i = 0; i < 4; ++i) {
        std::vector<Entry>& entries = tables_[std::size_t(i) * words + word(hash, i)];
        if (entries.size() == entries.capacity())    // doubling would waste a third
            entries.reserve(entries.size() + entries.size() / 4 + 2);
        entries.push_back({std::uint32_t(hash), std::uint32_t(hash >> 32), std::uint32_t(what_.size())});
    }
    what_.push_back(what);
}

// Candidates are found by one word and then counted whole. One may be found by several words: it has the same distance
// each time, so the least is the least.
std::optional<std::uint64_t> NearIndex::find(std::uint64_t hash) const
{
    std::pair<int, std::uint32_t> best{distance_ + 1, 0};
    for (int i = 0; i < 4; ++i)
        for (const std::uint16_t difference : neighbours_)
            for (const Entry& e : tables_[std::size_t(i) * words + (word(hash, i) ^ difference)])
                best = std::min(best, {std::popcount((std::uint64_t(e.high) << 32 | e.low) ^ hash), e.number});
    return best.first <= distance_ ? std::optional(what_[best.second]) : std::nullopt;
}

}    // namespace nonna
