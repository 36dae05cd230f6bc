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

constinit const Kernels<float> avx2_kernels = avx2::table<float>("avx2");
constinit const Bf16Kernels avx2_bf16_kernels = avx2::bf16::table("avx2");

}    // namespace nonna
#endif
