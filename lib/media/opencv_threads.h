// Private to this room: keeps OpenCV's own thread pool out of the way of ours. Apart from av_frame.h, so that programs
// that only decode pictures do not load libav.
#pragma once

namespace nonna {

// OpenCV works in the calling thread from then on. Cheap; called before every use of OpenCV that could start threads.
void keep_opencv_to_one_thread();

}    // namespace nonna
