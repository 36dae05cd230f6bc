#include "media/resample.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

constexpr double reduce_above = 8, reduce_to = 4;

double cubic(double x)
{
    x = std::abs(x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

int mirrored(long i, int size)
{
    if (size == 1)
        return 0;
    const long period = 2L * (size - 1);
    i = (i % period + period) % period;
    return int(std::min(i, period - i));
}

// The source pixels of one axis that a point draws on. index -1: the surround's colour.
struct Taps {
    std::vector<int> index;
    std::vector<float> weight;
    bool in_a_row = false;    // all in the picture, none mirrored

    void place(double centre, double stretch, int size, bool mirror)
    {
        index.clear();
        weight.clear();
        const double at = centre - 0.5;
        double sum = 0;
        for (long i = long(std::ceil(at - 2 * stretch)); double(i) < at + 2 * stretch; ++i) {
            const double w = cubic((double(i) - at) / stretch);
            int pixel = -1;
            if (i >= 0 && i < size)
                pixel = int(i);
            else if (mirror)
                pixel = mirrored(i, size);
            index.push_back(pixel);
            weight.push_back(float(w));
            sum += w;
        }
        for (float& w : weight)
            w = float(w / sum);
        in_a_row = index.front() >= 0 && index.back() - index.front() + 1 == int(index.size());
    }
};

// The source columns that `across` draws on, each sampled at the height of `down`: three values a column. Down first,
// and all columns at once: a loop without a sum in it, which the compiler turns into vectors.
void sample_columns(const Picture& source, const Taps& across, const Taps& down, const Surround& surround,
                    std::vector<float>& columns)
{
    const std::size_t taps = across.index.size();
    columns.assign(3 * taps, 0.0f);
    for (std::size_t j = 0; j < down.index.size(); ++j) {
        const float weight = down.weight[j];
        if (across.in_a_row && down.index[j] >= 0) {
            const std::uint8_t* const from = source.at(across.index[0], down.index[j]);
            for (std::size_t i = 0; i < 3 * taps; ++i)
                columns[i] += weight * float(from[i]);
            continue;
        }
        for (std::size_t i = 0; i < taps; ++i) {
            const bool inside = across.index[i] >= 0 && down.index[j] >= 0;
            const std::uint8_t* const from =
                inside ? source.at(across.index[i], down.index[j]) : surround.colour.data();
            for (std::size_t c = 0; c < 3; ++c)
                columns[3 * i + c] += weight * float(from[c]);
        }
    }
}

}    // namespace

// The kernel is a product of one for each axis of the source, so a pixel of the result is worked out in two steps, as
// if the source were first sampled down its columns, at the pixel's height, and the row of values so made then across.
// Which source pixels an axis draws on is kept: where the map does not turn, `across` is the same in every row and
// `down` in every column.
Picture resample(const Picture& source, const AffineMap& map, int width, int height, const Surround& surround)
{
    double fx = std::hypot(map.xx, map.xy), fy = std::hypot(map.yx, map.yy);
    const auto reduced = [](int size, double f) {
        return f > reduce_above ? std::max(1, int(std::lround(size * reduce_to / f))) : size;
    };
    const int less_width = reduced(source.width, fx), less_height = reduced(source.height, fy);
    if (less_width != source.width || less_height != source.height) {
        const double rx = double(less_width) / source.width, ry = double(less_height) / source.height;
        return resample(resize(source, less_width, less_height),
                        {map.xx * rx, map.xy * rx, map.x0 * rx, map.yx * ry, map.yy * ry, map.y0 * ry}, width, height,
                        surround);
    }
    fx = std::max(fx, 1.0);
    fy = std::max(fy, 1.0);

    Picture result = blank_picture(width, height);
    std::vector<Taps> taps_of(std::size_t(width), Taps{});    // across, of each column of the result
    Taps down;
    std::vector<float> columns;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double u = x + 0.5, v = y + 0.5;
            Taps& across = taps_of[std::size_t(x)];
            if (y == 0 || map.xy != 0)
                across.place(map.xx * u + map.xy * v + map.x0, fx, source.width, surround.mirrored);
            if (x == 0 || map.yx != 0)
                down.place(map.yx * u + map.yy * v + map.y0, fy, source.height, surround.mirrored);
            sample_columns(source, across, down, surround, columns);
            float sum[3] = {};
            for (std::size_t i = 0; i < across.index.size(); ++i)
                for (std::size_t c = 0; c < 3; ++c)
                    sum[c] += across.weight[i] * columns[3 * i + c];
            for (int c = 0; c < 3; ++c)
                result.at(x, y)[c] = std::uint8_t(std::clamp(std::lround(sum[c]), 0L, 255L));
        }
    return result;
}

}    // namespace nonna
