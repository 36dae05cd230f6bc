#include "model/preprocess.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/tensor.h"
#include "kernels/kernels.h"

#include <xtensor-blas/xblas.hpp>
#include <xtensor-blas/xlinalg.hpp>

#include <array>
#include <cassert>
#include <cmath>
#include <complex>
#include <numbers>

extern "C" void openblas_set_num_threads(int);    // <cblas.h> and xlinalg.hpp cannot share a source file

namespace nonna
{

namespace
{

constexpr double deviation_offset = 0.05;

int reflect(int i, int n)    // reflect-101: ... 2 1 0 1 2 ... n-2 n-1 n-2 ...
{
    if (i < 0)
        i = -i;
    if (i >= n)
        i = 2 * n - 2 - i;
    return i;
}

using Complex = std::complex<double>;

// In-place transform of an n x n plane by rows and columns with the n x n matrix e^(sign 2 pi i jk / n). n is a few
// dozen to a few hundred and this is done once a picture that people look at, so the plain products do.
void transform(std::vector<Complex>& plane, int n, int sign)
{
    std::vector<Complex> roots(n), line(n);
    for (int k = 0; k < n; ++k)
        roots[k] = std::polar(1.0, sign * 2 * std::numbers::pi * k / n);
    for (const bool columns : {false, true})
        for (int a = 0; a < n; ++a) {
            const std::size_t start = columns ? a : std::size_t(a) * n, step = columns ? n : 1;
            for (int k = 0; k < n; ++k) {
                line[k] = 0;
                for (int j = 0; j < n; ++j)
                    line[k] += plane[start + j * step] * roots[std::size_t(j) * k % n];
            }
            for (int k = 0; k < n; ++k)
                plane[start + k * step] = line[k];
        }
}

// Solves (H* H + ridge) y = H* x for one frequency by elimination; the matrix is positive definite.
void solve_frequency(int n, const Complex* h, double ridge, Complex* x)
{
    Complex a[3][4];
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j <= n; ++j) {
            a[i][j] = i == j ? ridge : 0;
            for (int o = 0; o < n; ++o)
                a[i][j] += std::conj(h[o * n + i]) * (j < n ? h[o * n + j] : x[o]);
        }
    }
    for (int p = 0; p < n; ++p)
        for (int i = 0; i < n; ++i) {
            if (i == p)
                continue;
            const Complex f = a[i][p] / a[p][p];
            for (int j = p; j <= n; ++j)
                a[i][j] -= f * a[p][j];
        }
    for (int i = 0; i < n; ++i)
        x[i] = a[i][n] / a[i][i];
}

}    // namespace

// n of each of the 256 values that a pixel can have, in this picture.
static std::array<float, 256> normalised_values(std::span<const std::uint8_t> rgb)
{
    double sum = 0, squares = 0;
    for (const std::uint8_t v : rgb) {
        sum += v;
        squares += double(v) * v;
    }
    const double count = double(rgb.size()), mean = sum / count / 255;
    const double variance = std::max(0.0, squares / count / (255.0 * 255.0) - mean * mean);
    const double scale = 1 / (std::sqrt(variance) + deviation_offset);
    std::array<float, 256> table;
    for (int v = 0; v < 256; ++v)
        table[std::size_t(v)] = float((v / 255.0 - mean) * scale);
    return table;
}

void Preprocessing::normalise(std::span<const std::uint8_t> rgb, std::span<float> n)
{
    const std::array<float, 256> table = normalised_values(rgb);
    for (std::size_t i = 0; i < rgb.size(); ++i)
        n[i] = table[rgb[i]];
}

void Preprocessing::apply(std::span<const std::uint8_t> rgb, std::span<float> x) const
{
    apply(rgb, {0, 0, side, side}, x);
}

void Preprocessing::apply(std::span<const std::uint8_t> rgb, const Area& area, std::span<float> x) const
{
    assert(rgb.size() == std::size_t(side) * side * channels);
    assert(x.size() == std::size_t(area.rows) * area.columns * channels);
    const std::array<float, 256> table = normalised_values(rgb);
    const auto pixel = [&](int r, int c, int i) { return table[rgb[(std::size_t(r) * side + c) * channels + i]]; };
    if (width > 0) {
        whiten(area, pixel, x);
        return;
    }
    for (int r = 0; r < area.rows; ++r)
        for (int c = 0; c < area.columns; ++c)
            for (int i = 0; i < channels; ++i)
                x[(std::size_t(r) * area.columns + c) * channels + i] = pixel(area.row + r, area.column + c, i);
}

void Preprocessing::whiten(std::span<float> x) const
{
    assert(x.size() == std::size_t(side) * side * channels);
    if (width > 0)
        whiten(
            {0, 0, side, side}, [&](int r, int c, int i) { return x[(std::size_t(r) * side + c) * channels + i]; }, x);
}

// `pixel`: n of the whole picture, at (row, column, channel); all that is needed of it is read before x is written.
template <class Pixel> void Preprocessing::whiten(const Area& area, Pixel pixel, std::span<float> x) const
{
    const int margin = width / 2, rows = area.rows + 2 * margin, columns = area.columns + 2 * margin;
    std::vector<float> planes(std::size_t(channels) * rows * columns), line(std::size_t(channels) * area.columns);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c)
            for (int i = 0; i < channels; ++i)
                planes[(std::size_t(i) * rows + r) * columns + c] =
                    pixel(reflect(area.row + r - margin, side), reflect(area.column + c - margin, side), i);
    const float scale = float(factor);
    for (int r = 0; r < area.rows; ++r) {
        kernels<float>().whiten_row(area.columns, channels, width, filters.data(),
                                    planes.data() + std::size_t(r) * columns, std::size_t(rows) * columns, columns,
                                    line.data());
        for (int c = 0; c < area.columns; ++c)
            for (int o = 0; o < channels; ++o)
                x[(std::size_t(r) * area.columns + c) * channels + o] = scale * line[std::size_t(o) * area.columns + c];
    }
}

// The whitening is a convolution, so in Fourier space a product: at each frequency the 3 channels are multiplied by a
// 3x3 matrix H. That is undone by least squares at each, with a ridge of a thousandth of H's mean power, as what the
// filters passed hardly at all would else be blown up without bound. The picture is taken as periodic, where `apply`
// mirrors its border: near it the result is not exact.
std::vector<float> Preprocessing::unwhiten(std::span<const float> x) const
{
    std::vector<float> pixels(x.begin(), x.end());
    if (width == 0)
        return pixels;
    const int n = side, margin = width / 2;
    const std::size_t area = std::size_t(n) * n;
    // The filters' response H[o][i](f) = factor * sum over d of filter[o,d,i] e^(2 pi i f (d - margin) / n).
    std::vector<std::vector<Complex>> response(channels * channels, std::vector<Complex>(area));
    double power = 0;
    for (int o = 0; o < channels; ++o)
        for (int i = 0; i < channels; ++i) {
            std::vector<Complex>& plane = response[o * channels + i];
            for (int dy = 0; dy < width; ++dy)
                for (int dx = 0; dx < width; ++dx)
                    plane[std::size_t((dy - margin + n) % n) * n + (dx - margin + n) % n] +=
                        factor * filters[((std::size_t(o) * width + dy) * width + dx) * channels + i];
            transform(plane, n, 1);
            for (const Complex& v : plane)
                power += std::norm(v);
        }
    const double ridge = 1e-3 * power / double(area * channels);
    std::vector<std::vector<Complex>> planes(channels, std::vector<Complex>(area));
    for (int o = 0; o < channels; ++o) {
        for (std::size_t p = 0; p < area; ++p)
            planes[o][p] = x[p * channels + o];
        transform(planes[o], n, -1);
    }
    for (std::size_t f = 0; f < area; ++f) {
        Complex h[9], value[3];
        for (int k = 0; k < channels * channels; ++k)
            h[k] = response[k][f];
        for (int o = 0; o < channels; ++o)
            value[o] = planes[o][f];
        solve_frequency(channels, h, ridge, value);
        for (int o = 0; o < channels; ++o)
            planes[o][f] = value[o];
    }
    for (int o = 0; o < channels; ++o) {
        transform(planes[o], n, 1);
        for (std::size_t p = 0; p < area; ++p)
            pixels[p * channels + o] = float(planes[o][p].real() / double(area));
    }
    return pixels;
}

// The covariance of seeded patches, normalised with the picture they are cut from as the network will see them. In
// double, a block of patches at a time, so that memory is bounded; a patch is keyed by its number, and one BLAS thread
// does the products: the sums' order is part of the result.
static Tensor<double, 2> patch_covariance(const Architecture& a, std::span<const std::uint8_t> images,
                                          const WhiteningOptions& options, Pool& pool)
{
    const int side = a.side, channels = a.channels, width = a.whitening;
    const std::size_t size = a.input().size(), count = images.size() / size;
    const std::size_t dimension = std::size_t(width) * width * channels;
    openblas_set_num_threads(1);
    constexpr std::size_t block = 2000;
    Tensor<double, 2> products = xt::zeros<double>({dimension, dimension});
    std::vector<double> sums(dimension);
    for (std::size_t first = 0; first < options.patches; first += block) {
        throw_if_interrupted();
        const std::size_t n = std::min<std::size_t>(block, options.patches - first);
        Tensor<double, 2> patches = Tensor<double, 2>::from_shape({n, dimension});
        pool.for_each(n, [&](std::size_t i, int) {
            Random random(options.seed, Purpose::whitening_patches, first + i);
            const std::size_t image = random.below(count);
            const int top = int(random.below(side - width + 1)), left = int(random.below(side - width + 1));
            std::vector<float> normal(size);
            Preprocessing::normalise(images.subspan(image * size, size), normal);
            double* out = patches.data() + i * dimension;
            for (int dy = 0; dy < width; ++dy)
                for (int k = 0; k < width * channels; ++k)
                    *out++ = normal[(std::size_t(top + dy) * side + left) * channels + k];
        });
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = 0; k < dimension; ++k)
                sums[k] += patches.data()[i * dimension + k];
        xt::blas::gemm(patches, patches, products, true, false, 1.0, 1.0);
    }
    const double samples = double(options.patches);
    for (std::size_t i = 0; i < dimension; ++i)
        for (std::size_t k = 0; k < dimension; ++k)
            products(i, k) = products(i, k) / samples - sums[i] / samples * sums[k] / samples;
    return products;
}

// ZCA = E (D + offset)^(-1/2) E' would whiten a whole patch. Its rows for the central pixel's channels do so for that
// pixel from its surroundings, and are taken as a filter for every place.
static std::vector<float> central_filters(const Architecture& a, const Tensor<double, 2>& covariance, double offset)
{
    const std::size_t dimension = covariance.shape(0);
    const auto decomposition = xt::linalg::eigh(covariance);
    const auto& values = std::get<0>(decomposition);
    const auto& vectors = std::get<1>(decomposition);
    std::vector<float> filters(a.channels * dimension);
    const std::size_t centre = (std::size_t(a.whitening / 2) * a.whitening + a.whitening / 2) * a.channels;
    for (int o = 0; o < a.channels; ++o)
        for (std::size_t k = 0; k < dimension; ++k) {
            double sum = 0;
            for (std::size_t e = 0; e < dimension; ++e)
                sum += vectors(centre + o, e) * vectors(k, e) / std::sqrt(std::max(0.0, double(values(e))) + offset);
            filters[o * dimension + k] = float(sum);
        }
    return filters;
}

// One factor for unit variance over all values of all pictures. Sums a picture first, then over pictures in their
// order, for the same bits with any number of threads.
static double unit_variance_factor(const Preprocessing& p, std::span<const std::uint8_t> images,
                                   const std::string& subject, Pool& pool)
{
    const std::size_t size = std::size_t(p.side) * p.side * p.channels, count = images.size() / size;
    std::vector<double> image_sums(count), image_squares(count);
    pool.for_each(count, [&](std::size_t i, int) {
        std::vector<float> x(size);
        p.apply(images.subspan(i * size, size), x);
        for (const float v : x) {
            image_sums[i] += v;
            image_squares[i] += double(v) * v;
        }
    });
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += image_sums[i];
        squares += image_squares[i];
    }
    const double n = double(count * size), variance = squares / n - sum / n * (sum / n);
    if (!(variance > 0))
        throw Error(subject, "every picture is flat: no whitening can be fitted");
    return 1 / std::sqrt(variance);
}

Preprocessing fit_preprocessing(const Architecture& architecture, std::span<const std::uint8_t> images,
                                const WhiteningOptions& options, Pool& pool)
{
    Preprocessing p;
    p.side = architecture.side;
    p.channels = architecture.channels;
    if (architecture.whitening == 0)
        return p;
    if (architecture.whitening > architecture.side)
        throw Error(architecture.name, "whitening patches are larger than the pictures");
    p.width = architecture.whitening;
    p.filters =
        central_filters(architecture, patch_covariance(architecture, images, options, pool), options.eigenvalue_offset);
    p.factor = unit_variance_factor(p, images, architecture.name, pool);    // with a factor of 1 so far
    return p;
}

}    // namespace nonna
