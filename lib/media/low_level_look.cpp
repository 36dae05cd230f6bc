#include "media/low_level_look.h"

#include "media/dft.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace nonna
{

namespace
{

constexpr int cells = 6;    // a side

double mean(std::span<const double> values)
{
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / double(values.size());
}

double deviation(std::span<const double> values)
{
    const double middle = mean(values);
    double sum = 0;
    for (const double value : values)
        sum += (value - middle) * (value - middle);
    return std::sqrt(sum / double(values.size()));
}

// Means of the cells. A cell ends at multiples of n / 6 pixels, wherever that lies in a pixel.
std::array<double, look_blur> blur(const std::vector<double>& g, int n)
{
    const double step = double(n) / cells;
    const auto share = [&](int pixel, int cell) {    // of the pixel in the cell
        return std::max(0.0, std::min(pixel + 1.0, (cell + 1) * step) - std::max(double(pixel), cell * step));
    };
    std::array<double, look_blur> means{};
    for (int cy = 0; cy < cells; ++cy)
        for (int cx = 0; cx < cells; ++cx) {
            double sum = 0;
            for (int y = int(cy * step); y < std::min(n, int(std::ceil((cy + 1) * step))); ++y)
                for (int x = int(cx * step); x < std::min(n, int(std::ceil((cx + 1) * step))); ++x)
                    sum += share(y, cy) * share(x, cx) * g[std::size_t(y * n + x)];
            means[std::size_t(cy * cells + cx)] = sum / (step * step);
        }
    return means;
}

// Mean of |difference| of neighbours `dx`, `dy` apart.
double edges(const std::vector<double>& g, int n, int dx, int dy)
{
    double sum = 0;
    for (int y = 0; y + dy < n; ++y)
        for (int x = 0; x + dx < n; ++x)
            sum += std::abs(g[std::size_t((y + dy) * n + x + dx)] - g[std::size_t(y * n + x)]);
    return sum / std::max(1.0, double(n - dx) * double(n - dy));
}

std::array<double, 4> bands(const std::vector<double>& g, int n)
{
    std::vector<double> centred = g;
    const double middle = mean(g);
    for (double& value : centred)
        value -= middle;
    const std::vector<std::complex<double>> spectrum = dft(centred, n);
    const std::array<double, 5> ends = {1, 3, 6, 12, n / 2.0};
    std::array<double, 4> power{}, count{};
    for (int v = 0; v < n; ++v)
        for (int u = 0; u < n; ++u) {
            const double radius = std::hypot(std::min(u, n - u), std::min(v, n - v));
            for (std::size_t band = 0; band < 4; ++band)
                if (radius >= ends[band] && radius < std::min(ends[band + 1], n / 2.0)) {
                    power[band] += std::norm(spectrum[std::size_t(v * n + u)]);
                    ++count[band];
                }
        }
    for (std::size_t band = 0; band < 4; ++band)
        power[band] /= std::max(1.0, count[band]);
    return power;
}

}    // namespace

LowLevelLook low_level_look(const Picture& square)
{
    const int n = square.width;
    if (n < 1 || square.height != n)
        throw std::logic_error("low_level_look: not a square");
    std::vector<double> g;
    for (const std::uint8_t level : grey(square))
        g.push_back(level / 255.0);

    LowLevelLook look{};
    const std::array<double, look_blur> cell = blur(g, n);
    const double middle = mean(cell), contrast = deviation(cell) + 0.05;
    for (std::size_t i = 0; i < look_blur; ++i)
        look[i] = (cell[i] - middle) / contrast;
    look[36] = std::log(deviation(g) + 0.01);
    look[37] = mean(g);
    look[38] = std::log(edges(g, n, 0, 1) + 0.001);
    look[39] = std::log(edges(g, n, 1, 0) + 0.001);
    const std::array<double, 4> power = bands(g, n);
    for (std::size_t band = 0; band < 4; ++band)
        look[40 + band] = std::log(power[band] + 1e-9);
    for (double& number : look)
        number = std::round(number * 1e6) / 1e6;
    return look;
}

}    // namespace nonna
