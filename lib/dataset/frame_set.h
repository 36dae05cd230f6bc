// Videos to an image set: what nonna-frames does.
//
// Samples come in the order of the videos, a video's frames by time; a sample's key is sample_key(sha256 of the
// video's content, number of the frame), so the same content gives the same key whatever the file is called. A content
// that came before is skipped and named. A video without a usable frame is named on stderr with its reason and
// skipped. Bytes written do not depend on `threads`.
#pragma once

#include "base/error.h"
#include "media/video.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna {

struct FrameSetOptions {
    FrameRequest request;
    int threads = 1;
    int quality = 95;         // of the JPEG members
    bool lossless = false;    // PNG members instead
    std::string made_by;    // recorded in every sample's json: program, version, options that determine the result
};

// done, or skipped when a video was left out. Error, and nothing written, when no video was readable.
ExitStatus write_frame_set(const std::vector<std::string>& videos, const std::string& output,
                           const FrameSetOptions& options);

}    // namespace nonna
