#include "media/opencv_threads.h"

#include <opencv2/core/utility.hpp>

#include <mutex>

namespace nonna {

void keep_opencv_to_one_thread()
{
    static std::once_flag once;
    std::call_once(once, [] { cv::setNumThreads(1); });
}

}    // namespace nonna
