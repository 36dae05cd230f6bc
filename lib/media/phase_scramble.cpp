#include "media/phase_scramble.h"

#include "media/dft.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace nonna
{

Picture scramble_phases(const Picture& square, Random& random)
{
    const int n = square.width;
    if (n < 1 || square.height != n)
        throw std::logic_error("scramble_phases: not a square");
    const auto pixels = std::size_t(n) * std::size_t(n);
    std::vector<std::complex<double>> turns(pixels, 1.0);
    for (int v = 0; v < n; ++v)
        for (int u = 0; u < n; ++u) {
            const auto here = std::size_t(v * n + u), opposite = std::size_t((n - v) % n * n + (n - u) % n);
            if (here >= opposite)    // drawn with its opposite, or its own opposite
                continue;
            const double angle = 2 * std::numbers::pi * random.uniform();
            turns[here] = {std::cos(angle), std::sin(angle)};
            turns[opposite] = std::conj(turns[here]);
        }

    Picture result = square;
    for (std::size_t channel = 0; channel < 3; ++channel) {
        std::vector<double> levels;
        for (std::size_t i = 0; i < pixels; ++i)
            levels.push_back(square.rgb[3 * i + channel]);
        std::vector<std::complex<double>> spectrum = dft(levels, n);
        for (std::size_t i = 0; i < pixels; ++i)
            spectrum[i] *= turns[i];
        levels = inverse_dft(spectrum, n);
        for (std::size_t i = 0; i < pixels; ++i)
            result.rgb[3 * i + channel] = std::uint8_t(std::clamp(std::lround(levels[i]), 0L, 255L));
    }
    return result;
}

}    // namespace nonna
