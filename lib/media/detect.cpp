#include "media/detect.h"

#include "base/error.h"
#include "io/digest.h"
#include "media/opencv_threads.h"
#include "media/yunet.h"

#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <tuple>

namespace nonna
{

namespace
{

struct Kind {
    const char* name;
    const char* cascade;      // nullptr: none
    int window_height;        // the smallest thing the detector sees, in pixels
    double width_share;       // a thing's width over its height
    double step;              // from one scale to the next
    double standard_score;    // see detect.h
};

constexpr Kind kinds[] = {
    {"face", "haarcascade_frontalface_alt2.xml", 20, 1, 1.1, 5},
    {"lbp", "lbpcascade_frontalface_improved.xml", 45, 1, 1.1, 2},
    {"yunet", nullptr, YuNet::least_side, 1, 0, 0.9},
    {"catface", "haarcascade_frontalcatface.xml", 24, 1, 1.05, 5},
    {"body", "haarcascade_fullbody.xml", 28, 0.5, 1.05, 4},
    {"people", nullptr, 96, 0.5, 1.05, 0},
};

// OpenCV drops boxes with as many hits or fewer; it has no grouping that keeps single ones.
constexpr int cascade_neighbours = 1;
constexpr int people_neighbours = 2;

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
    const std::string kind = file.starts_with("lbp") ? "lbpcascades" : "haarcascades";
    for (const std::string& folder :
         {std::string(own ? own : ""), "/usr/share/opencv4/" + kind, "/usr/share/opencv/" + kind})
        if (!folder.empty() && std::filesystem::exists(folder + "/" + file, error))
            return folder + "/" + file;
    throw Error(file, "cascade not found: install the package opencv-data");
}

// Enough to tell files apart; the same digits begin the output of sha256sum.
std::string short_digest(const std::string& path) { return sha256_file(path).substr(0, 16); }

}    // namespace

struct Detector::State {
    const Kind& kind;
    int min_size, max_side;
    double enlarge;
    std::string name, parameters;
    cv::CascadeClassifier cascade;
    cv::HOGDescriptor hog;
    std::unique_ptr<YuNet> yunet;
    cv::Mat scaled, even;    // kept: no allocation a picture

    explicit State(const DetectorOptions& o)
        : kind(kind_of(o.name)), min_size(o.min_size > 0 ? o.min_size : kind.window_height), max_side(o.max_side),
          enlarge(std::clamp(double(kind.window_height) / min_size, 1.0, 4.0)), name(kind.name)
    {
        const bool network = name == "yunet";
        if (network && o.model.empty())
            throw Error("--model", "detector yunet needs the ONNX file of its network", ExitStatus::usage);
        if (!network && !o.model.empty())
            throw Error("--model", "goes with detector yunet", ExitStatus::usage);
        char text[200];
        if (network) {
            yunet = std::make_unique<YuNet>(o.model);
            std::snprintf(text, sizeof text, "yunet sha256=%s min-size=%d %s", short_digest(o.model).c_str(), min_size,
                          YuNet::parameters);
        } else if (kind.cascade) {
            const std::string path = cascade_path(kind.cascade);
            if (!load_cascade(path))
                throw Error(path, "not a cascade that OpenCV can read");
            std::snprintf(text, sizeof text, "%s sha256=%s min-size=%d step=%g neighbours=%d", kind.cascade,
                          short_digest(path).c_str(), min_size, kind.step, cascade_neighbours);
        } else {
            hog.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
            std::snprintf(text, sizeof text, "hog-default-people stride=8 padding=16 min-size=%d step=%g neighbours=%d",
                          min_size, kind.step, people_neighbours);
        }
        parameters = text;
    }

    bool load_cascade(const std::string& path)
    {
        keep_opencv_quiet();
        try {
            return cascade.load(path);
        } catch (const cv::Exception&) {
            return false;
        }
    }

    bool beyond(int width, int height) const { return max_side > 0 && std::max(width, height) > max_side; }

    std::string parameters_for(int width, int height) const
    {
        return beyond(width, height) ? parameters + " max-side=" + std::to_string(max_side) : parameters;
    }

    // `image`: grey, or for yunet red, green, blue. Boxes come back in the pixels of a picture of another scale, and
    // may stick out of it: they are brought to the given one's, cut at its border, and put into the order of their
    // places.
    Detection look(const cv::Mat& image)
    {
        cv::Mat work = image;
        double scale = enlarge;
        if (beyond(image.cols, image.rows)) {
            scale = double(max_side) / std::max(image.cols, image.rows);
            const auto side = [&](int pixels) { return std::max(1, int(std::lround(pixels * scale))); };
            cv::resize(image, scaled, {side(image.cols), side(image.rows)}, 0, 0, cv::INTER_AREA);
            work = scaled;
        } else if (enlarge > 1) {
            cv::resize(image, scaled, {}, enlarge, enlarge, cv::INTER_CUBIC);
            work = scaled;
        }
        std::vector<cv::Rect2d> found;
        std::vector<double> scores;
        find(work, std::max(min_size * scale, scale < 1 ? double(kind.window_height) : 0.0), found, scores);

        const double sx = double(work.cols) / image.cols, sy = double(work.rows) / image.rows;
        Detection result{name, parameters_for(image.cols, image.rows), {}, {}};
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double left = std::max(0.0, found[i].x / sx), top = std::max(0.0, found[i].y / sy);
            const double right = std::min(double(image.cols), (found[i].x + found[i].width) / sx);
            const double bottom = std::min(double(image.rows), (found[i].y + found[i].height) / sy);
            if (right - left >= 1 && bottom - top >= 1)
                result.boxes.push_back({left, top, right - left, bottom - top, scores[i]});
        }
        std::sort(result.boxes.begin(), result.boxes.end(), [](const Box& a, const Box& b) {
            return std::tie(a.y, a.x, a.height, a.width, a.score) < std::tie(b.y, b.x, b.height, b.width, b.score);
        });
        return result;
    }

  private:
    void find(const cv::Mat& work, double least_height, std::vector<cv::Rect2d>& found, std::vector<double>& scores)
    {
        if (yunet) {
            yunet->find(work, least_height, found, scores);
            return;
        }
        std::vector<cv::Rect> places;
        if (kind.cascade) {
            cv::equalizeHist(work, even);
            std::vector<int> hits;
            const int least = std::max(1, int(std::lround(least_height)));
            cascade.detectMultiScale(even, places, hits, kind.step, cascade_neighbours, 0,
                                     {std::max(1, int(std::lround(least * kind.width_share))), least}, {});
            scores.assign(hits.begin(), hits.end());
        } else if (work.cols >= 64 && work.rows >= 128) {
            hog.detectMultiScale(work, places, scores, 0, {8, 8}, {16, 16}, kind.step, people_neighbours);
        }
        found.assign(places.begin(), places.end());
    }
};

const std::vector<std::string>& detector_names()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Kind& kind : kinds)
            all.push_back(kind.name);
        return all;
    }();
    return names;
}

double standard_score(const std::string& detector) { return kind_of(detector).standard_score; }

Detector::Detector(const DetectorOptions& options)
{
    keep_opencv_to_one_thread();
    state_ = std::make_unique<State>(options);
}

Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;

const std::string& Detector::name() const { return state_->name; }
std::string Detector::parameters(int width, int height) const { return state_->parameters_for(width, height); }
bool Detector::sees_colour() const { return state_->yunet != nullptr; }

Detection Detector::detect(const Picture& picture)
{
    if (!sees_colour())
        return detect(GreyPicture{picture.width, picture.height, grey(picture)});
    return state_->look(cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data())));
}

Detection Detector::detect(const GreyPicture& picture)
{
    const cv::Mat image(picture.height, picture.width, CV_8UC1, const_cast<std::uint8_t*>(picture.levels.data()));
    if (!sees_colour())
        return state_->look(image);
    cv::Mat three;
    cv::cvtColor(image, three, cv::COLOR_GRAY2RGB);
    return state_->look(three);
}

Detection Detector::detect_encoded(std::span<const std::byte> encoded, const std::string& subject)
{
    return sees_colour() ? detect(decode_picture(encoded, subject)) : detect(decode_grey(encoded, subject));
}

}    // namespace nonna
