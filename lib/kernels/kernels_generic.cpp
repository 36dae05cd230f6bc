// Portable variant: whatever vectors the compiler's baseline has. The only one compiled for double.
#include "kernels/bf16.h"
#include "kernels/kernels.h"
#include "kernels/variants.h"

namespace nonna
{
namespace generic
{
#define NONNA_VECTOR_BYTES 16
#define NONNA_REGISTERS 16
#include "kernels/body.inc"
}    // namespace generic

const Kernels<float>* generic_kernels()
{
    static constexpr Kernels<float> all = generic::table<float>("generic");
    return &all;
}

const Bf16Kernels* generic_bf16_kernels()
{
    static constexpr Bf16Kernels all = generic::bf16::table("generic");
    return &all;
}

template <> const Kernels<double>& kernels<double>()
{
    static constexpr Kernels<double> all = generic::table<double>("generic");
    return all;
}

}    // namespace nonna
