// What reading, decoding and writing cost nonna-dataset faces: its rate against that of the bare detector.
//   bench_detect SET.tar [lbp|face [ROUNDS]]
//
// Bare: OpenCV's call alone, on pictures decoded and equalised beforehand. Whole: annotate_set, all that the program
// does. A round runs both on one thread and on two, one after the other, so that what else the machine does hits all
// alike; medians of the rounds' ratios are printed. The ratio on one core is taken from processor time, which a busy
// machine does not falsify; the gain of two threads from the clock on the wall, beside what the bare detector gains
// from two threads, which is what the machine has to give.
#include "dataset/annotate.h"
#include "io/image_stream.h"
#include "media/picture.h"

#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

namespace
{

struct Cost {
    double wall, processor;
};

Cost cost(const std::function<void()>& run)
{
    const auto processor = [] {
        timespec now{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
    };
    const auto start = std::chrono::steady_clock::now();
    const double before = processor();
    run();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), processor() - before};
}

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
    return values[values.size() / 2];
}

std::size_t bare(const std::string& cascade, int least, const std::vector<cv::Mat>& pictures, std::size_t from,
                 std::size_t step)
{
    cv::CascadeClassifier classifier(cascade);
    std::size_t boxes = 0;
    for (std::size_t i = from; i < pictures.size(); i += step) {
        std::vector<cv::Rect> found;
        std::vector<int> hits;
        classifier.detectMultiScale(pictures[i], found, hits, 1.1, 1, 0, {least, least}, {});
        boxes += found.size();
    }
    return boxes;
}

}    // namespace

int main(int argc, char** argv)
try {
    if (argc < 2) {
        std::fprintf(stderr, "usage: bench_detect SET.tar [lbp|face [ROUNDS]]\n");
        return 2;
    }
    const std::string set = argv[1], name = argc > 2 ? argv[2] : "lbp";
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
    const bool lbp = name == "lbp";
    const std::string cascade = lbp ? "/usr/share/opencv4/lbpcascades/lbpcascade_frontalface_improved.xml"
                                    : "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml";
    const int least = lbp ? 45 : 20;
    cv::setNumThreads(1);

    std::vector<cv::Mat> pictures;
    nonna::ImageReader reader(set);
    while (const auto sample = reader.next()) {
        nonna::GreyPicture grey = nonna::decode_grey(sample->picture, sample->key);
        cv::Mat even;
        cv::equalizeHist(cv::Mat(grey.height, grey.width, CV_8UC1, grey.levels.data()), even);
        pictures.push_back(even);
    }
    char folder[] = "/tmp/nonna-bench-XXXXXX";
    if (!::mkdtemp(folder))
        return 1;
    const auto whole = [&](int threads) {
        nonna::AnnotateOptions options;
        options.detector.name = name;
        options.threads = threads;
        return cost([&] { nonna::annotate_set(set, std::string(folder) + "/out.tar", options); });
    };

    std::vector<double> one_core, gain, bare_gain;
    for (int round = 0; round < rounds; ++round) {
        const Cost bare1 = cost([&] { bare(cascade, least, pictures, 0, 1); });
        const Cost whole1 = whole(1);
        const Cost bare2 = cost([&] {
            std::jthread other([&] { bare(cascade, least, pictures, 1, 2); });
            bare(cascade, least, pictures, 0, 2);
        });
        const Cost whole2 = whole(2);
        one_core.push_back(bare1.processor / whole1.processor);
        gain.push_back(whole1.wall / whole2.wall);
        bare_gain.push_back(bare1.wall / bare2.wall);
        std::printf("round %d: pictures a second: bare %.1f, whole %.1f, bare on two %.1f, whole on two %.1f\n",
                    round + 1, double(pictures.size()) / bare1.wall, double(pictures.size()) / whole1.wall,
                    double(pictures.size()) / bare2.wall, double(pictures.size()) / whole2.wall);
        std::fflush(stdout);
    }
    std::filesystem::remove_all(folder);
    std::printf("whole / bare, processor time on one core: %.3f\n", median(one_core));
    std::printf("whole, two threads / one: %.2f (bare: %.2f)\n", median(gain), median(bare_gain));
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "bench_detect: %s\n", e.what());
    return 1;
}
