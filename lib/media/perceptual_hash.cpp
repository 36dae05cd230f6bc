#include "media/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace nonna
{

namespace
{

constexpr int side = 32, frequencies = 8;
using Cosines = std::array<std::array<std::int64_t, side>, frequencies>;

// cos((2 x + 1) u pi / 64), u from 1, in units of 1 / 16384: rounding to whole numbers makes them the same everywhere.
const Cosines& cosines()
{
    static const Cosines table = [] {
        Cosines t;
        for (int u = 0; u < frequencies; ++u)
            for (int x = 0; x < side; ++x)
                t[u][x] = std::llround(16384 * std::cos((2 * x + 1) * (u + 1) * std::numbers::pi / (2 * side)));
        return t;
    }();
    return table;
}

}    // namespace

std::uint64_t perceptual_hash(const Picture& picture)
{
    const std::vector<std::uint8_t> levels = grey(resize(picture, side, side));
    const Cosines& c = cosines();
    // The transform is a product of one for each axis: rows first, then the columns of what they gave.
    std::array<std::array<std::int64_t, frequencies>, side> rows{};
    for (int y = 0; y < side; ++y)
        for (int u = 0; u < frequencies; ++u)
            for (int x = 0; x < side; ++x)
                rows[y][u] += c[u][x] * levels[std::size_t(y * side + x)];
    std::array<std::int64_t, frequencies * frequencies> spectrum{};
    for (int v = 0; v < frequencies; ++v)
        for (int u = 0; u < frequencies; ++u)
            for (int y = 0; y < side; ++y)
                spectrum[std::size_t(v * frequencies + u)] += c[v][y] * rows[y][u];

    // Above the median or not: half of the bits are set whatever the picture's contrast.
    auto sorted = spectrum;
    std::nth_element(sorted.begin(), sorted.begin() + 32, sorted.end());
    // Rounded cosines do not quite add up to nothing: what a flat picture leaves must not become a pattern.
    const std::int64_t least = std::int64_t(1) << 24;
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < spectrum.size(); ++i)
        if (spectrum[i] > std::max(sorted[32], least))
            hash |= std::uint64_t(1) << i;
    return hash;
}

}    // namespace nonna
