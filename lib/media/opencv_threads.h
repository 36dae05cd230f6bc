// Private to this room: keeps OpenCV's own thread pool, and its own messages, out of the way of ours. Apart from
// av_frame.h, so that programs that only decode pictures do not load libav.
#pragma once

namespace nonna
{

// OpenCV works in the calling thread from then on. Cheap; called before every use of OpenCV that could start threads.
void keep_opencv_to_one_thread();

// OpenCV writes nothing to standard error from then on; what it throws is an Error of ours before long. For uses in
// which a refusal is to be expected.
void keep_opencv_quiet();

}    // namespace nonna
