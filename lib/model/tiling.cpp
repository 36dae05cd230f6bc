#include "model/tiling.h"

#include "base/error.h"

#include <algorithm>
#include <charconv>

namespace nonna
{

namespace
{

struct Range {
    int first = 0, last = 0;    // half-open
};

// Part `i` of n positions cut into `parts`.
Range own_range(int n, int parts, int i)
{
    const auto cut = [&](int k) { return int((2 * std::int64_t(n) * k + parts) / (2 * parts)); };
    return {cut(i), cut(i + 1)};
}

Range rows_of(const Area& a) { return {a.row, a.row + a.rows}; }
Range columns_of(const Area& a) { return {a.column, a.column + a.columns}; }
Area area_of(Range rows, Range columns)
{
    return {rows.first, columns.first, rows.last - rows.first, columns.last - columns.first};
}

Range needed_pooled(Range output, Range pooled, const StageArchitecture& s, int side)
{
    if (s.norm == 0)
        return pooled;    // they are the output
    const int reach = 2 * (s.norm / 2), margin = s.border == Border::valid ? s.norm / 2 : 0;
    return {std::min(pooled.first, std::max(0, output.first + margin - reach)),
            std::max(pooled.last, std::min(side, output.last + margin + reach))};
}

Range needed_filter(Range pooled, const StageArchitecture& s) { return {pooled.first, pooled.last + s.pool - 1}; }

Range needed_input(Range filter, const StageArchitecture& s)
{
    return {filter.first * s.stride, (filter.last - 1) * s.stride + s.field};
}

}    // namespace

std::string Tiling::text() const { return std::to_string(rows) + "x" + std::to_string(columns); }

Tiling Tiling::parse(const std::string& text, const std::string& subject)
{
    Tiling tiling;
    const char* const end = text.data() + text.size();
    const auto [x, bad_rows] = std::from_chars(text.data(), end, tiling.rows);
    if (bad_rows == std::errc{} && x != end && *x == 'x') {
        const auto [stop, bad_columns] = std::from_chars(x + 1, end, tiling.columns);
        if (bad_columns == std::errc{} && stop == end && tiling.rows >= 1 && tiling.columns >= 1 &&
            std::max(tiling.rows, tiling.columns) <= 1000)
            return tiling;
    }
    throw Error(subject, "'" + text + "' is not ROWSxCOLUMNS, such as 2x3", ExitStatus::usage);
}

TileName TileName::parse(const std::string& text, const std::string& subject)
{
    const std::size_t slash = std::min(text.find('/'), text.size());
    TileName name;
    int row = -1, column = -1;
    const char *const begin = text.data(), *const end = begin + slash;
    const auto [comma, bad_row] = std::from_chars(begin, end, row);
    if (slash < text.size() && bad_row == std::errc{} && comma != end && *comma == ',') {
        const auto [stop, bad_column] = std::from_chars(comma + 1, end, column);
        if (bad_column == std::errc{} && stop == end) {
            name.tiling = Tiling::parse(text.substr(slash + 1), subject);
            if (row >= 0 && row < name.tiling.rows && column >= 0 && column < name.tiling.columns) {
                name.tile = row * name.tiling.columns + column;
                return name;
            }
        }
    }
    throw Error(subject, "'" + text + "' is not ROW,COLUMN/ROWSxCOLUMNS, counted from 0, such as 0,1/2x3",
                ExitStatus::usage);
}

Area own_area(const Tiling& tiling, int tile, const Shape& grid)
{
    return area_of(own_range(grid.rows, tiling.rows, tile / tiling.columns),
                   own_range(grid.columns, tiling.columns, tile % tiling.columns));
}

Area overlap(const Area& a, const Area& b)
{
    const auto meet = [](Range x, Range y) { return Range{std::max(x.first, y.first), std::min(x.last, y.last)}; };
    const Range rows = meet(rows_of(a), rows_of(b)), columns = meet(columns_of(a), columns_of(b));
    return area_of(rows, columns);
}

StageTile stage_tile(const StageArchitecture& s, const Tiling& tiling, int tile)
{
    StageTile t;
    t.input = own_area(tiling, tile, s.input);
    t.filter = own_area(tiling, tile, s.filter);
    t.pooled = own_area(tiling, tile, s.pooled);
    t.output = own_area(tiling, tile, s.output);
    t.needed_pooled = area_of(needed_pooled(rows_of(t.output), rows_of(t.pooled), s, s.pooled.rows),
                              needed_pooled(columns_of(t.output), columns_of(t.pooled), s, s.pooled.columns));
    t.needed_filter =
        area_of(needed_filter(rows_of(t.needed_pooled), s), needed_filter(columns_of(t.needed_pooled), s));
    t.needed_input = area_of(needed_input(rows_of(t.filter), s), needed_input(columns_of(t.filter), s));
    return t;
}

StageTile whole_stage(const StageArchitecture& s)
{
    const Area input = whole_area(s.input), filter = whole_area(s.filter), pooled = whole_area(s.pooled);
    return {input, filter, pooled, whole_area(s.output), input, filter, pooled};
}

Tiling most_tiles(const Architecture& architecture)
{
    Tiling most{architecture.side, architecture.side};
    for (const StageArchitecture& s : architecture.stages)
        for (const Shape& grid : {s.input, s.filter, s.pooled, s.output})
            most = {std::min(most.rows, grid.rows), std::min(most.columns, grid.columns)};
    return most;
}

void require_tiles(const Architecture& architecture, const Tiling& tiling, const std::string& subject)
{
    const auto require = [&](std::size_t stage, const char* what, const Shape& grid) {
        if (tiling.rows > grid.rows || tiling.columns > grid.columns)
            throw Error(subject,
                        tiling.text() + " tiles: stage " + std::to_string(stage + 1) + " of " + architecture.name +
                            " has " + std::to_string(grid.rows) + " x " + std::to_string(grid.columns) + " " + what +
                            ", of which each tile needs one; at most " + most_tiles(architecture).text(),
                        ExitStatus::usage);
    };
    for (std::size_t s = 0; s < architecture.stages.size(); ++s) {
        const StageArchitecture& stage = architecture.stages[s];
        require(s, "inputs", stage.input);
        require(s, "positions of filters", stage.filter);
        require(s, "pooled units", stage.pooled);
        require(s, "outputs", stage.output);
    }
}

Architecture tile_architecture(const Architecture& architecture, const Tiling& tiling, int tile)
{
    Architecture own = architecture;
    for (StageArchitecture& s : own.stages) {
        const StageTile t = stage_tile(s, tiling, tile);
        s.input = shape_of(t.input, s.input.maps);
        s.filter = shape_of(t.filter, s.filter.maps);
        s.pooled = shape_of(t.pooled, s.pooled.maps);
        s.output = shape_of(t.output, s.output.maps);
    }
    return own;
}

}    // namespace nonna
