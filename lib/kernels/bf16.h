// The local filters in bf16 precision: products of bf16 numbers, sums in fp32, fp32 master weights and updates.
//
// A bf16 number is the upper half of a float's bits, rounded to nearest even; arrays of them are std::uint16_t.
// Activations stay fp32 in the stages; just before a kernel reads them, `narrow_pairs` or `narrow_lanes` makes the copy
// that it wants:
//
//     pairs   (row, pair of units, lane, 2): a row's units (column, map) two and two, an odd last one beside a zero:
//             what a sum over units reads (gather: x or e, one group a row; scatter: h or dh, a group a position, so
//             that a pair never holds maps of two positions)
//     lanes   (row, column, map, lane): what a sum over lanes reads (weight gradients)
//
// Split weights: the master keeps all 32 bits of a weight and no byte more. Each position's matrix of n = fan_in x maps
// weights lies where its n floats lay, as n upper halves, then n lower halves, both in the floats' order. The upper
// half is the weight in bf16 and all that gather and scatter read; the float is upper << 16 plus the lower half as a
// signed number. So splitting rounds to nearest, a tie away from zero, as its lower half can only be negative; joining
// gives back every bit, but of a NaN only that it is one, and its sign: its halves are the plain quiet NaN's, so that
// the upper half alone is NaN too.
//
// Bands, threads and determinism as in kernels/kernels.h. Padding lanes are zero, as there.
#pragma once

#include "kernels/kernels.h"

namespace nonna
{

using Bf16 = std::uint16_t;

struct Bf16Kernels {
    const char* name;

    // `groups` groups of `units` units: from (group, unit, lane) to (group, (units + 1) / 2, lane, 2)
    void (*narrow_pairs)(int groups, int units, int lanes, const float* from, Bf16* to);
    void (*narrow_lanes)(std::size_t n, const float* from, Bf16* to);

    // One matrix of n floats in place to split weights and back. `scratch`: n * 4 bytes.
    void (*split)(std::size_t n, void* matrix, void* scratch);
    void (*join)(std::size_t n, void* matrix, void* scratch);

    // Bytes, a multiple of 64, of the scratch (64-byte aligned, one a thread) that the four below need.
    std::size_t (*scratch_bytes)(const FilterShape&, int lanes);

    // As in kernels.h. w: split weights; x, h: pairs; in weight_gradient and weight_update x, a, e, b: lanes.
    void (*gather)(const FilterShape&, int lanes, const Bf16* w, const Bf16* x, bool add, float* h, Band,
                   void* scratch);
    void (*scatter)(const FilterShape&, int lanes, const Bf16* w, const Bf16* h, float* x, Band, void* scratch);
    void (*weight_gradient)(const FilterShape&, int lanes, const Bf16* x, const Bf16* a, const Bf16* e, const Bf16* b,
                            float* dw, Band, void* scratch);
    // The rule in fp32 on the joined weights, columns scaled to norm 1 where unit_norm, split again.
    void (*weight_update)(const FilterShape&, int lanes, const Bf16* x, const Bf16* a, const Bf16* e, const Bf16* b,
                          const Update<float>&, bool unit_norm, Bf16* w, Band, void* scratch);
};

// The best this processor has, lowered by NONNA_ISA = generic | avx2 | avx512 | avx512bf16 as kernels<float>() is. What
// is best between the last two is the maker's: dispatch.cpp.
const Bf16Kernels& bf16_kernels();

// Every variant this processor can run; the last is the best. Returns how many.
int bf16_kernel_variants(const Bf16Kernels* into[4]);

}    // namespace nonna
