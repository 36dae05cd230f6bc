// Private to this room: one video stream decoded in order, and of each frame whether it can be trusted.
//
// Model to hold in mind: wherever something is missing or damaged, what follows is a video of its own that was cut off
// there. So after a gap in the packets (Demuxer::begins_anew), and after anything that the decoder objects to, the
// decoder gives what it still holds, forgets everything, and goes on with the next packet as at the start of a file.
// From a start on nothing is trusted before the first key frame that comes out, whatever the codec: some decoders draw
// on grey without a word (HEVC, MPEG-4), and pictures that are stored behind a key frame but shown before it may need
// what was there before. The decoder of H.264 knows recovery points that are no key frames, and holds frames back
// itself.
//
// Frames come out in the order of showing, damage happens in the order of decoding: packets are numbered in the order
// in which they are sent, each frame has the number of its packet, and in one stretch between two starts a frame is
// trusted when no packet up to its own was damaged. A frame waits until all that were begun before it have come out,
// because only then is it known whether they, which it may be predicted from, are whole.
#pragma once

#include "media/demuxer.h"

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <set>

namespace nonna
{

class PacketRow;
struct KeyPacket;

// What a frame's time is.
enum class FrameTimes {
    stamped,    // its packet's PTS
    guessed,    // libav's best guess from decoding times, where packets carry no PTS
    counted,    // its number, from 0
};

class FrameWalk
{
  public:
    // Decodes `row`, all the packets that `demuxer` gave; both must outlive the walk. Where the row holds no packets,
    // the file is opened again. Refusal, and std::bad_alloc where libav says that it had no memory.
    FrameWalk(Demuxer& demuxer, const PacketRow& row, FrameTimes times, long max_pixels);
    ~FrameWalk();
    FrameWalk(const FrameWalk&) = delete;
    FrameWalk& operator=(const FrameWalk&) = delete;

    bool next(AVFrame& frame);                     // false at the end
    std::int64_t time() const { return time_; }    // of the last frame, in the stream's time base or as a number
    bool trusted() const { return trusted_; }
    void start_at(const KeyPacket& key);    // go on from this packet, whatever was decoded before
    Refusal nothing() const;                // why there was no whole frame

  private:
    struct Decoded {
        FramePtr frame;
        std::int64_t number = 0;
        bool whole = false, trusted = false;
    };
    static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();

    Demuxer& demuxer_;
    const PacketRow& row_;
    std::unique_ptr<Demuxer> again_;    // where the row holds no packets
    std::size_t next_ = 0;              // number in the row of the packet to be read next
    bool found_ = false;                // packet_ is that packet already
    const long max_pixels_;
    int large_width_ = 0, large_height_ = 0;    // of a frame over the limit
    FrameTimes times_;
    std::int64_t time_ = AV_NOPTS_VALUE, count_ = 0;
    bool trusted_ = false;
    AVCodecContext* codec_ = nullptr;
    PacketPtr packet_;
    std::int64_t step_;    // from the frame before to the last one

    // The stretch between two starts.
    std::int64_t sent_ = 0;               // number of the packet sent last, from 1, over all stretches
    std::int64_t before_ = 0;             // number of the last packet before this stretch
    std::int64_t damaged_from_ = none;    // the first damaged packet
    bool key_seen_ = false;               // a key frame has come out
    bool any_begun_ = false;
    bool draining_ = false, row_ended_ = false, ended_ = false;
    int buffers_ = 0;                 // that the decoder asked for while it had the packet sent last
    std::set<std::int64_t> begun_;    // packets that began a frame which has not come out
    std::deque<Decoded> waiting_;     // until what was begun before has come out
    std::deque<Decoded> ready_;       // to be given by next()

    void start();
    void note_damage(std::int64_t number);
    void decode();
    void take(FramePtr frame);
    void settle_front();
    void feed();
    void drain();
    void send();
    bool read();
    void open_again();
    static int give_buffer(AVCodecContext* codec, AVFrame* frame, int flags);
};

}    // namespace nonna
