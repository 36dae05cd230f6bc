// The variants behind kernels<float>() and bf16_kernels(); private to this room.
#pragma once

#include "kernels/bf16.h"
#include "kernels/kernels.h"

namespace nonna
{

const Kernels<float>* generic_kernels();
const Bf16Kernels* generic_bf16_kernels();
#ifdef __x86_64__
const Kernels<float>* avx2_kernels();
const Kernels<float>* avx512_kernels();
const Bf16Kernels* avx2_bf16_kernels();
const Bf16Kernels* avx512_bf16_kernels();
const Bf16Kernels* avx512bf16_bf16_kernels();
#endif

}    // namespace nonna
