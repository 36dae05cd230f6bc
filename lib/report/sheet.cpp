#include "report/sheet.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "io/output.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

constexpr std::uint8_t ground = sheet_ground, ink = 220;

std::string fitting(std::string text, int width, int height)
{
    for (char& c : text)
        if (c < ' ' || c > '~')
            c = '?';
    text.resize(std::min(text.size(), std::size_t(width)));    // no character is narrower than a pixel
    while (!text.empty() && text_width(text, height) > width)
        text.pop_back();
    return text;
}

Picture fit(const Picture& picture, int tile)
{
    const double scale = double(tile) / std::max(picture.width, picture.height);
    return resize(picture, std::clamp(int(std::lround(picture.width * scale)), 1, tile),
                  std::clamp(int(std::lround(picture.height * scale)), 1, tile));
}

}    // namespace

Picture make_sheet(const std::vector<SheetTile>& tiles, const SheetOptions& options)
{
    if (tiles.empty())
        throw Error("sheet", "no pictures");
    const int count = int(tiles.size());
    const int columns =
        std::min(count, options.columns > 0 ? options.columns : int(std::ceil(std::sqrt(count * 4.0 / 3))));
    const int rows = (count + columns - 1) / columns;
    const bool captions =
        std::any_of(tiles.begin(), tiles.end(), [](const SheetTile& t) { return !t.caption.empty(); });
    const int line = captions ? std::clamp(options.tile / 8, 10, 20) : 0;
    const int step_x = options.tile + options.gap, step_y = options.tile + line + options.gap;
    const long pixels = (long(columns) * step_x + options.gap) * (long(rows) * step_y + options.gap);
    if (pixels > default_max_pixels)
        throw Error("sheet",
                    "more than " + std::to_string(default_max_pixels) + " pixels: show fewer or smaller pictures");

    Picture sheet = blank_picture(columns * step_x + options.gap, rows * step_y + options.gap, ground);
    for (int i = 0; i < count; ++i) {
        const Picture picture = fit(tiles[std::size_t(i)].picture, options.tile);
        const int x = options.gap + i % columns * step_x, y = options.gap + i / columns * step_y;
        paste(sheet, picture, x + (options.tile - picture.width) / 2, y + (options.tile - picture.height) / 2);
        if (captions)
            draw_text(sheet, fitting(tiles[std::size_t(i)].caption, options.tile, line), x, y + options.tile, line,
                      ink);
    }
    return sheet;
}

ExitStatus write_set_sheet(const std::string& input, const std::string& output, const SetSheetOptions& options)
{
    ImageReader reader(input);
    Output out(output, Output::Kind::binary);
    Progress progress("reading", std::uint64_t(options.count), "pictures");
    std::vector<SheetTile> tiles;
    bool skipped = false;
    while (options.count == 0 || std::int64_t(tiles.size()) < options.count) {
        throw_if_interrupted();
        const std::optional<Sample> sample = reader.next();
        if (!sample)
            break;
        try {
            Picture picture = decode_picture(sample->picture, sample->key);
            if (options.boxes) {
                const int thickness = 1 + std::max(picture.width, picture.height) / (2 * options.sheet.tile);
                for (const Detection& detection : sample->meta.detections)
                    for (const Box& box : detection.boxes)
                        draw_box(picture, box, 255, 220, 0, thickness);
            }
            tiles.push_back({fit(picture, options.sheet.tile), options.labels ? sample->meta.label.value_or("-") : ""});
        } catch (const Error& e) {
            warn(reader.name() + ": " + sample->key, e.reason() + ", skipped");
            skipped = true;
        }
        progress.advance();
    }
    if (tiles.empty())
        throw Error(reader.name(), "no pictures");
    out.write(encode_png(make_sheet(tiles, options.sheet)));
    out.commit();
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
