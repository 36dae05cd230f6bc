// Private to this room: YuNet, through cv::FaceDetectorYN.
//
// Model: one network for one thread. OpenCV 4.6 reads the outputs of any network by name and trusts their sizes, so a
// file is tried here on an empty picture before that: three outputs, loc, conf and iou, of the sizes that a picture of
// 32x32 has.
#pragma once

#include <opencv2/core.hpp>
#include <opencv2/objdetect/face.hpp>

#include <string>
#include <vector>

namespace nonna
{

class YuNet
{
  public:
    static constexpr int least_side = 10;    // of its smallest anchors, in pixels
    static constexpr const char* parameters = "floor=0.3 nms=0.3 top=5000";

    explicit YuNet(const std::string& model);    // Error naming the file
    // In red, green, blue. Boxes at least `least_height` tall and their confidence.
    void find(const cv::Mat& picture, double least_height, std::vector<cv::Rect2d>& found, std::vector<double>& scores);

  private:
    std::string model_;
    cv::Ptr<cv::FaceDetectorYN> network_;
    cv::Mat blue_first_, faces_;
};

}    // namespace nonna
