#include "media/detect.h"

#include "base/error.h"
#include "media/opencv_threads.h"

#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <tuple>

namespace nonna {

namespace {

struct Kind {
    const char* name;
    const char* cascade;    // nullptr: HOG
    int window_height;      // the smallest thing the detector sees, in pixels
    double width_share;     // a thing's width over its height
    double step;            // from one scale to the next
    int neighbours;         // hits needed for a box
};

constexpr Kind kinds[] = {
    {"face", "haarcascade_frontalface_alt2.xml", 20, 1, 1.1, 4},
    {"catface", "haarcascade_frontalcatface.xml", 24, 1, 1.05, 4},
    {"body", "haarcascade_fullbody.xml", 28, 0.5, 1.05, 3},
    {"people", nullptr, 96, 0.5, 1.05, 2},
};

const Kind& kind_of(const std::string& name)
{
    for (const Kind& kind : kinds)
        if (name == kind.name)
            return kind;
    throw Error(name, "no such detector", ExitStatus::usage);
}

std::string cascade_path(const std::string& file)
{
    const char* const own = std::getenv("NONNA_CASCADES");
    std::error_code error;
    for (const std::string& folder : {std::string(own ? own : ""), std::string("/usr/share/opencv4/haarcascades"),
                                      std::string("/usr/share/opencv/haarcascades")})
        if (!folder.empty() && std::filesystem::exists(folder + "/" + file, error))
            return folder + "/" + file;
    throw Error(file, "cascade not found: install the package opencv-data");
}

}    // namespace

struct Detector::State {
    const Kind& kind;
    int min_size;
    double enlarge;
    cv::CascadeClassifier cascade;
    cv::HOGDescriptor hog;
    std::string parameters;

    State(const std::string& name, int wanted)
        : kind(kind_of(name)), min_size(wanted > 0 ? wanted : kind.window_height),
          enlarge(std::clamp(double(kind.window_height) / min_size, 1.0, 4.0))
    {
        char text[200];
        std::snprintf(text, sizeof text, "%s min-size=%d step=%g neighbours=%d", kind.cascade ? kind.cascade : "hog-default-people stride=8 padding=16",
                      min_size, kind.step, kind.neighbours);
        parameters = text;
        if (!kind.cascade)
            hog.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
        else if (const std::string path = cascade_path(kind.cascade); !cascade.load(path))
            throw Error(path, "not a cascade that OpenCV can read");
    }
};

const std::vector<std::string>& detector_names()
{
    static const std::vector<std::string> names = {"face", "catface", "body", "people"};
    return names;
}

Detector::Detector(const std::string& name, int min_size)
{
    keep_opencv_to_one_thread();
    state_ = std::make_unique<State>(name, min_size);
}

Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;

Detection Detector::detect(const Picture& picture)
{
    State& s = *state_;
    const std::vector<std::uint8_t> levels = grey(picture);
    cv::Mat image(picture.height, picture.width, CV_8UC1, const_cast<std::uint8_t*>(levels.data()));
    cv::Mat work = image;
    if (s.enlarge > 1)
        cv::resize(image, work, {}, s.enlarge, s.enlarge, cv::INTER_CUBIC);
    const double sx = double(work.cols) / picture.width, sy = double(work.rows) / picture.height;

    std::vector<cv::Rect> found;
    std::vector<double> scores;
    if (s.kind.cascade) {
        cv::Mat even;
        cv::equalizeHist(work, even);
        std::vector<int> hits;
        const int least = std::max(1, int(std::lround(s.min_size * s.enlarge)));
        s.cascade.detectMultiScale(even, found, hits, s.kind.step, s.kind.neighbours, 0,
                                   {std::max(1, int(std::lround(least * s.kind.width_share))), least}, {});
        scores.assign(hits.begin(), hits.end());
    } else if (work.cols >= 64 && work.rows >= 128) {
        s.hog.detectMultiScale(work, found, scores, 0, {8, 8}, {16, 16}, s.kind.step, s.kind.neighbours);
    }

    Detection result{s.kind.name, s.parameters, {}};
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double left = std::max(0.0, found[i].x / sx), top = std::max(0.0, found[i].y / sy);
        const double right = std::min(double(picture.width), (found[i].x + found[i].width) / sx);
        const double bottom = std::min(double(picture.height), (found[i].y + found[i].height) / sy);
        if (right - left >= 1 && bottom - top >= 1)
            result.boxes.push_back({left, top, right - left, bottom - top, scores[i]});
    }
    std::sort(result.boxes.begin(), result.boxes.end(), [](const Box& a, const Box& b) {
        return std::tie(a.y, a.x, a.height, a.width, a.score) < std::tie(b.y, b.x, b.height, b.width, b.score);
    });
    return result;
}

}    // namespace nonna
