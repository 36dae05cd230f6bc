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

constinit const Kernels<float> generic_kernels = generic::table<float>("generic");
constinit const Bf16Kernels generic_bf16_kernels = generic::bf16::table("generic");

template <> const Kernels<double>& kernels<double>()
{
    static constexpr Kernels<double> all = generic::table<double>("generic");
    return all;
}

}    // namespace nonna
