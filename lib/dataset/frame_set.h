// Videos to an image set: what nonna-frames does.
//
// Each video is a unit (dataset/decode_units.h), decoded in a child process under limits. Samples come in the order of
// the videos, a video's frames by time. A content that came before is skipped and named, a video without a usable frame
// is named on stderr with its reason and code and skipped, one that has fewer frames than wanted is named and kept.
// With `recursive`, folders stand for the files in them that are named like videos (dataset/walk.h). Bytes written, and
// what is said, do not depend on the number of processes. Memory does not grow with the number of videos, but for 64
// bytes each that tell contents apart. The rules of base/children.h for the caller hold.
#pragma once

#include "base/error.h"
#include "dataset/decode_units.h"

#include <string>
#include <vector>

namespace nonna
{

struct FrameSetOptions {
    UnitOptions unit;
    bool recursive = false;
};

// done, or skipped when a video was left out. Error, and nothing written, when no video was readable.
ExitStatus write_frame_set(const std::vector<std::string>& videos, const std::string& output,
                           const FrameSetOptions& options);

}    // namespace nonna
