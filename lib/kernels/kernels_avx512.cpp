// The body for AVX-512 (F, VL, BW, DQ). No standard headers beyond kernels.h here: their inline functions must not be
// compiled for it.
#include "kernels/bf16.h"
#include "kernels/kernels.h"
#include "kernels/variants.h"

#ifdef __x86_64__
namespace nonna
{
namespace avx512
{
#define NONNA_VECTOR_BYTES 64
#define NONNA_REGISTERS 32
#include "kernels/body.inc"
}    // namespace avx512

const Kernels<float>* avx512_kernels()
{
    static constexpr Kernels<float> all = avx512::table<float>("avx512");
    return &all;
}

const Bf16Kernels* avx512_bf16_kernels()
{
    static constexpr Bf16Kernels all = avx512::bf16::table("avx512");
    return &all;
}

}    // namespace nonna
#endif
