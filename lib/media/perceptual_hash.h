// A picture's look in 64 bits: near-duplicates differ in few of them.
//
// Model to hold in mind: the picture's grey levels, squeezed to 32x32 by area, are taken through a cosine transform; of
// its 64 lowest frequencies (rows and columns 1 to 8, the mean left out) each gives one bit: is it above their median?
// Brightness and contrast drop out, encoding anew and resizing change a few bits, another picture about half of them.
// A mirrored or turned picture is another picture. Flat pictures all have the hash 0.
//
// Only whole numbers are used after squeezing, so no instruction set changes a bit.
// After C. Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010), the DCT hash.
#pragma once

#include "media/picture.h"

#include <cstdint>

namespace nonna
{

std::uint64_t perceptual_hash(const Picture& picture);

}    // namespace nonna
