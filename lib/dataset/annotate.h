// Detections into an image set: what nonna-dataset faces does.
//
// Every picture is looked at by one detector; its verdict (boxes, or "looked and found none") joins the sample's json,
// in place of an older verdict of the same detector. `keep` then drops samples by whether anything was found. Order,
// keys and pictures stay as they were. A picture that cannot be decoded is named and skipped.
#pragma once

#include "base/error.h"

#include <string>

namespace nonna {

struct AnnotateOptions {
    enum class Keep { all, with, without };
    std::string detector = "face";
    Keep keep = Keep::all;
    int min_size = 0;    // see media/detect.h
    int threads = 1;
};

// done, or skipped. Error when nothing was kept.
ExitStatus annotate_set(const std::string& input, const std::string& output, const AnnotateOptions& options);

}    // namespace nonna
