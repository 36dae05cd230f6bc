#include "kernels/variants.h"

#include <cstdlib>
#include <cstring>

namespace nonna
{

int kernel_variants(const Kernels<float>* into[3])
{
    int n = 0;
    into[n++] = generic_kernels();
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        into[n++] = avx2_kernels();
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
            into[n++] = avx512_kernels();
    }
#endif
    return n;
}

template <> const Kernels<float>& kernels<float>()
{
    static const Kernels<float>* const chosen = [] {
        const Kernels<float>* variants[3];
        int n = kernel_variants(variants);
        // NONNA_ISA only lowers: an unknown name, or one this processor lacks, leaves the best.
        if (const char* wanted = std::getenv("NONNA_ISA"))
            for (int i = 0; i < n; ++i)
                if (std::strcmp(variants[i]->name, wanted) == 0)
                    n = i + 1;
        return variants[n - 1];
    }();
    return *chosen;
}

}    // namespace nonna
