#include "media/opencv_threads.h"

#include <opencv2/core/utility.hpp>
#include <opencv2/core/utils/logger.hpp>

#include <mutex>

namespace nonna
{

void keep_opencv_to_one_thread()
{
    static std::once_flag once;
    std::call_once(once, [] { cv::setNumThreads(1); });
}

void keep_opencv_quiet()
{
    static std::once_flag once;
    std::call_once(once, [] {
        cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    });
}

}    // namespace nonna
