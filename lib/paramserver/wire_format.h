// Numbers on the wire: fp32 as they are, or bf16, the upper half of an fp32.
//
// Values are rounded to the nearest bf16, gradients stochastically: up with the probability of what is cut off, so that
// their mean over many pushes is the gradient's. The draw for number i of a push depends on (key, i) alone. Little-
// endian, as the machine is.
#pragma once

#include "base/names.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nonna
{

enum class Wire : std::uint32_t { fp32 = 0, bf16 = 1 };

template <> inline constexpr auto names_of<Wire> = names<Wire>({{Wire::fp32, "fp32"}, {Wire::bf16, "bf16"}});

inline std::size_t bytes_each(Wire wire) { return wire == Wire::bf16 ? 2 : 4; }

// `into` holds from.size() * bytes_each(wire) bytes. `key`: rounds stochastically by it.
void pack(std::span<const float> from, Wire wire, std::optional<std::uint64_t> key, std::byte* into);
void unpack(const std::byte* from, Wire wire, std::span<float> into);

// The largest absolute value; infinity where a number is not finite.
float largest(const std::byte* numbers, Wire wire, std::size_t count);

}    // namespace nonna
