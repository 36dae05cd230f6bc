// The tables behind kernels<float>() and bf16_kernels(), one pair an instruction set, each filled in by the file that
// is compiled for it; private to this room. dispatch.cpp puts them in order.
#pragma once

#include "kernels/bf16.h"
#include "kernels/kernels.h"

namespace nonna
{

extern const Kernels<float> generic_kernels;
extern const Bf16Kernels generic_bf16_kernels;
#ifdef __x86_64__
extern const Kernels<float> avx2_kernels, avx512_kernels;
extern const Bf16Kernels avx2_bf16_kernels, avx512_bf16_kernels, avx512bf16_bf16_kernels;
#endif

}    // namespace nonna
