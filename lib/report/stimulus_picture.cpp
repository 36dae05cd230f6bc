#include "report/stimulus_picture.h"

#include "base/parallel.h"
#include "report/sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nonna
{

namespace
{

constexpr int least_side = 256, tile_side = 96, stimulus_tile = 160, line = 14;

constexpr std::uint8_t ground = 24, ink = 220;    // as in sheet.cpp

// A square with the picture and below it a line small enough for the longest name with a response.
Picture titled(const Picture& picture, const std::string& text)
{
    const int most = stimulus_tile - line, longer = std::max(picture.width, picture.height);
    const Picture fitted =
        resize(picture, std::max(1, picture.width * most / longer), std::max(1, picture.height * most / longer));
    Picture tile = blank_picture(stimulus_tile, stimulus_tile, ground);
    paste(tile, fitted, (stimulus_tile - fitted.width) / 2, (most - fitted.height) / 2);
    draw_text(tile, text, 0, most + 1, line - 2, ink);
    return tile;
}

std::string with_number(const char* format, const std::string& text, double number)
{
    char written[80];
    std::snprintf(written, sizeof written, format, text.c_str(), number);
    return written;
}

}    // namespace

Picture stimulus_pixels(const Preprocessing& preprocessing, std::span<const float> x, Area area, bool whitened)
{
    const std::vector<float> whole = whitened ? std::vector<float>(x.begin(), x.end()) : preprocessing.unwhiten(x);
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
    return picture;
}

Picture stimulus_picture(const Preprocessing& preprocessing, std::span<const float> x, Area area, bool whitened)
{
    const Picture picture = stimulus_pixels(preprocessing, x, area, whitened);
    const int factor = (least_side + std::max(area.rows, area.columns) - 1) / std::max(area.rows, area.columns);
    return factor > 1 ? resize(picture, area.columns * factor, area.rows * factor) : picture;
}

Picture stimuli_picture(const Preprocessing& preprocessing, std::span<const StimulusTile> stimuli, bool whitened,
                        Pool& pool)
{
    if (stimuli.size() == 1)
        return stimulus_picture(preprocessing, stimuli[0].x, stimuli[0].area, whitened);
    std::vector<SheetTile> tiles(stimuli.size());
    pool.for_each(stimuli.size(), [&](std::size_t i, int) {
        const StimulusTile& s = stimuli[i];
        tiles[i].picture =
            titled(stimulus_picture(preprocessing, s.x, s.area, whitened), with_number("%s %.3g", s.name, s.response));
    });
    SheetOptions options;
    options.tile = stimulus_tile;
    return make_sheet(tiles, options);
}

Picture seen_pixels(const Preprocessing& preprocessing, const SeenPicture& seen, Area area)
{
    const int channels = preprocessing.channels;
    Picture picture = blank_picture(area.columns, area.rows);
    for (int r = 0; r < area.rows; ++r)
        for (int c = 0; c < area.columns; ++c) {
            const std::size_t place = std::size_t(area.row + r) * preprocessing.side + area.column + c;
            for (int i = 0; i < 3; ++i)
                picture.at(c, r)[i] = seen.pixels[place * channels + std::min(i, channels - 1)];
        }
    return picture;
}

// A row a neuron, opened by a tile with its name; a single neuron needs none. Small pictures are enlarged by a whole
// factor, so that the frame around what the neuron sees lies between pixels, not across them.
Picture extremes_sheet(const Preprocessing& preprocessing, std::span<const ExtremesRow> rows)
{
    const int side = preprocessing.side;
    const int factor = std::max(1, (tile_side + side - 1) / side);
    const auto outline = [&](Picture picture, Area area) {
        if (factor > 1)
            picture = resize(picture, side * factor, side * factor);
        draw_box(picture,
                 {double(area.column * factor), double(area.row * factor), double(area.columns * factor),
                  double(area.rows * factor), 0},
                 255, 200, 0);
        return picture;
    };
    std::vector<SheetTile> tiles;
    SheetOptions options;
    options.tile = side * factor;
    for (const ExtremesRow& row : rows) {
        if (rows.size() > 1) {
            Picture opening = outline(blank_picture(side, side), row.area);
            const std::size_t slash = row.name.find('/');
            draw_text(opening, row.name.substr(0, slash), 8, opening.height / 2 - line, line - 2, ink);
            draw_text(opening, row.name.substr(slash + 1), 8, opening.height / 2, line - 2, ink);
            tiles.push_back({std::move(opening), ""});
            options.columns = std::max(options.columns, 1 + int(row.pictures.size()));
        }
        for (std::size_t rank = 0; rank < row.pictures.size(); ++rank) {
            Picture picture = seen_pixels(preprocessing, *row.pictures[rank].picture, {0, 0, side, side});
            tiles.push_back({outline(std::move(picture), row.area),
                             with_number("%s: %.3g", std::to_string(rank + 1), row.pictures[rank].response)});
        }
    }
    return make_sheet(tiles, options);
}

void require_extremes_sheet(const Preprocessing& preprocessing, std::size_t neurons, std::size_t most,
                            const std::string& set)
{
    SheetOptions options;
    options.tile = preprocessing.side * std::max(1, (tile_side + preprocessing.side - 1) / preprocessing.side);
    const auto tiles = [&](std::size_t pictures) {
        options.columns = neurons > 1 ? int(1 + pictures) : 0;
        return neurons > 1 ? neurons * (1 + pictures) : pictures;
    };
    if (!fits_sheet(tiles(most), options, true))    // unless there are not so many
        require_sheet(tiles(std::min(most, pictures_in(set).value_or(most))), options, true);
}

void require_stimuli_picture(std::size_t neurons)
{
    SheetOptions options;
    options.tile = stimulus_tile;
    require_sheet(neurons, options, false);
}

}    // namespace nonna
