// Products of many vectors with many others: what a baseline's time goes into.
//
// Row-major, single precision; on the caller's thread alone, so that a pool's threads each take their own part and the
// sums' order, and with it the result's bits, does not depend on their number.
#pragma once

#include <cstddef>

namespace nonna
{

// c[i * stride + j] = <a_i, b_j> for i < m, j < n; a: (m, length), b: (n, length). Nothing overlaps.
void dot_products(const float* a, std::size_t m, const float* b, std::size_t n, std::size_t length, float* c,
                  std::size_t stride);

// c[i * stride + j] = sum over k < count of a[k * a_stride + i] * b[k * b_stride + j] for i < m, j < n: how a gradient
// arises from `count` pictures. Nothing overlaps.
void outer_products(const float* a, std::size_t a_stride, std::size_t m, const float* b, std::size_t b_stride,
                    std::size_t n, std::size_t count, float* c, std::size_t stride);

}    // namespace nonna
