#include "analysis/products.h"

#include <cblas.h>

#include <mutex>

namespace nonna
{

namespace
{

void one_thread()
{
    static std::once_flag once;
    std::call_once(once, [] { openblas_set_num_threads(1); });
}

}    // namespace

void dot_products(const float* a, std::size_t m, const float* b, std::size_t n, std::size_t length, float* c,
                  std::size_t stride)
{
    one_thread();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(m), int(n), int(length), 1, a, int(length), b, int(length),
                0, c, int(stride));
}

void outer_products(const float* a, std::size_t a_stride, std::size_t m, const float* b, std::size_t b_stride,
                    std::size_t n, std::size_t count, float* c, std::size_t stride)
{
    one_thread();
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, int(m), int(n), int(count), 1, a, int(a_stride), b,
                int(b_stride), 0, c, int(stride));
}

}    // namespace nonna
