// The local filters in bf16 on vdpbf16ps: sum += first * first + second * second in each of 16 lanes, rounded to
// nearest, denormal numbers taken as zero. Otherwise as kernels_avx512.cpp, whose body gives it narrowing, splitting,
// rules and constraint. No standard headers but the intrinsics here: their inline functions must not be compiled for
// it.
#include "kernels/bf16.h"
#include "kernels/kernels.h"
#include "kernels/variants.h"

#ifdef __x86_64__
#include <immintrin.h>

namespace nonna
{
namespace avx512bf16
{
#define NONNA_VECTOR_BYTES 64
#define NONNA_REGISTERS 32
#include "kernels/body.inc"

#include "kernels/bf16_pairs.inc"
}    // namespace avx512bf16

constinit const Bf16Kernels avx512bf16_bf16_kernels = avx512bf16::bf16_pairs::table("avx512bf16");

}    // namespace nonna
#endif
