#include "report/filter_sheet.h"

#include "base/error.h"
#include "base/parallel.h"
#include "report/sheet.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace nonna
{

namespace
{

constexpr int least_tile = 80, least_plane = 30;
constexpr std::uint8_t ground = 24;

// The size that becomes black or white.
double stretch_of(std::vector<float> values)
{
    for (float& v : values)
        v = std::abs(v);
    const std::size_t rank = std::size_t(0.995 * double(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(rank), values.end());
    return values[rank] > 0 ? values[rank] : 1;
}

std::uint8_t level(double value, double white)
{
    return std::uint8_t(std::lround(127.5 + 127.5 * std::clamp(value / white, -1.0, 1.0)));
}

// Channels first .. first + 2 of (row, column, channel) values as red, green and blue, or channel `first` as grey.
void draw_plane(Picture& target, int x, int y, std::span<const float> values, int field, int channels, int first,
                bool colour, int factor, double white)
{
    for (int r = 0; r < field * factor; ++r)
        for (int c = 0; c < field * factor; ++c)
            for (int i = 0; i < 3; ++i) {
                const std::size_t at = (std::size_t(r / factor) * field + c / factor) * channels;
                target.at(x + c, y + r)[i] = level(values[at + first + (colour ? i : 0)], white);
            }
}

Picture draw_filter(std::span<const float> values, int field, int maps, bool colour, double white)
{
    if (colour || maps == 1) {
        const int factor = std::max(1, (least_tile + field - 1) / field);
        Picture picture = blank_picture(field * factor, field * factor);
        draw_plane(picture, 0, 0, values, field, maps, 0, colour, factor, white);
        return picture;
    }
    const int factor = std::max(1, (least_plane + field - 1) / field), step = field * factor + 2;
    const int columns = int(std::ceil(std::sqrt(double(maps)))), rows = (maps + columns - 1) / columns;
    Picture picture = blank_picture(columns * step - 2, rows * step - 2, ground);
    for (int m = 0; m < maps; ++m)
        draw_plane(picture, m % columns * step, m / columns * step, values, field, maps, m, false, factor, white);
    return picture;
}

// The filter as pixels, about its mean.
std::vector<float> unwhitened(const Preprocessing& preprocessing, const StageArchitecture& stage,
                              FilterPosition position, std::span<const float> filter)
{
    const int side = preprocessing.side, channels = preprocessing.channels, run = stage.field * channels;
    std::vector<float> whole(std::size_t(side) * side * channels), cut(filter.size());
    const auto row_at = [&](int r) {
        return (std::size_t(position.row * stage.stride + r) * side + position.column * stage.stride) * channels;
    };
    for (int r = 0; r < stage.field; ++r)
        std::copy_n(filter.begin() + r * run, run, whole.begin() + std::ptrdiff_t(row_at(r)));
    whole = preprocessing.unwhiten(whole);
    double mean = 0;
    for (int r = 0; r < stage.field; ++r)
        for (int k = 0; k < run; ++k)
            mean += cut[r * run + k] = whole[row_at(r) + k];
    for (float& v : cut)
        v -= float(mean / double(cut.size()));
    return cut;
}

void require_position(FilterPosition position, const StageArchitecture& stage, const std::string& text)
{
    if (position.row < 0 || position.row >= stage.filter.rows || position.column < 0 ||
        position.column >= stage.filter.columns)
        throw Error(text,
                    "no such position: the filters have " + std::to_string(stage.filter.rows) + " rows, " +
                        std::to_string(stage.filter.columns) + " columns",
                    ExitStatus::usage);
}

std::string text_of(FilterPosition p) { return std::to_string(p.row) + "," + std::to_string(p.column); }

}    // namespace

std::vector<float> encoder_filter(const Model& model, int stage, FilterPosition position, int map)
{
    const StageArchitecture& s = model.architecture.stages[stage];
    require_position(position, s, text_of(position));
    const std::vector<ParameterTensor> layout = parameter_layout(model.architecture);
    const auto encoder = std::find_if(layout.begin(), layout.end(), [&](const ParameterTensor& t) {
        return t.name == "stage" + std::to_string(stage + 1) + ".encoder";
    });
    const std::size_t fan_in = std::size_t(s.field) * s.field * s.input.maps;
    const std::size_t first = encoder->segment.offset +
                              (std::size_t(position.row) * s.filter.columns + position.column) * fan_in * s.maps + map;
    std::vector<float> filter(fan_in);
    for (std::size_t k = 0; k < fan_in; ++k)
        filter[k] = model.parameters[first + k * s.maps];
    return filter;
}

Picture filter_sheet(const Model& model, int stage, std::span<const FilterPosition> positions, FilterView view,
                     Pool& pool)
{
    const StageArchitecture& s = model.architecture.stages[stage];
    const bool colour = stage == 0 && s.input.maps == 3;
    if (positions.empty())
        throw Error("sheet", "no positions");
    const Picture first = draw_filter(encoder_filter(model, stage, positions[0], 0), s.field, s.input.maps, colour, 1);
    SheetOptions options;
    options.columns = s.maps;
    options.tile = std::max(first.width, first.height);    // as drawn, not resized
    require_sheet(positions.size() * std::size_t(s.maps), options, true);
    std::vector<std::vector<float>> filters(positions.size() * s.maps);
    std::vector<float> all;
    for (std::size_t i = 0; i < filters.size(); ++i) {
        filters[i] = encoder_filter(model, stage, positions[i / s.maps], int(i % s.maps));
        all.insert(all.end(), filters[i].begin(), filters[i].end());
    }
    const double common = stretch_of(std::move(all));
    std::vector<SheetTile> tiles(filters.size());
    pool.for_each(filters.size(), [&](std::size_t i, int) {
        const FilterPosition position = positions[i / s.maps];
        double white = common;
        if (view == FilterView::pixels) {
            filters[i] = unwhitened(model.preprocessing, s, position, filters[i]);
            white = stretch_of(filters[i]);
        }
        tiles[i] = {draw_filter(filters[i], s.field, s.input.maps, colour, white),
                    text_of(position) + "," + std::to_string(i % s.maps)};
    });
    return make_sheet(tiles, options);
}

std::vector<FilterPosition> grid_of_positions(int n, const StageArchitecture& stage)
{
    const auto along = [n](int size) {
        std::vector<int> at;
        const int count = std::min(n, size);
        for (int i = 0; i < count; ++i)
            at.push_back(count == 1 ? size / 2 : int(std::lround(double(i) * (size - 1) / (count - 1))));
        return at;
    };
    std::vector<FilterPosition> positions;
    for (const int row : along(stage.filter.rows))
        for (const int column : along(stage.filter.columns))
            positions.push_back({row, column});
    return positions;
}

FilterPosition parse_position(const std::string& text, const StageArchitecture& stage)
{
    FilterPosition position;
    const char *at = text.data(), *const end = text.data() + text.size();
    const auto [comma, row_error] = std::from_chars(at, end, position.row);
    if (row_error == std::errc{} && comma != end && *comma == ',') {
        const auto [last, column_error] = std::from_chars(comma + 1, end, position.column);
        if (column_error == std::errc{} && last == end) {
            require_position(position, stage, text);
            return position;
        }
    }
    throw Error(text.empty() ? "''" : text, "not a position: expected ROW,COL", ExitStatus::usage);
}

}    // namespace nonna
