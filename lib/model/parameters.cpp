#include "model/parameters.h"

#include "base/parallel.h"
#include "model/model_file.h"

#include <utility>
#include <vector>

namespace nonna
{

namespace
{

void each_matrix(const Architecture& architecture, Aligned<float>& memory, Pool& pool,
                 void (*convert)(std::size_t n, void* matrix, void* scratch))
{
    for (const ParameterTensor& t : parameter_layout(architecture)) {
        if (t.bias)    // stays as it is
            continue;
        const std::size_t matrix = t.segment.rows * t.segment.columns;
        std::vector<Aligned<float>> scratch(std::size_t(pool.threads()), Aligned<float>(matrix));
        pool.for_each(t.segment.matrices, [&](std::size_t p, int thread) {
            convert(matrix, memory.data() + t.segment.offset + p * matrix, scratch[std::size_t(thread)].data());
        });
    }
}

}    // namespace

SplitParameters::SplitParameters(const Architecture& architecture, Aligned<float> floats, Pool& pool)
    : memory_(std::move(floats))
{
    each_matrix(architecture, memory_, pool, bf16_kernels().split);
}

Aligned<float> SplitParameters::join(const Architecture& architecture, Pool& pool) &&
{
    each_matrix(architecture, memory_, pool, bf16_kernels().join);
    return std::move(memory_);
}

}    // namespace nonna
