// What a square looks like before one knows what it shows: 44 numbers, by which distractors are matched to positives.
//
// Of the grey levels g (Rec. 601 luma), from 0 to 1, of a square of n x n pixels:
//   0 .. 35   its blur: means of 6 x 6 equal cells, row by row, standardised: (cell - mean of the cells) / (their
//   standard
//             deviation + 0.05); a pixel that lies in two cells counts in each by its share
//   36        log(standard deviation of g + 0.01): contrast
//   37        mean of g
//   38, 39    log(mean of |g(x, y + 1) - g(x, y)| + 0.001), and of |g(x + 1, y) - g(x, y)|: edges
//   40 .. 43  log(mean of |F|^2 + 1e-9) over the frequencies with a radius of 1 to 3, 3 to 6, 6 to 12, 12 to n / 2 (the
//             upper end excluded) in whole waves a side; F is the transform (media/dft.h) of g less its mean. A band
//             that a small square does not have is the log of 1e-9.
// Standard deviations divide by the number of values. Numbers are rounded to six places, so that all processors agree.
#pragma once

#include "media/picture.h"

#include <array>

namespace nonna
{

inline constexpr std::size_t look_blur = 36, look_numbers = 44;
using LowLevelLook = std::array<double, look_numbers>;

LowLevelLook low_level_look(const Picture& square);

}    // namespace nonna
