// Frames of videos, each the one that a player would show at its time.
//
// Model to hold in mind: a video is a row of frames with presentation times (PTS). One pass over the packets, without
// decoding, finds every frame's time; the playing time reaches from the first frame's PTS to the end of the last
// frame. `span` cuts a part [begin, end) out of it, as fractions; a frame belongs to the span its PTS lies in, so
// disjoint spans share no frame. `pick` chooses times in the span, and the frame shown at such a time is decoded from
// the key frame before it. The pass keeps the packets in memory, so that decoding begins at that packet whatever the
// container; of streams too large for that, the file is read again, by the container's index where that leads to the
// very packet. A frame counts only when its PTS is the one wanted; else the stream is decoded from its start. Where
// packets carry decoding times alone (AVI with B-frames), a frame's PTS is libav's guess from them, which ffmpeg shows
// too; where they carry none (raw streams), frames are decoded and counted, and the time is count / frame rate. Where
// the clock starts again or jumps, times go on from those before (stream_clock.h).
//
// Damage: nothing is returned that comes before the first key frame, and nothing from a damaged or missing packet or
// frame to the next key frame (frame_walk.h); the nearest whole frame before the wanted one stands in, else the nearest
// after it. A truncated file is played as far as it goes.
//
// Pixels: the frame's own matrix, range and chroma siting (av_frame.h says which where it names none), the container's
// rotation and mirroring (quarter turns), and its pixel aspect. `size` > 0: the largest centred square (on the chroma
// grid), brought to size x size by area average, linearly where it grows. `size` 0: the whole frame, its width
// stretched so that pixels are square. Of a frame coded as interlaced only the field shown first is used: no picture
// mixes two moments. `decoding` says what was done.
//
// Result depends on the content of the file and the request alone. Only the named file is read (no playlists, no
// network, no device), the decoder has one thread, and reading is bounded by a multiple of the file's size, so that
// no file can hang a program. Calls may run in parallel.
//
// Failure: Refusal(path), with a code of media/reason.h; std::bad_alloc, also where libav had no memory.
#pragma once

#include "base/names.h"
#include "media/picture.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

struct FrameRequest {
    enum class Pick {
        random,    // times drawn uniformly from the span: Random(seed, frame_pick, first 8 bytes of the digest)
        middle,    // of `count` equal parts of the span, the middle of each
        first,     // the first `count` frames of the span
    };
    Pick pick = Pick::random;
    std::uint64_t seed = 0;
    int count = 1;    // distinct frames, fewer where the span has fewer
    double span_begin = 0, span_end = 1;
    int size = 200;

    void set_span(const std::string& text);    // "A:B"; Error with status usage
    long max_pixels = default_max_pixels;      // of a frame as it is stored
};

template <>
inline constexpr auto names_of<FrameRequest::Pick> = names<FrameRequest::Pick>({
    {FrameRequest::Pick::random, "random"},
    {FrameRequest::Pick::middle, "middle"},
    {FrameRequest::Pick::first, "first"},
});

struct VideoFrame {
    Picture picture;
    double pts = 0;    // seconds, of the frame really decoded, as the container counts, unless its clock jumps
    Decoding decoding;
};

// SHA-256 of a video's content. Only regular files are read: anything else could wait for ever.
std::string video_digest(const std::string& path);

// At least one frame, by ascending time. `digest` is the content's SHA-256 in hexadecimal.
std::vector<VideoFrame> decode_frames(const std::string& path, const std::string& digest, const FrameRequest& request);

}    // namespace nonna
