#include "paramserver/wire_format.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace nonna
{

static_assert(std::endian::native == std::endian::little);

static std::uint16_t upper(std::uint32_t bits, std::uint32_t added)
{
    const bool special = (bits & 0x7f800000u) == 0x7f800000u;    // a NaN must stay one, whatever is cut off
    const std::uint32_t rounded = special ? bits | ((bits & 0xffffu) ? 0x10000u : 0u) : bits + added;
    return std::uint16_t(rounded >> 16);
}

void pack(std::span<const float> from, Wire wire, std::optional<std::uint64_t> key, std::byte* into)
{
    if (wire == Wire::fp32) {
        if (!from.empty())    // memcpy takes no null pointer, not even for nothing
            std::memcpy(into, from.data(), from.size_bytes());
        return;
    }
    const std::uint32_t a = key ? std::uint32_t(*key) : 0, b = key ? std::uint32_t(*key >> 32) : 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(from[i]);
        std::uint32_t added = 0x7fffu + ((bits >> 16) & 1);    // to nearest, halves to even
        if (key) {    // a hash with the avalanche of a counter-based generator, cheap enough for every number
            std::uint32_t h = (std::uint32_t(i) ^ a) * 0x9e3779b1u + b;
            h = (h ^ (h >> 16)) * 0x85ebca6bu;
            h = (h ^ (h >> 13)) * 0xc2b2ae35u;
            added = (h ^ (h >> 16)) & 0xffffu;
        }
        const std::uint16_t half = upper(bits, added);
        std::memcpy(into + 2 * i, &half, 2);
    }
}

void unpack(const std::byte* from, Wire wire, std::span<float> into)
{
    if (wire == Wire::fp32) {
        if (!into.empty())
            std::memcpy(into.data(), from, into.size_bytes());
        return;
    }
    for (std::size_t i = 0; i < into.size(); ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + 2 * i, 2);
        into[i] = std::bit_cast<float>(std::uint32_t(half) << 16);
    }
}

float largest(const std::byte* numbers, Wire wire, std::size_t count)
{
    // Without their signs, floats are in the order of their bits: integers, which vectorise. What is not finite is
    // above all others.
    std::uint32_t most = 0;
    if (wire == Wire::fp32)
        for (std::size_t i = 0; i < count; ++i) {
            std::uint32_t bits;
            std::memcpy(&bits, numbers + 4 * i, 4);
            most = std::max(most, bits & 0x7fffffffu);
        }
    else
        for (std::size_t i = 0; i < count; ++i) {
            std::uint16_t bits;
            std::memcpy(&bits, numbers + 2 * i, 2);
            most = std::max(most, std::uint32_t(bits & 0x7fffu) << 16);
        }
    return most >= 0x7f800000u ? std::numeric_limits<float>::infinity() : std::bit_cast<float>(most);
}

}    // namespace nonna
