#include "kernels/variants.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>

namespace nonna
{

namespace
{

struct InstructionSet {
    const Kernels<float>* floats;    // null: adds nothing for floats
    const Bf16Kernels* bf16;         // its name is the set's, as NONNA_ISA has it
    bool (*runs)();                  // on this processor, where those before it do
};

// From the lowest up.
constexpr InstructionSet sets[] = {
    {&generic_kernels, &generic_bf16_kernels, [] { return true; }},
#ifdef __x86_64__
    {&avx2_kernels, &avx2_bf16_kernels, [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }},
    {&avx512_kernels, &avx512_bf16_kernels,
     [] {
         return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
     }},
    {nullptr, &avx512bf16_bf16_kernels, [] { return __builtin_cpu_supports("avx512bf16") != 0; }},
#endif
};

std::span<const InstructionSet> sets_here()
{
#ifdef __x86_64__
    __builtin_cpu_init();
#endif
    const auto lacking =
        std::find_if_not(std::begin(sets), std::end(sets), [](const InstructionSet& s) { return s.runs(); });
    return {std::begin(sets), lacking};
}

}    // namespace

int kernel_variants(const Kernels<float>* into[3])
{
    int n = 0;
    for (const InstructionSet& set : sets_here())
        if (set.floats)
            into[n++] = set.floats;
    return n;
}

bool known_instruction_set()
{
    const char* const wanted = std::getenv("NONNA_ISA");
    return !wanted || !*wanted || std::any_of(std::begin(sets), std::end(sets), [&](const InstructionSet& set) {
        return std::strcmp(set.bf16->name, wanted) == 0;
    });
}

int bf16_kernel_variants(const Bf16Kernels* into[4])
{
    int n = 0;
    for (const InstructionSet& set : sets_here())
        into[n++] = set.bf16;
#ifdef __x86_64__
    // AMD multiplies a pair where it multiplies one float. Intel takes two to four times as long for vdpbf16ps as for a
    // float's: there it comes before the variant that widens. Decided by the maker, not by a measurement, so that a
    // run's results hang on nothing that varies.
    if (into[n - 1] == &avx512bf16_bf16_kernels && !__builtin_cpu_is("amd"))
        std::swap(into[n - 1], into[n - 2]);
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
