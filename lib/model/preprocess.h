// What happens to a picture before the network sees it; fitted once, kept in the model, applied by every program.
//
//     v = sRGB / 255                                                  (row, column, channel)
//     n = (v - mean(v)) / (deviation(v) + 0.05)                       one mean and one deviation over all channels
//     x[r,c,o] = factor * sum over dy,dx,i of filter[o,dy,dx,i] * n[r + dy - k, c + dx - k, i],   k = (width - 1) / 2
//
// with the border mirrored (reflect-101). The filters are the central rows of the ZCA matrix
// E (D + 0.02)^(-1/2) E' of the covariance of 100,000 seeded patches of n; `factor` gives x unit variance over the
// training set. Without whitening x = n. Deviation: divided by the number of values.
#pragma once

#include "io/image_stream.h"
#include "model/architecture.h"
#include "model/neuron.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

// The bytes of a picture that a network takes, and how they are come by.
struct PictureForm {
    int side = 0, channels = 3;
    DecodeSize decode = DecodeSize::whole;    // of pictures of another size
};

struct Preprocessing {
    int side = 0, channels = 3;
    DecodeSize decode = DecodeSize::whole;    // of models made before there was a choice
    int width = 0;                            // of the whitening filters; 0: none
    std::vector<float> filters;               // [out channel][dy][dx][in channel]
    double factor = 1;

    PictureForm form() const { return {side, channels, decode}; }

    // rgb: side * side * channels bytes, interleaved. x: the same shape, floats, (row, column, channel).
    void apply(std::span<const std::uint8_t> rgb, std::span<float> x) const;
    // The same of a part of the picture, x: (row, column, channel) of `area`. Mean and deviation are the whole's, so
    // that x is what `apply` has there, bit for bit.
    void apply(std::span<const std::uint8_t> rgb, const Area& area, std::span<float> x) const;
    // n alone, before the whitening.
    static void normalise(std::span<const std::uint8_t> rgb, std::span<float> n);

    // From n to x, in place: what `apply` does after it.
    void whiten(std::span<float> x) const;

    // A whitened picture as pixels again, for looking at: divided by the filters' regularised Fourier response
    // (3x3 per frequency). `x` (row, column, channel); the result has arbitrary offset and scale.
    std::vector<float> unwhiten(std::span<const float> x) const;

  private:
    template <class Pixel> void whiten(const Area& area, Pixel pixel, std::span<float> x) const;
};

struct WhiteningOptions {
    std::uint64_t seed = 1;
    std::uint64_t patches = 100000;
    double eigenvalue_offset = 0.02;
};

// `images` pictures of side * side * channels bytes each, concatenated.
Preprocessing fit_preprocessing(const Architecture& architecture, std::span<const std::uint8_t> images,
                                const WhiteningOptions& options, Pool& pool);

}    // namespace nonna
