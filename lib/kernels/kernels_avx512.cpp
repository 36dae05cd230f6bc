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

constinit const Kernels<float> avx512_kernels = avx512::table<float>("avx512");
constinit const Bf16Kernels avx512_bf16_kernels = avx512::bf16::table("avx512");

}    // namespace nonna
#endif
