#include "media/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace nonna
{

namespace
{

constexpr int side = 32, low = 6, across = 16;    // frequencies of both axes, and of one
using Cosines = std::array<std::array<std::int64_t, side>, across + 1>;
using Profile = std::array<std::int64_t, across>;    // frequencies 1 to 16

// cos((2 x + 1) u pi / 64) in units of 1 / 16384: rounding to whole numbers makes them the same everywhere.
const Cosines& cosines()
{
    static const Cosines table = [] {
        Cosines t;
        for (int u = 0; u <= across; ++u)
            for (int x = 0; x < side; ++x)
                t[u][x] = std::llround(16384 * std::cos((2 * x + 1) * u * std::numbers::pi / (2 * side)));
        return t;
    }();
    return table;
}

// The signs of each sum: the first digits of pi, which nobody chose. A regular matrix (Hadamard's) makes sums of
// regular pictures nothing.
constexpr unsigned minus[48] = {
    0x243f, 0x6a88, 0x85a3, 0x08d3, 0x1319, 0x8a2e, 0x0370, 0x7344, 0xa409, 0x3822, 0x299f, 0x31d0,
    0x082e, 0xfa98, 0xec4e, 0x6c89, 0x4528, 0x21e6, 0x38d0, 0x1377, 0xbe54, 0x66cf, 0x34e9, 0x0c6c,
    0xc0ac, 0x29b7, 0xc97c, 0x50dd, 0x3f84, 0xd5b5, 0xb547, 0x0917, 0x9216, 0xd5d9, 0x8979, 0xfb1b,
    0xd131, 0x0ba6, 0x98df, 0xb5ac, 0x2ffd, 0x72db, 0xd01a, 0xdfb7, 0xb8e1, 0xafed, 0x6a26, 0x7e96,
};

// Above the median or not: half of the bits are set whatever the picture's contrast.
std::uint64_t both_axes(const std::array<std::int64_t, 32>& spectrum, std::int64_t nothing)
{
    auto sorted = spectrum;
    std::nth_element(sorted.begin(), sorted.begin() + 16, sorted.end());
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < spectrum.size(); ++i)
        if (spectrum[i] > std::max(sorted[16], nothing))
            bits |= std::uint64_t(1) << i;
    return bits;
}

// `count` signs of sums. Weights that rise with the frequency let slopes and steps count alike. A sum that is as good
// as nothing is taken for positive in one half of the places and for negative in the other, so that whatever is
// something differs from nothing in half of the bits, and its negative in the other half.
std::uint64_t one_axis(const Profile& profile, std::int64_t nothing, unsigned first, unsigned count)
{
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < count; ++i) {
        std::int64_t sum = 0;
        for (unsigned u = 0; u < across; ++u)
            sum += (minus[first + i] >> u & 1 ? -1 : 1) * std::int64_t(u + 1) * profile[u];
        const bool nothing_is_positive = i % 2;
        const bool positive = nothing_is_positive ? sum >= -nothing : sum > nothing;
        if (positive != nothing_is_positive)
            bits |= std::uint64_t(1) << i;
    }
    return bits;
}

bool is_nothing(const std::array<std::int64_t, 32>& spectrum, std::int64_t nothing)
{
    return std::all_of(spectrum.begin(), spectrum.end(), [&](std::int64_t f) { return std::abs(f) <= nothing; });
}

}    // namespace

std::uint64_t perceptual_hash(const Picture& picture)
{
    const std::vector<std::uint8_t> levels = grey(resize(picture, side, side));
    const Cosines& c = cosines();
    // The transform is a product of one for each axis: rows first, then the columns of what they gave.
    std::array<std::array<std::int64_t, across + 1>, side> rows{};
    for (int y = 0; y < side; ++y)
        for (int u = 0; u <= across; ++u)
            for (int x = 0; x < side; ++x)
                rows[y][u] += c[u][x] * levels[std::size_t(y * side + x)];
    const auto frequency = [&](int u, int v) {
        std::int64_t sum = 0;
        for (int y = 0; y < side; ++y)
            sum += c[v][y] * rows[y][u];
        return sum;
    };

    std::array<std::int64_t, 32> spectrum{};
    std::size_t count = 0;
    for (int v = 1; v <= low; ++v)
        for (int u = 1; u <= low; ++u)
            if (u < low - 1 || v < low - 1)
                spectrum[count++] = frequency(u, v);
    Profile horizontal{}, vertical{};
    for (int u = 1; u <= across; ++u) {
        horizontal[std::size_t(u - 1)] = frequency(u, 0);
        vertical[std::size_t(u - 1)] = frequency(0, u);
    }

    std::int64_t largest = 0;
    const auto look = [&](const auto& values) {
        for (const std::int64_t value : values)
            largest = std::max(largest, std::abs(value));
    };
    look(spectrum);
    look(horizontal);
    look(vertical);
    // Rounded cosines do not quite add up to nothing: what a flat picture leaves must not become a pattern.
    const std::int64_t least = std::int64_t(1) << 24;
    const std::int64_t nothing = std::max(least, largest / 256), no_sum = std::max(16 * least, largest / 16);
    const std::uint64_t alone = one_axis(horizontal, no_sum, 0, 16) << 32 | one_axis(vertical, no_sum, 0, 16) << 48;
    if (is_nothing(spectrum, nothing))
        return alone | one_axis(horizontal, no_sum, 16, 16) | one_axis(vertical, no_sum, 32, 16) << 16;
    return alone | both_axes(spectrum, nothing);
}

}    // namespace nonna
