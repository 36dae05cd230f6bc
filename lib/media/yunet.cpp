#include "media/yunet.h"

#include "base/error.h"
#include "media/opencv_threads.h"

#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>

#include <filesystem>
#include <fstream>
#include <map>

namespace nonna
{

namespace
{

constexpr float score_floor = 0.3f, overlap = 0.3f;
constexpr int most_candidates = 5000;

// Of a 32x32 picture: 4x4 places of three anchors, 2x2 of two, 1 of two.
constexpr int probe_side = 32, probe_anchors = 4 * 4 * 3 + 2 * 2 * 2 + 2;

bool has_expected_outputs(const std::string& model)
{
    cv::dnn::Net net = cv::dnn::readNetFromONNX(model);
    net.setInput(cv::dnn::blobFromImage(cv::Mat(probe_side, probe_side, CV_8UC3, cv::Scalar(0, 0, 0))));
    for (const auto& [name, values] : std::map<std::string, int>{{"loc", 14}, {"conf", 2}, {"iou", 1}}) {
        const cv::Mat output = net.forward(name);
        if (output.type() != CV_32F || output.total() != std::size_t(probe_anchors * values))
            return false;
    }
    return true;
}

}    // namespace

YuNet::YuNet(const std::string& model) : model_(model)
{
    if (!std::ifstream(model))
        throw Error(model, errno_reason());
    if (!std::filesystem::is_regular_file(model))
        throw Error(model, "not a regular file");
    keep_opencv_quiet();
    try {
        if (!has_expected_outputs(model))
            throw Error(model, "not a YuNet network that OpenCV " CV_VERSION " can use");
        network_ =
            cv::FaceDetectorYN::create(model, "", {probe_side, probe_side}, score_floor, overlap, most_candidates);
    } catch (const cv::Exception&) {
        throw Error(model, "not a YuNet network (ONNX, outputs loc, conf, iou) that OpenCV " CV_VERSION " can use");
    }
}

void YuNet::find(const cv::Mat& picture, double least_height, std::vector<cv::Rect2d>& found,
                 std::vector<double>& scores)
{
    cv::cvtColor(picture, blue_first_, cv::COLOR_RGB2BGR);
    try {
        if (network_->getInputSize() != blue_first_.size())
            network_->setInputSize(blue_first_.size());
        network_->detect(blue_first_, faces_);
    } catch (const cv::Exception& e) {
        throw Error(model_, "the network failed: " + e.err);
    }
    // A row: left, top, width, height, five points of the face, confidence.
    for (int i = 0; i < faces_.rows; ++i) {
        const float* const row = faces_.ptr<float>(i);
        if (row[2] > 0 && row[3] >= least_height) {
            found.emplace_back(row[0], row[1], row[2], row[3]);
            scores.push_back(row[14]);
        }
    }
}

}    // namespace nonna
