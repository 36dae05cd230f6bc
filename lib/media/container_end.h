// Private to this room: whether a container says itself that the file is longer than what is there.
//
// Looks at the outermost structure alone: the boxes of MP4 and QuickTime (also: media data but no index), the segment
// of Matroska, the chunks of AVI, the trailer of GIF. Of other containers nothing is known: false. It is asked only
// when a file gave nothing, to tell `truncated` from `damaged`. What cannot be read counts as zeros.
#pragma once

#include "base/descriptor.h"

#include <cstdint>

namespace nonna
{

bool ends_early(const Descriptor& file, std::int64_t size);

// Whether this is a HEIF file of pictures alone (HEIC, AVIF): items in a box `meta`, and no film.
bool is_still_heif(const Descriptor& file, std::int64_t size);

}    // namespace nonna
