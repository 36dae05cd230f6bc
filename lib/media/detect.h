// Detectors of faces, cat faces and people: OpenCV's Haar cascades and its HOG people detector.
//
//   face     haarcascade_frontalface_alt2       catface  haarcascade_frontalcatface
//   body     haarcascade_fullbody               people   HOG + linear SVM (Dalal and Triggs), window 64x128
//
// Model to hold in mind: a Detector is a tool for one thread (OpenCV's classifiers are not thread-safe); make one for
// each. It looks at grey levels alone. `min_size` is the height in pixels of the smallest thing looked for: where a
// detector's window shows things larger than that, the picture is enlarged first (at most fourfold). Boxes are in
// pixels of the picture given, cut at its border, and ordered by place. A box's score is the number of overlapping
// hits behind it (cascades) or the SVM's margin (people): larger is surer, and nothing more.
//
// Cascades are looked for in $NONNA_CASCADES, then in the folders of Debian's package opencv-data.
#pragma once

#include "media/picture.h"

#include <memory>
#include <string>
#include <vector>

namespace nonna {

const std::vector<std::string>& detector_names();    // "face", "catface", "body", "people"

class Detector {
  public:
    Detector(const std::string& name, int min_size);    // min_size 0: the detector's own
    ~Detector();
    Detector(Detector&&) noexcept;

    Detection detect(const Picture& picture);    // `parameters` names all that determines the result

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
