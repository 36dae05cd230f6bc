#include "media/reduced_picture.h"

#include "media/picture_format.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

// How much each pixel of one axis counts for a pixel of the result.
struct Share {
    int first = 0;
    std::vector<float> weight;
};

// How much of pixel `pixel` counts in the sum of all that lies before `at`. At the borders of pixels the sum is known;
// between them it is the cubic through the four nearest. A straight line, which takes a pixel for all of one colour,
// makes the difference to the whole picture's square larger by a fifth.
double before(double at, int pixel)
{
    const int within = int(std::floor(at));
    const double f = at - within;
    switch (pixel - within) {
    case -1:
        return 1 + f * (f - 1) * (f - 2) / 6;
    case 0:
        return (f + 1) * f * (5 - 2 * f) / 6;
    case 1:
        return (f + 1) * f * (f - 1) / 6;
    default:
        return pixel < within ? 1 : 0;
    }
}

// [from, from + length) of an axis of `count` pixels, cut into `size` parts; beyond the ends the last pixels go on.
std::vector<Share> shares(double from, double length, int size, int count)
{
    std::vector<Share> all(std::size_t(size), Share{});
    const auto inside = [&](int pixel) { return std::clamp(pixel, 0, count - 1); };
    for (int i = 0; i < size; ++i) {
        const double begin = from + length * i / size, end = from + length * (i + 1) / size;
        const int low = int(std::floor(begin)) - 1, high = int(std::floor(end)) + 1;
        Share& share = all[std::size_t(i)];
        share.first = inside(low);
        share.weight.resize(std::size_t(inside(high) - share.first + 1));
        for (int pixel = low; pixel <= high; ++pixel)
            share.weight[std::size_t(inside(pixel) - share.first)] +=
                float((before(end, pixel) - before(begin, pixel)) / (end - begin));
    }
    return all;
}

}    // namespace

int reduction_for(int side, int size)
{
    int reduction = 1;
    while (reduction < 8 && side >= 2L * reduction * reduced_pixels * size)
        reduction *= 2;
    return reduction;
}

ReducedPicture decode_reduced(std::span<const std::byte> encoded, const std::string& subject, int reduction,
                              long max_pixels)
{
    PictureInfo info = accept_picture(encoded, subject, max_pixels);
    ReducedPicture result{{}, info.width, info.height, 1, 0, 0};
    if (reduction == 1 || info.extension != "jpg") {
        result.picture = decode_picture(encoded, subject, max_pixels);
        return result;
    }
    const int orientation = info.orientation;
    const bool transposed = orientation >= 5;
    if (transposed)
        std::swap(info.width, info.height);
    const Picture stored = decode_jpeg(encoded, info, subject, reduction);
    result.reduction = reduction;
    // What the last blocks have too much comes first where orientation turns the axis round (see orient).
    if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        (transposed ? result.top : result.left) = info.width - stored.width * reduction;
    if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        (transposed ? result.left : result.top) = info.height - stored.height * reduction;
    result.picture = orient(stored, orientation);
    return result;
}

// Down first, a whole row at a time: a loop without a sum in it, which the compiler turns into vectors.
Picture cut_square(const ReducedPicture& from, int x, int y, int side, int size)
{
    const Picture& picture = from.picture;
    if (from.reduction == 1) {
        const bool whole = x == 0 && y == 0 && side == picture.width && side == picture.height;
        return resize(whole ? picture : crop(picture, x, y, side, side), size, size);
    }
    const double scale = from.reduction;
    const std::vector<Share> across = shares((x - from.left) / scale, side / scale, size, picture.width);
    const std::vector<Share> down = shares((y - from.top) / scale, side / scale, size, picture.height);
    const int first = across.front().first, last = across.back().first + int(across.back().weight.size());
    Picture result = blank_picture(size, size);
    std::vector<float> row(3 * std::size_t(last - first));
    for (int i = 0; i < size; ++i) {
        const Share& rows = down[std::size_t(i)];
        std::fill(row.begin(), row.end(), 0.0f);
        for (std::size_t r = 0; r < rows.weight.size(); ++r) {
            const std::uint8_t* const pixels = picture.at(first, rows.first + int(r));
            const float weight = rows.weight[r];
            for (std::size_t k = 0; k < row.size(); ++k)
                row[k] += weight * float(pixels[k]);
        }
        for (int j = 0; j < size; ++j) {
            const Share& columns = across[std::size_t(j)];
            const float* const pixels = row.data() + 3 * (columns.first - first);
            for (std::size_t c = 0; c < 3; ++c) {
                float sum = 0;
                for (std::size_t k = 0; k < columns.weight.size(); ++k)
                    sum += columns.weight[k] * pixels[3 * k + c];
                result.at(j, i)[c] = std::uint8_t(std::clamp(std::lrint(sum), 0L, 255L));
            }
        }
    }
    return result;
}

}    // namespace nonna
