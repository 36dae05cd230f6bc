#include "base/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace nonna
{

// Key: the seed. Counter words: block number (low 32 bits), purpose with the block number's high 16 bits above it,
// index low, index high. So (seed, purpose, index) never share a counter within 2^48 blocks.
Random::Random(std::uint64_t seed, Purpose purpose, std::uint64_t index)
    : seed_(seed), index_(index), purpose_(static_cast<std::uint32_t>(purpose))
{
}

std::uint32_t Random::bits()
{
    if (used_ == 4) {
        const philox4x32_key_t key = {{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
        const philox4x32_ctr_t counter = {
            {static_cast<std::uint32_t>(counter_), purpose_ ^ (static_cast<std::uint32_t>(counter_ >> 32) << 16),
             static_cast<std::uint32_t>(index_), static_cast<std::uint32_t>(index_ >> 32)}};
        const philox4x32_ctr_t block = philox4x32(counter, key);
        for (std::size_t i = 0; i < 4; ++i)
            block_[i] = block.v[i];
        ++counter_;
        used_ = 0;
    }
    return block_[static_cast<std::size_t>(used_++)];
}

double Random::uniform()
{
    const std::uint64_t high = bits();
    const std::uint64_t low = bits();
    return static_cast<double>((high << 32 | low) >> 11) * 0x1p-53;
}

std::uint64_t Random::below(std::uint64_t n)
{
    const std::uint64_t excess = (0 - n) % n;    // 2^64 mod n: this many of the 2^64 values would be one too many
    for (;;) {
        const std::uint64_t high = bits();
        const std::uint64_t value = high << 32 | bits();
        if (value >= excess)
            return value % n;
    }
}

double Random::normal()
{
    if (has_spare_) {
        has_spare_ = false;
        return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));    // 1 - u is never 0
    const double angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
}

std::vector<std::size_t> drawn(std::size_t count, std::size_t n, Random random)
{
    std::vector<std::size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    if (n >= count)
        return numbers;
    shuffle(numbers, random);
    numbers.resize(n);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

}    // namespace nonna
