#include "pictures/stimulus_picture.h"

#include "io/output.h"
#include "pictures/sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nonna {

namespace {

constexpr int least_side = 256, tile_side = 96;

}    // namespace

Picture stimulus_picture(const Preprocessing& preprocessing, std::span<const float> x, Area area, bool whitened)
{
    const std::vector<float> whole =
        whitened ? std::vector<float>(x.begin(), x.end()) : preprocessing.unwhiten(x);
    const int channels = preprocessing.channels;
    std::vector<double> values;
    for (int r = area.row; r < area.row + area.rows; ++r)
        for (int c = area.column; c < area.column + area.columns; ++c)
            for (int i = 0; i < channels; ++i)
                values.push_back(whole[(std::size_t(r) * preprocessing.side + c) * channels + i]);
    double mean = 0;
    for (const double v : values)
        mean += v / double(values.size());
    std::vector<double> sizes;
    for (double& v : values) {
        v -= mean;
        sizes.push_back(std::abs(v));
    }
    const std::size_t rank = std::size_t(0.995 * double(sizes.size() - 1));
    std::nth_element(sizes.begin(), sizes.begin() + std::ptrdiff_t(rank), sizes.end());
    const double white = sizes[rank] > 0 ? sizes[rank] : 1;

    Picture picture = blank_picture(area.columns, area.rows);
    for (int r = 0; r < area.rows; ++r)
        for (int c = 0; c < area.columns; ++c)
            for (int i = 0; i < 3; ++i) {
                const double v = values[(std::size_t(r) * area.columns + c) * channels + std::min(i, channels - 1)];
                picture.at(c, r)[i] = std::uint8_t(std::lround(127.5 + 127.5 * std::clamp(v / white, -1.0, 1.0)));
            }
    const int factor = (least_side + std::max(area.rows, area.columns) - 1) / std::max(area.rows, area.columns);
    return factor > 1 ? resize(picture, area.columns * factor, area.rows * factor) : picture;
}

Picture strongest_sheet(const Preprocessing& preprocessing, const PictureBytes& pictures,
                        std::span<const float> responses, std::span<const std::size_t> chosen, Area area)
{
    const int side = preprocessing.side, channels = preprocessing.channels;
    const int factor = std::max(1, (tile_side + side - 1) / side);
    std::vector<SheetTile> tiles;
    for (std::size_t rank = 0; rank < chosen.size(); ++rank) {
        Picture picture = blank_picture(side, side);
        const std::uint8_t* from = pictures.pixels.data() + chosen[rank] * std::size_t(side) * side * channels;
        for (std::size_t p = 0; p < std::size_t(side) * side; ++p)
            for (int i = 0; i < 3; ++i)
                picture.rgb[p * 3 + i] = from[p * channels + std::min(i, channels - 1)];
        if (factor > 1)
            picture = resize(picture, side * factor, side * factor);
        draw_box(picture,
                 {double(area.column * factor), double(area.row * factor), double(area.columns * factor),
                  double(area.rows * factor), 0},
                 255, 200, 0);
        char caption[40];
        std::snprintf(caption, sizeof caption, "%zu: %.3g", rank + 1, double(responses[chosen[rank]]));
        tiles.push_back({std::move(picture), caption});
    }
    SheetOptions options;
    options.tile = side * factor;
    return make_sheet(tiles, options);
}

void write_png(const std::string& path, const Picture& picture)
{
    Output output(path, Output::Kind::binary);
    output.write(std::span<const std::byte>(encode_png(picture)));
    output.commit();
}

}    // namespace nonna
