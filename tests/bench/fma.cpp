#include "fma.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace nonna
{

namespace
{

volatile float start = 1, factor = 0.5F, term = 0.5F;    // every chain stays at 1
volatile float sink;

#ifdef __x86_64__

#define NONNA_EACH(n) _Pragma("GCC unroll 32") for (int i = 0; i < (n); ++i)

__attribute__((target("avx512f"))) void avx512(long rounds)
{
    const __m512 a = _mm512_set1_ps(factor), b = _mm512_set1_ps(term);
    __m512 chain[16];
    NONNA_EACH(16) chain[i] = _mm512_set1_ps(start);
    for (long r = 0; r < rounds; ++r)
        NONNA_EACH(16) chain[i] = _mm512_fmadd_ps(chain[i], a, b);
    NONNA_EACH(16) sink = _mm512_cvtss_f32(chain[i]);
}

// Pairs of bf16 numbers: -1/2 times 1 and 1/2 times 1, so that every chain stays.
__attribute__((target("avx512f,avx512bf16"))) void avx512bf16(long rounds)
{
    const __m512i a = _mm512_set1_epi32(int(0xbf003f00)), b = _mm512_set1_epi32(0x3f803f80);
    __m512 chain[16];
    NONNA_EACH(16) chain[i] = _mm512_set1_ps(start);
    for (long r = 0; r < rounds; ++r)
        NONNA_EACH(16) chain[i] = _mm512_dpbf16_ps(chain[i], (__m512bh)a, (__m512bh)b);
    NONNA_EACH(16) sink = _mm512_cvtss_f32(chain[i]);
}

__attribute__((target("avx2,fma"))) void avx2(long rounds)
{
    const __m256 a = _mm256_set1_ps(factor), b = _mm256_set1_ps(term);
    __m256 chain[12];
    NONNA_EACH(12) chain[i] = _mm256_set1_ps(start);
    for (long r = 0; r < rounds; ++r)
        NONNA_EACH(12) chain[i] = _mm256_fmadd_ps(chain[i], a, b);
    NONNA_EACH(12) sink = _mm256_cvtss_f32(chain[i]);
}

void generic(long rounds)
{
    const __m128 a = _mm_set1_ps(factor), b = _mm_set1_ps(term);
    __m128 chain[12];
    NONNA_EACH(12) chain[i] = _mm_set1_ps(start);
    for (long r = 0; r < rounds; ++r)
        NONNA_EACH(12) chain[i] = _mm_add_ps(_mm_mul_ps(chain[i], a), b);
    NONNA_EACH(12) sink = _mm_cvtss_f32(chain[i]);
}

#else

typedef float Vector __attribute__((vector_size(16)));

void generic(long rounds)
{
    const Vector a = Vector{} + factor, b = Vector{} + term;
    Vector chain[12];
    for (Vector& c : chain)
        c = Vector{} + start;
    for (long r = 0; r < rounds; ++r)
        for (Vector& c : chain)
            c = c * a + b;
    for (const Vector& c : chain)
        sink = c[0];
}

#endif

}    // namespace

double run_fma(const std::string& isa, double flop)
{
    const double each = isa == "avx512bf16" ? 16 * 16 * 4
                        : isa == "avx512"   ? 16 * 16 * 2
                        : isa == "avx2"     ? 12 * 8 * 2
                                            : 12 * 4 * 2;
    const long rounds = long(flop / each);
#ifdef __x86_64__
    if (isa == "avx512bf16")
        avx512bf16(rounds);
    else if (isa == "avx512")
        avx512(rounds);
    else if (isa == "avx2")
        avx2(rounds);
    else
#endif
        generic(rounds);
    return double(rounds) * each;
}

}    // namespace nonna
