#include "dataset/near_index.h"

#include <bit>
#include <tuple>

namespace nonna {

constexpr std::size_t words = 65536;

static std::uint16_t word(std::uint64_t hash, int i) { return std::uint16_t(hash >> (16 * i)); }

NearIndex::NearIndex(int distance) : distance_(distance), heads_(4 * words)
{
    for (std::size_t w = 0; w < words; ++w)
        if (std::popcount(w) <= distance / 4)
            neighbours_.push_back(std::uint16_t(w));
}

void NearIndex::add(std::uint64_t hash, std::uint64_t what)
{
    entries_.push_back({hash, what, {}});
    for (int i = 0; i < 4; ++i) {
        std::uint32_t& head = heads_[std::size_t(i) * words + word(hash, i)];
        entries_.back().next[i] = head;
        head = std::uint32_t(entries_.size());
    }
}

std::optional<std::uint64_t> NearIndex::find(std::uint64_t hash) const
{
    std::tuple<int, std::uint32_t> best{distance_ + 1, 0};
    for (int i = 0; i < 4; ++i)
        for (const std::uint16_t difference : neighbours_)
            for (std::uint32_t at = heads_[std::size_t(i) * words + (word(hash, i) ^ difference)]; at != 0;
                 at = entries_[at - 1].next[i])
                best = std::min(best, {std::popcount(entries_[at - 1].hash ^ hash), at});
    const auto [distance, at] = best;
    return distance <= distance_ ? std::optional(entries_[at - 1].what) : std::nullopt;
}

}    // namespace nonna
