#include "analysis/products.h"

#include <cblas.h>

#include <mutex>

namespace nonna
{

void dot_products(const float* a, std::size_t m, const float* b, std::size_t n, std::size_t length, float* c,
                  std::size_t stride)
{
    static std::once_flag once;
    std::call_once(once, [] { openblas_set_num_threads(1); });
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(m), int(n), int(length), 1, a, int(length), b, int(length),
                0, c, int(stride));
}

}    // namespace nonna
