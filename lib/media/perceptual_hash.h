// A picture's look in 64 bits: near-duplicates differ in few of them.
//
// Model to hold in mind: the picture's grey levels, squeezed to 32x32 by area, are taken through a cosine transform, of
// which frequency (u, v) is u half waves across and v down.
//   bits 0 to 31    frequencies (1, 1) to (6, 6) without the four highest: is each above their median?
//   bits 32 to 47   what varies across alone, (1, 0) to (16, 0), times u: the signs of 16 sums, each with signs
//                   drawn once
//   bits 48 to 63   the same of what varies down alone, (0, 1) to (0, 16)
// Where nothing varies in both directions, bits 0 to 31 are 16 more sums of each kind.
// Brightness and contrast drop out, encoding anew and resizing change a few bits, another picture about half of them. A
// mirrored or turned picture is another picture. What is small beside the picture's largest frequency counts as
// nothing; flat pictures have the hash 0. Stripes, skies and horizons, which vary in one direction alone, differ from
// flat pictures and from one another in about 16 bits.
//
// Only whole numbers are used after squeezing, so no instruction set changes a bit. Hashes are kept in sets, which
// record `perceptual_hash_version`: whatever changes a bit of any hash raises it. Version 1 had no bits for what varies
// in one direction alone: its 64 bits were frequencies (1, 1) to (8, 8).
// After C. Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010), the DCT hash; sums with
// random signs are M. Charikar's "Similarity estimation techniques from rounding algorithms" (2002).
#pragma once

#include "media/picture.h"

#include <cstdint>

namespace nonna
{

inline constexpr int perceptual_hash_version = 2;

std::uint64_t perceptual_hash(const Picture& picture);

}    // namespace nonna
