// Private to this room: one clock for a stream whose own starts again or jumps.
//
// Model to hold in mind: recordings that were joined byte by byte (transport streams, VOB) each count from their own
// beginning, and clocks of receivers jump. Decoding times of packets rise by a frame's duration, so a step back by more
// than a quarter of a second is a new beginning, and so is a step of more than an hour: from there on times are shifted
// to go on a frame later. Streams without such steps keep their times.
//
// After a new beginning nothing leads up to its first packet, so a decoder has to start anew; where the clock alone
// jumps, it must not. A step back is taken for a new beginning, a step forward only at a key frame; a step back to
// where the clock was before it jumped forward is none.
#pragma once

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
}

#include <cstdint>

namespace nonna
{

class StreamClock
{
  public:
    // The next packet in the order of decoding: its times are shifted. Whether it begins anew.
    bool pass(AVPacket& packet, const AVStream& stream);
    bool jumped() const { return jumped_; }
    void forget() { *this = {}; }

  private:
    std::int64_t last_ = AV_NOPTS_VALUE;       // decoding time before the shift
    std::int64_t earlier_ = AV_NOPTS_VALUE;    // the same, before the last step forward
    std::int64_t end_ = AV_NOPTS_VALUE;        // of what is shown last, after the shift
    std::int64_t shift_ = 0, step_ = 0;
    bool jumped_ = false;
};

}    // namespace nonna
