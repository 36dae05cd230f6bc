// Private to this room: a decoded frame of libav to a Picture, the one place where matrices and ranges are chosen.
#pragma once

#include "media/picture.h"

#include <string>

struct AVFrame;

namespace nonna
{

// Silences libav's log. Cheap; called before every other use of libav.
void settle_libav();

// What is taken of a stored frame: the rectangle, its left and upper edge on the chroma grid (chroma_grid), and the
// size it is brought to. Of an interlaced frame only the field shown first is read, every second line of the rectangle.
struct FrameCut {
    int x = 0, y = 0, width = 0, height = 0;
    int to_width = 0, to_height = 0;
    bool one_field = false;
};

// Columns and lines that share one chroma sample; a cut starts at a multiple of them.
struct ChromaGrid {
    int columns = 1, lines = 1;
};
ChromaGrid chroma_grid(const AVFrame& frame);

// Cuts, scales and converts in one go of libswscale: area average where a side shrinks, linear where it grows; `smooth`
// takes cubic instead, for frames that keep their size (only chroma is then interpolated). Not turned.
//
// Matrix, range and chroma siting are the frame's own. Where it names no matrix: BT.709 for 1280 columns or more than
// 576 lines, BT.601 below (what players do). An unnamed range is limited, of grey full; unnamed siting is centred.
// Wide-gamut and HDR transfer curves are not mapped: their code values are taken as sRGB's. Transparency is laid over
// white before scaling. `how` receives format, matrix, range, chroma, transfer, guessed and field.
// Error(subject) when libswscale cannot convert the format.
Picture picture_from_frame(const AVFrame& frame, const FrameCut& cut, bool smooth, const std::string& subject,
                           Decoding& how);

}    // namespace nonna
