// Detections into an image set: what nonna-dataset faces does.
//
// Every picture is looked at by one detector; its verdict (all boxes and scores, or "looked and found none") joins the
// sample's json, in place of an older verdict of the same detector. A sample that already has a verdict of this
// detector with the same parameters is not looked at, nor even decoded, unless `again`. `keep` then drops samples by
// whether a box has at least `min_score`; that rule is noted with the verdict of those that stay. The threshold is not
// part of the verdict, so another one costs no detection. Order, keys and pictures stay as they were. A picture that
// cannot be decoded is named and skipped.
//
// A detector a thread. Memory does not grow with the set, but for 40 bytes a key (io/image_stream.h).
#pragma once

#include "base/error.h"
#include "base/names.h"
#include "media/detect.h"

#include <optional>
#include <string>

namespace nonna
{

struct AnnotateOptions {
    enum class Keep { all, with, without };
    DetectorOptions detector;
    Keep keep = Keep::all;
    std::optional<double> min_score;    // none: the detector's standard_score
    bool again = false;
    int threads = 0;    // one for each processor
};

template <>
inline constexpr auto names_of<AnnotateOptions::Keep> = names<AnnotateOptions::Keep>({
    {AnnotateOptions::Keep::all, "all"},
    {AnnotateOptions::Keep::with, "with"},
    {AnnotateOptions::Keep::without, "without"},
});

// done, or skipped. Error when nothing was kept.
ExitStatus annotate_set(const std::string& input, const std::string& output, const AnnotateOptions& options);

// Whether a box of the verdict has at least `min_score`.
bool finds(const Detection& verdict, double min_score);

}    // namespace nonna
