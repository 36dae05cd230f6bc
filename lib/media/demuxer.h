// Private to this room: one video stream of one file, packet by packet (libav).
//
// A Demuxer reads a regular file through callbacks of its own: nothing else is ever opened, and reading ends after a
// multiple of the file's size. Packets with holes are left out, and the next one says that something is missing before
// it. Times are those of one clock (stream_clock.h).
//
// Failure: Refusal, and std::bad_alloc where libav says that it had no memory.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "media/reason.h"
#include "media/stream_clock.h"

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
    // Whether nothing before this packet, as `read` gave it, leads up to it: packets between are missing, or another
    // recording begins.
    static bool begins_anew(const AVPacket& packet) { return packet.opaque != nullptr; }
    bool seek(std::int64_t pts);    // to the last key frame at or before
    AVStream& stream() const { return *stream_; }
    AVFormatContext& format() const { return *format_; }
    bool seekable() const;                                   // a container whose index is worth trying
    bool clock_jumped() const { return clock_.jumped(); }    // so that times do not lead to packets
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
    bool transport_ = false;    // an MPEG transport stream
    bool gap_ = false;          // something is missing before the next packet
    StreamClock clock_;
    bool suspicious_ = false;    // the packet before was marked as corrupt
    void open(long max_pixels);
    const AVInputFormat* probe();
    void refuse_if_too_large(const AVStream& stream, long max_pixels) const;
    int checked(int status) const;
    void close();
};

// The decoder of a stream; null where there is none. VP8 and VP9 keep transparency in a stream of its own beside each
// picture, which libav's own decoders pass over and those of libvpx do not.
const AVCodec* decoder_of(const AVStream& stream);

Refusal frame_too_large(const std::string& path, int width, int height, long max_pixels);

// Frames a second, 25 where the stream does not say, and how long one is shown, in ticks of the stream's clock.
double frame_rate(const AVStream& stream);
std::int64_t frame_ticks(const AVStream& stream);

// Whether every frame of this codec stands alone.
bool intra_only(AVCodecID codec);

}    // namespace nonna
