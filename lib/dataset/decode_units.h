// Units: a file each, a video or a picture, to the samples it gives or to the reason why it gives none.
//
// Model to hold in mind: every unit is decoded in a child process of its own under limits (base/children.h, which says
// what the caller must not do meanwhile: no threads, no libav or OpenCV in this process). Whatever a file does to its
// decoder costs that unit alone and ends in a code of media/reason.h: a crash `crashed`, the limit of time or processor
// time `timeout`, the limit of memory `out_of_memory`. Units come back in the order of production, for any number of
// processes with the same samples.
//
// A video gives the frames of `request` as JPEGs, or as PNGs. A picture (JPEG, PNG, WebP, PNM, told by its content,
// where `pictures` are wanted) goes through cut_sample (dataset/pack.h) with the side request.size; 0 keeps it as it
// is, and its bytes where any decoder would get the same pixels from them. Keys are sample_key(digest, number of the
// sample), so the same content gives the same keys whatever the file is called.
//
// A source with a tab or line break in it is refused (bad_name): no list or table could hold it.
//
// After interrupted() no unit is produced any more; those under way come back, then the call returns.
#pragma once

#include "base/children.h"
#include "media/picture.h"
#include "media/reason.h"
#include "media/video.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct UnitOptions {
    FrameRequest request;    // its max_pixels is set from the one below
    bool videos = true, pictures = false;
    bool lossless = false;                   // PNGs instead of JPEGs
    long max_pixels = default_max_pixels;    // of a frame or picture, before cutting
    bool hashes = false;                     // perceptual_hash of every sample
    std::string made_by;    // recorded in every sample's json: program, version, options that determine the result
    ChildLimits limits;
    int processes = 0;    // 0: one for each processor
};

struct UnitJob {
    std::string path;
    std::string source;                // as recorded; empty: the path
    std::string digest;                // SHA-256 of the content; empty: computed in the child
    std::optional<Refusal> refusal;    // found before (a walk's): the unit is this, nothing is opened
};

struct Unit {
    std::string path, source;
    std::string digest;                   // empty where the content could not be read
    std::vector<Sample> samples;          // at least one where ok
    std::vector<std::uint64_t> hashes;    // one a sample, where wanted
    std::string code, reason;             // where not ok: of media/reason.h, and for people
    bool ok() const { return code.empty(); }
};

void decode_units(const UnitOptions& options, const std::function<bool(UnitJob&)>& produce,
                  const std::function<void(Unit&)>& consume);

}    // namespace nonna
