// The bound of every kernel: a loop that does nothing but fused multiply-adds on registers.
#pragma once

#include <string>

namespace nonna
{

// Runs about `flop` floating-point operations (a multiply-add counts as two) in as many independent chains as hide the
// latency, with the widest vectors of the kernels' variant `isa` (generic: SSE2, which has no fused one; avx2; avx512;
// avx512bf16, which sums two products a lane). Returns how many it ran. Loads and stores nothing.
double run_fma(const std::string& isa, double flop);

}    // namespace nonna
