#include "dataset/usual_look.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "media/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace nonna
{

// Three passes over thumbnails: make them, their median a value at a time, then each one's distance from it as a table
// of sums (Crow 1984), in which the mean over any square is four look-ups, however large the square and however often
// it is asked for.
UsualLook::UsualLook(const std::vector<const Sample*>& frames, int threads)
{
    const int width = frames.front()->meta.width, height = frames.front()->meta.height;
    const double scale = std::min(1.0, double(thumbnail) / std::max(width, height));
    width_ = std::max(1, int(std::lround(width * scale)));
    height_ = std::max(1, int(std::lround(height * scale)));
    sx_ = double(width_) / width;
    sy_ = double(height_) / height;

    std::vector<Picture> small(frames.size());
    Pool pool(threads);
    pool.for_each(frames.size(), [&](std::size_t i, int) {
        throw_if_interrupted();
        const Picture picture = decode_picture(frames[i]->picture, frames[i]->key);
        if (picture.width != width || picture.height != height)
            throw Error(frames[i]->key, "not of the size its json says");
        small[i] = resize(picture, width_, height_);
    });

    // Of a long film a spread of frames is enough for the median; distances are all frames'.
    const std::size_t used = std::min(frames.size(), most), values = small.front().rgb.size();
    std::vector<std::uint8_t> median(values), column(used);
    for (std::size_t v = 0; v < values; ++v) {
        for (std::size_t i = 0; i < used; ++i)
            column[i] = small[i * frames.size() / used].rgb[v];
        std::nth_element(column.begin(), column.begin() + std::ptrdiff_t(used / 2), column.end());
        median[v] = column[used / 2];
    }

    sums_.resize(frames.size());
    pool.for_each(frames.size(), [&](std::size_t i, int) {
        const std::size_t stride = std::size_t(width_) + 1;
        std::vector<std::uint32_t>& sum = sums_[i];
        sum.assign(stride * (std::size_t(height_) + 1), 0);
        const std::uint8_t *a = small[i].rgb.data(), *b = median.data();
        for (std::size_t y = 1; y <= std::size_t(height_); ++y) {
            std::uint32_t row = 0;
            for (std::size_t x = 1; x <= std::size_t(width_); ++x, a += 3, b += 3) {
                row += std::uint32_t(std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]));
                sum[y * stride + x] = sum[(y - 1) * stride + x] + row;
            }
        }
        small[i] = {};    // its sums are all that is needed from here on
    });
}

double UsualLook::difference(std::size_t index, int x, int y, int side) const
{
    const auto cut = [](double value, int last) { return std::size_t(std::clamp(int(std::lround(value)), 0, last)); };
    const std::size_t left = cut(x * sx_, width_ - 1), top = cut(y * sy_, height_ - 1);
    const std::size_t right = std::max(left + 1, cut((x + side) * sx_, width_));
    const std::size_t bottom = std::max(top + 1, cut((y + side) * sy_, height_));
    const std::vector<std::uint32_t>& sum = sums_[index];
    const std::size_t stride = std::size_t(width_) + 1;
    // Sums of four corners wrap around together.
    const std::uint32_t total = sum[bottom * stride + right] - sum[top * stride + right] - sum[bottom * stride + left] +
                                sum[top * stride + left];
    return double(total) / double(3 * (right - left) * (bottom - top));
}

bool UsualLook::usual(std::size_t index, int x, int y, int side) const
{
    const double own = difference(index, x, y, side);
    std::size_t nearer = 0;
    for (std::size_t i = 0; i < sums_.size(); ++i)
        nearer += difference(i, x, y, side) < own;
    return 2 * nearer < sums_.size();
}

}    // namespace nonna
