#include "media/demuxer.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "media/av_frame.h"
#include "media/packet_row.h"

#include <cstring>
#include <fcntl.h>
#include <new>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nonna {

PacketPtr new_packet()
{
    PacketPtr p(av_packet_alloc());
    return p ? std::move(p) : throw std::bad_alloc();
}

FramePtr new_frame()
{
    FramePtr f(av_frame_alloc());
    return f ? std::move(f) : throw std::bad_alloc();
}

bool intra_only(AVCodecID codec)
{
    const AVCodecDescriptor* const about = avcodec_descriptor_get(codec);
    return about && about->props & AV_CODEC_PROP_INTRA_ONLY;
}

int open_regular(const std::string& path, std::int64_t& size)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        throw Error(path, errno_reason());
    struct stat about;
    const bool known = ::fstat(fd, &about) == 0, regular = known && S_ISREG(about.st_mode);
    if (regular && about.st_size > 0) {
        size = about.st_size;
        return fd;
    }
    const std::string why = !known ? errno_reason() : regular ? reason::empty : reason::not_regular;
    ::close(fd);
    throw Error(path, why);
}

struct Demuxer::File {
    int fd = -1;
    std::int64_t size = 0;
    std::int64_t budget = 0;    // bytes that may still be read
    ~File()
    {
        if (fd >= 0)
            ::close(fd);
    }

    static int read(void* opaque, std::uint8_t* into, int n)
    {
        File& file = *static_cast<File*>(opaque);
        if (file.budget < n)
            return AVERROR_EOF;
        ssize_t got;
        do
            got = ::read(file.fd, into, std::size_t(n));
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return AVERROR(errno);
        // A read at the end costs something too, or a demuxer could ask for ever.
        file.budget -= got > 0 ? got : n;
        return got == 0 ? AVERROR_EOF : int(got);
    }

    static std::int64_t seek(void* opaque, std::int64_t offset, int whence)
    {
        File& file = *static_cast<File*>(opaque);
        if (whence & AVSEEK_SIZE)
            return file.size;
        const off_t at = ::lseek(file.fd, offset, whence & ~AVSEEK_FORCE);
        return at < 0 ? AVERROR(errno) : at;
    }
};

namespace {

bool is_one_of(std::string_view name, std::initializer_list<const char*> list)
{
    for (const char* const one : list)
        if (name == one)
            return true;
    return false;
}

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) { return AVERROR(EPERM); }

int interrupt_wanted(void*) { return interrupted(); }

// The container's own choice among real video streams: no cover pictures, no thumbnails.
AVStream* choose_stream(AVFormatContext& format)
{
    const auto real = [](const AVStream& s) {
        return s.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
               !(s.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS));
    };
    const int best = av_find_best_stream(&format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (best >= 0 && real(*format.streams[best]))
        return format.streams[best];
    for (unsigned i = 0; i < format.nb_streams; ++i)
        if (real(*format.streams[i]))
            return format.streams[i];
    return nullptr;
}

bool is_encrypted(const AVStream& stream)
{
    return av_stream_get_side_data(&stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, nullptr) ||
           av_dict_get(stream.metadata, "enc_key_id", nullptr, 0) ||
           stream.codecpar->codec_tag == MKTAG('e', 'n', 'c', 'v');
}

}    // namespace

Demuxer::Demuxer(const std::string& path) : path_(path), file_(std::make_unique<File>())
{
    settle_libav();
    try {
        open();
    } catch (...) {
        close();
        throw;
    }
}

Demuxer::~Demuxer() { close(); }

void Demuxer::close()
{
    avformat_close_input(&format_);    // leaves custom I/O alone
    if (io_)
        av_freep(&io_->buffer);
    avio_context_free(&io_);
}

void Demuxer::open()
{
    file_->fd = open_regular(path_, file_->size);
    file_->budget = 16 * file_->size + (std::int64_t(64) << 20);

    constexpr int piece = 1 << 16;
    auto* const buffer = static_cast<std::uint8_t*>(av_malloc(piece));
    io_ = buffer ? avio_alloc_context(buffer, piece, 0, file_.get(), File::read, nullptr, File::seek) : nullptr;
    format_ = avformat_alloc_context();
    if (!io_ || !format_)
        throw std::bad_alloc();

    // No file name is given: what a file is called says nothing about what is in it.
    const AVInputFormat* kind = nullptr;
    if (av_probe_input_buffer2(io_, &kind, nullptr, nullptr, 0, 0) < 0 || !kind)
        throw Error(path_, reason::unknown);
    const std::string_view name = kind->name;
    if (is_one_of(name, {"hls", "dash", "concat", "imf", "sdp", "rtsp", "rtp"}))
        throw Error(path_, reason::playlist);
    if (is_one_of(name, {"tty", "bin", "xbin", "adf", "idf"}))    // they draw any text as a picture
        throw Error(path_, reason::unknown);
    if (name.ends_with("_pipe") || name == "image2" || name == "ico")
        throw Error(path_, reason::still);

    format_->pb = io_;
    format_->flags |= AVFMT_FLAG_CUSTOM_IO;
    format_->io_open = refuse_to_open;
    format_->interrupt_callback = {interrupt_wanted, nullptr};
    if (avformat_open_input(&format_, nullptr, kind, nullptr) < 0 || avformat_find_stream_info(format_, nullptr) < 0)
        throw Error(path_, reason::container);
    throw_if_interrupted();
    stream_ = choose_stream(*format_);
    if (!stream_)
        throw Error(path_, format_->nb_streams ? reason::no_stream : reason::container);
    if (is_encrypted(*stream_))
        throw Error(path_, reason::encrypted);
    for (unsigned i = 0; i < format_->nb_streams; ++i)
        if (format_->streams[i] != stream_)
            format_->streams[i]->discard = AVDISCARD_ALL;
}

bool Demuxer::read(AVPacket& packet)
{
    for (;;) {
        throw_if_interrupted();
        av_packet_unref(&packet);
        if (av_read_frame(format_, &packet) < 0) {
            throw_if_interrupted();
            return false;
        }
        if (packet.stream_index != stream_->index || packet.size == 0 || packet.flags & AV_PKT_FLAG_CORRUPT)
            continue;
        if (av_packet_get_side_data(&packet, AV_PKT_DATA_ENCRYPTION_INFO, nullptr))
            throw Error(path_, reason::encrypted);
        return true;
    }
}

bool Demuxer::seek(std::int64_t pts)
{
    return av_seek_frame(format_, stream_->index, pts, AVSEEK_FLAG_BACKWARD) >= 0;
}

bool Demuxer::seekable() const
{
    const std::string_view name = format_->iformat->name;
    return name.starts_with("mov,") || name.starts_with("matroska,");
}

FrameWalk::FrameWalk(Demuxer& demuxer, const PacketRow& row, FrameTimes times)
    : demuxer_(demuxer), row_(row), times_(times), packet_(new_packet())
{
    const std::string& path = demuxer.path();
    const AVCodecParameters& parameters = *demuxer_.stream().codecpar;
    const AVCodec* const decoder = avcodec_find_decoder(parameters.codec_id);
    if (!decoder)
        throw Error(path, reason::codec);
    codec_ = avcodec_alloc_context3(decoder);
    if (!codec_)
        throw std::bad_alloc();
    codec_->thread_count = 1;
    codec_->max_pixels = default_max_pixels;
    const bool ready = avcodec_parameters_to_context(codec_, &parameters) >= 0;
    codec_->pkt_timebase = demuxer_.stream().time_base;
    const bool too_large = std::int64_t(parameters.width) * parameters.height > default_max_pixels;
    if (!ready || too_large || avcodec_open2(codec_, decoder, nullptr) < 0) {
        avcodec_free_context(&codec_);
        throw Error(path, too_large ? reason::too_large : reason::codec);
    }
    forget();
}

FrameWalk::~FrameWalk() { avcodec_free_context(&codec_); }

// At the start, and after a seek, nothing is trusted before a key frame: some decoders (MPEG-4 part 2) draw on grey
// without a word. Those of H.264 and HEVC hold back frames themselves until a recovery point, key frame or not.
void FrameWalk::forget()
{
    damaged_ = codec_->codec_id != AV_CODEC_ID_H264 && codec_->codec_id != AV_CODEC_ID_HEVC;
    draining_ = false;
}

void FrameWalk::open_again()
{
    again_.reset();    // two at a time would hold two buffers
    again_ = std::make_unique<Demuxer>(demuxer_.path());
    next_ = 0;
}

// The next packet into packet_.
bool FrameWalk::read()
{
    if (std::exchange(found_, false)) {
        ++next_;
        return true;
    }
    if (row_.held()) {
        throw_if_interrupted();
        av_packet_unref(packet_.get());
        if (next_ == row_.count())
            return false;
        if (av_packet_ref(packet_.get(), &row_.at(next_++)) < 0)
            throw std::bad_alloc();
        return true;
    }
    if (!again_)
        open_again();
    ++next_;
    return again_->read(*packet_);
}

void FrameWalk::start_at(const KeyPacket& key)
{
    avcodec_flush_buffers(codec_);
    forget();
    found_ = false;
    if (row_.held()) {
        next_ = key.number;
        return;
    }
    if (!again_)
        open_again();
    // A container is believed only when it leads to this very packet; the way through all packets before it always does.
    constexpr int reach = 512;
    if (again_->seekable() && again_->seek(key.pts)) {
        for (int i = 0; i < reach && !found_ && again_->read(*packet_); ++i)
            found_ = packet_->pts == key.pts && packet_->pos == key.place && packet_->size == key.size;
        next_ = key.number;
        if (found_)
            return;
        open_again();
    }
    if (next_ > key.number)
        open_again();
    while (next_ < key.number && again_->read(*packet_))
        ++next_;
}

bool FrameWalk::next(AVFrame& frame)
{
    for (;;) {
        av_frame_unref(&frame);
        const int got = avcodec_receive_frame(codec_, &frame);
        if (got == 0) {
            const bool whole = !(frame.flags & AV_FRAME_FLAG_CORRUPT) && !frame.decode_error_flags;
            const bool key = frame.key_frame || frame.pict_type == AV_PICTURE_TYPE_I || intra_only(codec_->codec_id);
            damaged_ = !whole || (damaged_ && !key);
            trusted_ = !damaged_;
            const bool stamped = times_ == FrameTimes::stamped && frame.pts != AV_NOPTS_VALUE;
            time_ = times_ == FrameTimes::counted ? count_++ : stamped ? frame.pts : frame.best_effort_timestamp;
            return true;
        }
        if (got != AVERROR(EAGAIN)) {
            if (draining_)
                return false;
            damaged_ = true;
        }
        if (draining_)
            return false;
        if (read()) {
            if (const int sent = avcodec_send_packet(codec_, packet_.get()); sent < 0 && sent != AVERROR(EAGAIN))
                damaged_ = true;
        } else {
            draining_ = true;
            avcodec_send_packet(codec_, nullptr);
        }
    }
}

}    // namespace nonna
