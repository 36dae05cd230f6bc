// A contact sheet: pictures in rows on a dark ground, each with a short caption where it has one.
//
// Every tile is a square of `tile` pixels; a picture is fitted into it, its shape kept, centred. Small pictures are
// enlarged, so that filters and stimuli are seen. Where any tile has a caption, every tile gets a line for one below
// it; captions are cut to the tile's width. Characters other than printable ASCII are shown as '?'.
#pragma once

#include "base/error.h"
#include "media/picture.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

inline constexpr std::uint8_t sheet_ground = 24;    // grey: a tile of this colour is a gap

struct SheetTile {
    Picture picture;
    std::string caption;
};

struct SheetOptions {
    int columns = 0;    // 0: as many as make the sheet about 4:3
    int tile = 100;
    int gap = 4;    // between tiles and around them
};

// Error where a sheet of so many tiles would have more pixels than a picture may have: asked before they are made.
bool fits_sheet(std::size_t count, const SheetOptions& options, bool captions);
void require_sheet(std::size_t count, const SheetOptions& options, bool captions);

Picture make_sheet(const std::vector<SheetTile>& tiles, const SheetOptions& options = {});

// An image set's first `count` pictures (0: all), or `sample` drawn from all by `seed`, each as likely, in its order,
// to a picture file (write_picture). A sheet that would be too large is refused before a picture is decoded, of a set
// that comes through a pipe as soon as it is. What cannot be decoded is left out, and no other drawn in its place.
struct SetSheetOptions {
    SheetOptions sheet;
    std::int64_t count = 0, sample = 0;
    std::uint64_t seed = 0;
    bool labels = false;    // caption: the label, "-" where a sample has none
    bool keys = false;      // caption: the key; with labels too, where there is no label
    bool boxes = false;     // outline what the detectors found

    bool captions() const { return labels || keys; }
};

std::optional<std::size_t> pictures_in(const std::string& set);    // none: a stream, or not to be read

// done, or skipped when a picture could not be decoded; it is named.
ExitStatus write_set_sheet(const std::string& input, const std::string& output, const SetSheetOptions& options);

}    // namespace nonna
