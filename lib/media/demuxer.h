// Private to this room: one video stream of one file, packet by packet and frame by frame (libav).
//
// A Demuxer reads a regular file through callbacks of its own: nothing else is ever opened, and reading ends after a
// multiple of the file's size. A FrameWalk decodes it in order, with one thread, and says of each frame whether it can
// be trusted (video.h, "Damage").
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <cstdint>
#include <memory>
#include <string>

namespace nonna {

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

namespace reason {
inline constexpr const char* not_regular = "not a regular file";
inline constexpr const char* empty = "empty file";
inline constexpr const char* unknown = "not a known video container";
inline constexpr const char* still = "a still picture, not a video";
inline constexpr const char* playlist = "a playlist, not a video";
inline constexpr const char* container = "truncated or damaged container";
inline constexpr const char* no_stream = "no video stream";
inline constexpr const char* encrypted = "encrypted";
inline constexpr const char* codec = "unsupported codec";
inline constexpr const char* no_frames = "no frames in the video stream";
inline constexpr const char* no_whole_frame = "no undamaged frame";
inline constexpr const char* span = "no frame in the wanted span";
inline constexpr const char* format = "unsupported pixel format";
inline constexpr const char* too_large = "frame larger than the limit";
}    // namespace reason

// A regular file's descriptor, the caller's to close; Error otherwise. Never waits, as a FIFO would make it.
int open_regular(const std::string& path, std::int64_t& size);

class Demuxer {
  public:
    explicit Demuxer(const std::string& path);    // Error with one of the reasons above
    ~Demuxer();
    Demuxer(const Demuxer&) = delete;
    Demuxer& operator=(const Demuxer&) = delete;

    bool read(AVPacket& packet);    // next packet of the stream, whole; false at the end
    bool seek(std::int64_t pts);    // to the last key frame at or before
    AVStream& stream() const { return *stream_; }
    AVFormatContext& format() const { return *format_; }
    bool seekable() const;    // a container whose index is worth trying
    const std::string& path() const { return path_; }

  private:
    struct File;
    std::string path_;
    std::unique_ptr<File> file_;
    AVIOContext* io_ = nullptr;
    AVFormatContext* format_ = nullptr;
    AVStream* stream_ = nullptr;
    void open();
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

class FrameWalk {
  public:
    // Decodes `row`, all the packets that `demuxer` gave; both must outlive the walk. Where the row holds no packets,
    // the file is opened again.
    FrameWalk(Demuxer& demuxer, const PacketRow& row, FrameTimes times);
    ~FrameWalk();

    bool next(AVFrame& frame);    // false at the end
    std::int64_t time() const { return time_; }    // of the last frame, in the stream's time base or as a number
    bool trusted() const { return trusted_; }
    void start_at(const KeyPacket& key);    // go on from this packet, whatever was decoded before
    Demuxer& demuxer() { return demuxer_; }

  private:
    Demuxer& demuxer_;
    const PacketRow& row_;
    std::unique_ptr<Demuxer> again_;    // where the row holds no packets
    std::size_t next_ = 0;              // number of the packet to be read next
    bool found_ = false;                // packet_ is that packet already
    FrameTimes times_;
    bool draining_ = false, trusted_ = false, damaged_ = false;
    std::int64_t time_ = AV_NOPTS_VALUE, count_ = 0;
    AVCodecContext* codec_ = nullptr;
    PacketPtr packet_;
    void forget();
    bool read();
    void open_again();
};

// Whether every frame of this codec stands alone.
bool intra_only(AVCodecID codec);

}    // namespace nonna
