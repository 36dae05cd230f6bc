// The two-dimensional Fourier transform of a square, plainly: a product of one for each axis, in double.
//
// Of values f(x, y), side n:  F(u, v) = sum over x, y of f(x, y) exp(-2 pi i (u x + v y) / n).  Index v * n + u, u and
// v from 0 to n - 1; frequencies above n / 2 are the negative ones, u - n. Real values have F(-u, -v) = conj F(u, v).
// It costs n^3, for squares as networks see them a millisecond; sums are in a fixed order, so that a machine always
// gives the same bits.
#pragma once

#include <complex>
#include <vector>

namespace nonna
{

std::vector<std::complex<double>> dft(const std::vector<double>& values, int side);
// The real part of the way back, with its factor 1 / n^2.
std::vector<double> inverse_dft(const std::vector<std::complex<double>>& spectrum, int side);

}    // namespace nonna
