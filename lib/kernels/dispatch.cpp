#include "kernels/variants.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

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

bool known_instruction_set()
{
    const char* const wanted = std::getenv("NONNA_ISA");
    if (!wanted || !*wanted)
        return true;
    static const char* const known[] = {"generic", "avx2", "avx512", "avx512bf16"};
    return std::any_of(std::begin(known), std::end(known),
                       [&](const char* name) { return std::strcmp(name, wanted) == 0; });
}

int bf16_kernel_variants(const Bf16Kernels* into[4])
{
    const Kernels<float>* floats[3];
    const int widest = kernel_variants(floats);
    int n = 0;
    into[n++] = generic_bf16_kernels();
#ifdef __x86_64__
    if (widest > 1)
        into[n++] = avx2_bf16_kernels();
    if (widest > 2) {
        into[n++] = avx512_bf16_kernels();
        if (__builtin_cpu_supports("avx512bf16")) {
            into[n++] = avx512bf16_bf16_kernels();
            // AMD multiplies a pair where it multiplies one float. Intel takes two to four times as long for vdpbf16ps
            // as for a float's: there it comes before the variant that widens. Decided by the maker, not by a
            // measurement, so that a run's results hang on nothing that varies.
            if (!__builtin_cpu_is("amd")) {
                into[n - 1] = into[n - 2];
                into[n - 2] = avx512bf16_bf16_kernels();
            }
        }
    }
#endif
    return n;
}

// NONNA_ISA only lowers: the name of a set that this processor lacks leaves the best.
template <class Table> static const Table* lowered(const Table* const* variants, int n)
{
    if (const char* wanted = std::getenv("NONNA_ISA"))
        for (int i = 0; i < n; ++i)
            if (std::strcmp(variants[i]->name, wanted) == 0)
                n = i + 1;
    return variants[n - 1];
}

template <> const Kernels<float>& kernels<float>()
{
    static const Kernels<float>* const chosen = [] {
        const Kernels<float>* variants[3];
        const int n = kernel_variants(variants);
        return lowered(variants, n);
    }();
    return *chosen;
}

const Bf16Kernels& bf16_kernels()
{
    static const Bf16Kernels* const chosen = [] {
        const Bf16Kernels* variants[4];
        const int n = bf16_kernel_variants(variants);
        return lowered(variants, n);
    }();
    return *chosen;
}

}    // namespace nonna
