// Private to this room: a decoded frame of libav to a Picture, the one place where matrices and ranges are chosen.
#pragma once

#include "media/picture.h"

#include <string>

struct AVFrame;

namespace nonna {

// Silences libav's log. Cheap; called before every other use of libav.
void settle_libav();

// Pixels as stored: not turned, not stretched. The matrix is the frame's own; where it names none, BT.601 below 720
// lines and BT.709 from there on (what players do). The range is the frame's own, limited where unspecified.
// Wide-gamut and HDR transfer curves are not mapped: their code values are taken as sRGB's. Transparency is laid over
// white. Error(subject) when libswscale cannot convert the format.
Picture picture_from_frame(const AVFrame& frame, const std::string& subject);

}    // namespace nonna
