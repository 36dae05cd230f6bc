// Private to this room: a decoded frame as it is to be seen. Crop, pixel aspect, rotation and mirroring of the
// container, one field of interlaced frames; colours are av_frame.h's.
#pragma once

#include "media/demuxer.h"
#include "media/video.h"

namespace nonna
{

// `size` as in FrameRequest. The square is centred in the upright frame; its corner lies on the stored frame's chroma
// grid, so it may be off the middle by less than one chroma sample.
VideoFrame shown_frame(Demuxer& demuxer, const AVFrame& frame, int size, double pts);

}    // namespace nonna
