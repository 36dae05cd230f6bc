#include "report/sheet.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/built_set.h"
#include "io/image_shard.h"
#include "io/output.h"
#include "report/picture_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

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

struct SheetLayout {
    long columns, rows;
    int line;    // below a tile, for its caption
    int step_x, step_y, gap;

    SheetLayout(std::size_t count, const SheetOptions& o, bool captions)
    {
        const long n = long(count);
        columns = std::max(
            1L, std::min(n, o.columns > 0 ? long(o.columns) : std::lround(std::ceil(std::sqrt(double(n) * 4 / 3)))));
        rows = (n + columns - 1) / columns;
        line = captions ? std::clamp(o.tile / 8, 10, 20) : 0;
        step_x = o.tile + o.gap;
        step_y = o.tile + line + o.gap;
        gap = o.gap;
    }
    long pixels() const { return (columns * step_x + gap) * (rows * step_y + gap); }
};

Picture fit(const Picture& picture, int tile)
{
    const double scale = double(tile) / std::max(picture.width, picture.height);
    return resize(picture, std::clamp(int(std::lround(picture.width * scale)), 1, tile),
                  std::clamp(int(std::lround(picture.height * scale)), 1, tile));
}

}    // namespace

bool fits_sheet(std::size_t count, const SheetOptions& options, bool captions)
{
    return SheetLayout(count, options, captions).pixels() <= default_max_pixels;
}

void require_sheet(std::size_t count, const SheetOptions& options, bool captions)
{
    if (!fits_sheet(count, options, captions))
        throw Error("sheet", "of " + std::to_string(count) + " tiles would have more than " +
                                 std::to_string(default_max_pixels / 1'000'000) +
                                 " million pixels: show fewer or smaller pictures");
}

Picture make_sheet(const std::vector<SheetTile>& tiles, const SheetOptions& options)
{
    if (tiles.empty())
        throw Error("sheet", "no pictures");
    const bool captions =
        std::any_of(tiles.begin(), tiles.end(), [](const SheetTile& t) { return !t.caption.empty(); });
    require_sheet(tiles.size(), options, captions);
    const auto [columns, rows, line, step_x, step_y, gap] = SheetLayout(tiles.size(), options, captions);

    Picture sheet = blank_picture(int(columns) * step_x + gap, int(rows) * step_y + gap, ground);
    for (int i = 0; i < int(tiles.size()); ++i) {
        const Picture picture = fit(tiles[std::size_t(i)].picture, options.tile);
        const int x = options.gap + i % int(columns) * step_x, y = options.gap + i / int(columns) * step_y;
        paste(sheet, picture, x + (options.tile - picture.width) / 2, y + (options.tile - picture.height) / 2);
        if (captions)
            draw_text(sheet, fitting(tiles[std::size_t(i)].caption, options.tile, line), x, y + options.tile, line,
                      ink);
    }
    return sheet;
}

std::optional<std::size_t> pictures_in(const std::string& set)
{
    std::error_code error;
    if (set == "-" || !(std::filesystem::is_regular_file(set, error) || is_built_set(set)))
        return std::nullopt;
    try {
        return ImageShardSet({set}).count();
    } catch (const Error&) {    // whoever reads it to the end will say what is wrong
        return std::nullopt;
    }
}

namespace
{

std::string caption(const Sample& sample, const SetSheetOptions& options)
{
    const std::string otherwise = options.keys ? sample.key : options.labels ? "-" : "";
    return options.labels ? sample.meta.label.value_or(otherwise) : otherwise;
}

// The pictures of a sheet, one after another: the first of a stream, or, by their places in the set, those drawn.
class ShownSamples
{
  public:
    ShownSamples(const std::string& input, const SetSheetOptions& options) : name_(input)
    {
        if (options.sample == 0) {
            reader_.emplace(input);
            name_ = reader_->name();
            wanted_ = options.count > 0 ? std::size_t(options.count) : std::numeric_limits<int>::max();
            if (!fits_sheet(wanted_, options.sheet, options.captions()))
                if (const std::optional<std::size_t> there = pictures_in(input))
                    require_sheet(std::min(*there, wanted_), options.sheet, options.captions());
            return;
        }
        set_.emplace(std::vector{input});
        places_ = drawn(set_->count(), std::size_t(options.sample), Random(options.seed, Purpose::sheet_sample));
        wanted_ = places_.size();
        require_sheet(wanted_, options.sheet, options.captions());
    }

    const std::string& name() const { return name_; }
    std::optional<Sample> next(std::size_t shown)
    {
        if (reader_)
            return shown < wanted_ ? reader_->next() : std::nullopt;
        return looked_ < wanted_ ? std::optional(set_->sample(places_[looked_++])) : std::nullopt;
    }

  private:
    std::string name_;
    std::optional<ImageReader> reader_;
    std::optional<ImageShardSet> set_;
    std::vector<std::size_t> places_;
    std::size_t wanted_ = 0, looked_ = 0;
};

}    // namespace

ExitStatus write_set_sheet(const std::string& input, const std::string& output, const SetSheetOptions& options)
{
    check_picture_name(output);
    ShownSamples samples(input, options);
    Output out(output, Output::Kind::binary);
    Progress progress("reading", std::uint64_t(std::max(options.count, options.sample)), "pictures");
    std::vector<SheetTile> tiles;
    bool skipped = false;
    while (const std::optional<Sample> sample = samples.next(tiles.size())) {
        throw_if_interrupted();
        try {
            Picture picture = decode_picture(sample->picture, sample->key);
            if (options.boxes) {
                const int thickness = 1 + std::max(picture.width, picture.height) / (2 * options.sheet.tile);
                for (const Detection& detection : sample->meta.detections)
                    for (const Box& box : detection.boxes)
                        draw_box(picture, box, 255, 220, 0, thickness);
            }
            tiles.push_back({fit(picture, options.sheet.tile), caption(*sample, options)});
        } catch (const Error& e) {
            warn(samples.name() + ": " + sample->key, e.reason() + ", skipped");
            skipped = true;
        }
        require_sheet(tiles.size(), options.sheet, options.captions());
        progress.advance();
    }
    if (tiles.empty())
        throw Error(samples.name(), "no pictures");
    out.write(encoded_picture(output, make_sheet(tiles, options.sheet)));
    out.commit();
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
