// The variants behind kernels<float>(); private to this room.
#pragma once

#include "kernels/kernels.h"

namespace nonna
{

const Kernels<float>* generic_kernels();
#ifdef __x86_64__
const Kernels<float>* avx2_kernels();
const Kernels<float>* avx512_kernels();
#endif

}    // namespace nonna
