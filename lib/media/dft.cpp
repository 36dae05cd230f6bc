#include "media/dft.h"

#include <cmath>
#include <numbers>

namespace nonna
{

namespace
{

using Values = std::vector<std::complex<double>>;

// Along one axis, the result turned over: out(u, y) = sum over x of in(y, x) w^(u x), at index u * n + y. Twice gives
// both axes, in the order in which they came. `sign`: of the exponent.
Values along_rows(const Values& in, int side, int sign)
{
    const auto n = std::size_t(side);
    Values turns(n);    // w^k, k < n: w^(u x) is the one of (u x) mod n
    for (std::size_t k = 0; k < n; ++k) {
        const double angle = sign * 2 * std::numbers::pi * double(k) / double(side);
        turns[k] = {std::cos(angle), std::sin(angle)};
    }
    Values out(n * n);
    for (std::size_t y = 0; y < n; ++y)
        for (std::size_t u = 0; u < n; ++u) {
            double re = 0, im = 0;    // std::complex's own product asks for infinities at every step
            std::size_t k = 0;
            for (std::size_t x = 0; x < n; ++x) {
                const std::complex<double> value = in[y * n + x], turn = turns[k];
                re += value.real() * turn.real() - value.imag() * turn.imag();
                im += value.real() * turn.imag() + value.imag() * turn.real();
                k += u;
                if (k >= n)
                    k -= n;
            }
            out[u * n + y] = {re, im};
        }
    return out;
}

}    // namespace

Values dft(const std::vector<double>& values, int side)
{
    return along_rows(along_rows(Values(values.begin(), values.end()), side, -1), side, -1);
}

std::vector<double> inverse_dft(const Values& spectrum, int side)
{
    const Values back = along_rows(along_rows(spectrum, side, 1), side, 1);
    std::vector<double> values;
    for (const std::complex<double>& value : back)
        values.push_back(value.real() / double(back.size()));
    return values;
}

}    // namespace nonna
