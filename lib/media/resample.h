// A picture seen through an affine map, resampled once by cubic interpolation.
//
// Model to hold in mind: positions are continuous, pixel (i, j) covers [i, i + 1) x [j, j + 1) and has its centre at
// (i + 0.5, j + 0.5). The map says where in the source a point of the *result* comes from:
//
//     source x = xx * x + xy * y + x0        source y = yx * x + yy * y + y0
//
// A pixel of the result is the sum over source pixels of weight * value, the weights a product of one for each source
// axis, k(distance / f) with Keys' cubic k (a = -1/2), normalised to sum 1. f is how many source pixels one pixel of
// the result spans on that axis, at least 1: what is enlarged is interpolated, what is reduced is averaged, and nothing
// is blurred twice. Where f is above 8 the source is first reduced by area to about 4, which costs a hundredth of the
// work and changes less than 3 % of the highest frequency the result can hold. Whole-pixel shifts are exact.
//
// cv::warpAffine would round positions to 1/32 of a pixel, and alias wherever the picture is reduced; hence own code.
#pragma once

#include "media/picture.h"

#include <array>

namespace nonna
{

struct AffineMap {
    double xx = 1, xy = 0, x0 = 0;
    double yx = 0, yy = 1, y0 = 0;
};

// What lies outside the source.
struct Surround {
    bool mirrored = true;                       // reflect-101: the border pixel is the mirror
    std::array<std::uint8_t, 3> colour = {};    // otherwise
};

Picture resample(const Picture& source, const AffineMap& map, int width, int height, const Surround& surround = {});

}    // namespace nonna
