// Detectors of faces, cat faces and people, by OpenCV.
//
//   face     Haar cascade haarcascade_frontalface_alt2, as in the paper
//   lbp      LBP cascade lbpcascade_frontalface_improved: frontal faces of 45 pixels and more, five times as fast
//   yunet    YuNet, a small network for faces, from the ONNX file `model` (outputs loc, conf, iou: its versions up to
//            2022, which OpenCV 4.6 reads)
//   catface  haarcascade_frontalcatface
//   body     haarcascade_fullbody         people   HOG + linear SVM (Dalal and Triggs), window 64x128
//
// Model to hold in mind: a Detector is a tool for one thread (OpenCV's classifiers are not thread-safe); make one for
// each. All but yunet look at grey levels alone. A verdict holds every box that the detector gives at its loosest, with
// a score: what counts as found is for whoever reads it to say, and `standard_score` says what is usual. A score is the
// number of overlapping hits behind a box (cascades, from 2), the SVM's margin (people) or the network's confidence
// (yunet, from 0.3): larger is surer, and nothing more. Hits rather than the cascades' last stage's sum: measured on
// 500 faces and 500 scenes, hits tell them apart better (area under the curve 0.987 to 0.980 for face, 0.979 to 0.970
// for lbp, whose sum has one value only).
//
// `min_size` is the height in pixels of the smallest thing looked for: where a detector's window shows things larger
// than that, the picture is enlarged first (at most fourfold). Boxes are in pixels of the picture given, cut at its
// border, and ordered by place.
//
// `max_side` bounds the work: a picture whose longer side has more pixels is brought to so many by area averaging and
// never enlarged; what is lower than the detector's window there is not found. How often that changes whether anything
// is found is in nonna-dataset-faces(1).
//
// Cascades are looked for in $NONNA_CASCADES, then in the folders of Debian's package opencv-data.
#pragma once

#include "media/picture.h"

#include <memory>
#include <string>
#include <vector>

namespace nonna
{

const std::vector<std::string>& detector_names();

// The least score of a box that is taken for the thing: 5 hits for face and catface and 4 for body (what OpenCV calls 4
// and 3 neighbours), 2 hits for lbp, a margin of 0 for people, a confidence of 0.9 for yunet.
double standard_score(const std::string& detector);

struct DetectorOptions {
    std::string name = "face";
    std::string model;    // yunet's file, and only yunet's
    int min_size = 0;     // 0: the detector's own
    int max_side = 0;     // 0: without a bound
};

class Detector
{
  public:
    explicit Detector(const DetectorOptions& options);
    ~Detector();
    Detector(Detector&&) noexcept;

    const std::string& name() const;
    // One line that names all that determines the verdict on a picture of this size: digest of the cascade or model,
    // step, least size ..., and the bound where the picture is larger, so that other verdicts stay those of earlier
    // versions.
    std::string parameters(int width, int height) const;
    bool sees_colour() const;    // else the luma of a picture is all it looks at

    Detection detect(const Picture& picture);
    Detection detect(const GreyPicture& picture);
    // Decodes what the detector looks at. Error as decode_picture.
    Detection detect_encoded(std::span<const std::byte> encoded, const std::string& subject);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
