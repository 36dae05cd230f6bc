// Private to this room: one video stream of one file, packet by packet and frame by frame (libav).
//
// A Demuxer reads a regular file through callbacks of its own: nothing else is ever opened, and reading ends after a
// multiple of the file's size. A FrameWalk decodes it in order, with one thread, and says of each frame whether it can
// be trusted (video.h, "Damage").
//
// Failure: Refusal, and std::bad_alloc where libav says that it had no memory.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "media/reason.h"

#include <cstdint>
#include <memory>
#include <string>

namespace nonna
{

struct PacketFree {
    void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct FrameFree {
    void operator()(AVFrame* f) const { av_frame_free(&f); }
};
using PacketPtr = std::unique_ptr<AVPacket, PacketFree>;
using FramePtr = std::unique_ptr<AVFrame, FrameFree>;
PacketPtr new_packet();
FramePtr new_frame();

class Demuxer
{
  public:
    Demuxer(const std::string& path, long max_pixels);    // Refusal, or std::bad_alloc
    ~Demuxer();
    Demuxer(const Demuxer&) = delete;
    Demuxer& operator=(const Demuxer&) = delete;

    bool read(AVPacket& packet);    // next packet of the stream, whole; false at the end
    bool seek(std::int64_t pts);    // to the last key frame at or before
    AVStream& stream() const { return *stream_; }
    AVFormatContext& format() const { return *format_; }
    bool seekable() const;    // a container whose index is worth trying
    const std::string& path() const { return path_; }
    // Of a file that gave nothing: `truncated` where the container or its index says that the file was longer, else
    // `otherwise`.
    Refusal nothing(Reason otherwise) const;

  private:
    struct File;
    std::string path_;
    std::unique_ptr<File> file_;
    AVIOContext* io_ = nullptr;
    AVFormatContext* format_ = nullptr;
    AVStream* stream_ = nullptr;
    void open(long max_pixels);
    const AVInputFormat* probe();
    void refuse_if_too_large(const AVStream& stream, long max_pixels) const;
    int checked(int status) const;
    void close();
};

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
    // the file is opened again.
    FrameWalk(Demuxer& demuxer, const PacketRow& row, FrameTimes times, long max_pixels);
    ~FrameWalk();

    bool next(AVFrame& frame);                     // false at the end
    std::int64_t time() const { return time_; }    // of the last frame, in the stream's time base or as a number
    bool trusted() const { return trusted_; }
    void start_at(const KeyPacket& key);    // go on from this packet, whatever was decoded before
    Demuxer& demuxer() { return demuxer_; }
    Refusal nothing() const;    // why there was no whole frame

  private:
    Demuxer& demuxer_;
    const PacketRow& row_;
    std::unique_ptr<Demuxer> again_;    // where the row holds no packets
    std::size_t next_ = 0;              // number of the packet to be read next
    bool found_ = false;                // packet_ is that packet already
    const long max_pixels_;
    int large_width_ = 0, large_height_ = 0;    // of a frame over the limit
    FrameTimes times_;
    bool draining_ = false, trusted_ = false, damaged_ = false;
    std::int64_t time_ = AV_NOPTS_VALUE, count_ = 0;
    AVCodecContext* codec_ = nullptr;
    PacketPtr packet_;
    void forget();
    bool read();
    void open_again();
    static int give_buffer(AVCodecContext* codec, AVFrame* frame, int flags);
};

// Whether every frame of this codec stands alone.
bool intra_only(AVCodecID codec);

}    // namespace nonna
