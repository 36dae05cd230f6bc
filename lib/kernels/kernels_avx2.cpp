// The body for AVX2 with FMA. No standard headers beyond kernels.h here: their inline functions must not be compiled
// for it.
#include "kernels/bf16.h"
#include "kernels/kernels.h"
#include "kernels/variants.h"

#ifdef __x86_64__
namespace nonna
{
namespace avx2
{
#define NONNA_VECTOR_BYTES 32
#define NONNA_REGISTERS 16
#include "kernels/body.inc"
}    // namespace avx2

const Kernels<float>* avx2_kernels()
{
    static constexpr Kernels<float> all = avx2::table<float>("avx2");
    return &all;
}

const Bf16Kernels* avx2_bf16_kernels()
{
    static constexpr Bf16Kernels all = avx2::bf16::table("avx2");
    return &all;
}

}    // namespace nonna
#endif
