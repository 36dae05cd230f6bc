#include "media/demuxer.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "media/av_frame.h"
#include "media/container_end.h"
#include "media/regular_file.h"
#include "media/transport_packets.h"

#include <cmath>
#include <cstring>
#include <new>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace nonna
{

PacketPtr new_packet()
{
    PacketPtr p(av_packet_alloc());
    if (!p)
        throw std::bad_alloc();
    return p;
}

FramePtr new_frame()
{
    FramePtr f(av_frame_alloc());
    if (!f)
        throw std::bad_alloc();
    return f;
}

bool intra_only(AVCodecID codec)
{
    const AVCodecDescriptor* const about = avcodec_descriptor_get(codec);
    return about && about->props & AV_CODEC_PROP_INTRA_ONLY;
}

Refusal frame_too_large(const std::string& path, int width, int height, long max_pixels)
{
    return {path, Reason::too_large,
            "a frame of " + std::to_string(width) + "x" + std::to_string(height) +
                " pixels is larger than the limit of " + std::to_string(max_pixels)};
}

const AVCodec* decoder_of(const AVStream& stream)
{
    const AVCodecID id = stream.codecpar->codec_id;
    const AVDictionaryEntry* const alpha = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);
    if (alpha && std::string_view(alpha->value) == "1" && (id == AV_CODEC_ID_VP8 || id == AV_CODEC_ID_VP9))
        if (const AVCodec* const decoder =
                avcodec_find_decoder_by_name(id == AV_CODEC_ID_VP8 ? "libvpx" : "libvpx-vp9"))
            return decoder;
    return avcodec_find_decoder(id);
}

struct Demuxer::File {
    Descriptor descriptor;
    std::int64_t size = 0;
    std::int64_t budget = 0;    // bytes that may still be read
    int failure = 0;            // errno of a read that failed

    static int read(void* opaque, std::uint8_t* into, int n)
    {
        File& file = *static_cast<File*>(opaque);
        if (file.budget < n)
            return AVERROR_EOF;
        const ssize_t got = uninterrupted([&] { return ::read(file.descriptor.number(), into, std::size_t(n)); });
        if (got < 0) {
            file.failure = errno;
            return AVERROR(errno);
        }
        // A read at the end costs something too, or a demuxer could ask for ever.
        file.budget -= got > 0 ? got : n;
        return got == 0 ? AVERROR_EOF : int(got);
    }

    static std::int64_t seek(void* opaque, std::int64_t offset, int whence)
    {
        File& file = *static_cast<File*>(opaque);
        if (whence & AVSEEK_SIZE)
            return file.size;
        const off_t at = ::lseek(file.descriptor.number(), offset, whence & ~AVSEEK_FORCE);
        return at < 0 ? AVERROR(errno) : at;
    }
};

namespace
{

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

// Sizes are held against the limit also where libav decodes first frames to learn what the container does not say.
int find_stream_info(AVFormatContext& format, long max_pixels)
{
    std::vector<AVDictionary*> options(format.nb_streams, nullptr);
    for (AVDictionary*& one : options)
        av_dict_set_int(&one, "max_pixels", max_pixels, 0);
    const int status = avformat_find_stream_info(&format, options.data());
    for (AVDictionary*& one : options)
        av_dict_free(&one);
    return status;
}

bool is_encrypted(const AVStream& stream)
{
    return av_stream_get_side_data(&stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, nullptr) ||
           av_dict_get(stream.metadata, "enc_key_id", nullptr, 0) ||
           stream.codecpar->codec_tag == MKTAG('e', 'n', 'c', 'v');
}

}    // namespace

Demuxer::Demuxer(const std::string& path, long max_pixels) : path_(path), file_(std::make_unique<File>())
{
    settle_libav();
    try {
        open(max_pixels);
    } catch (...) {
        close();
        throw;
    }
}

static double seconds(AVRational r) { return r.den ? double(r.num) / r.den : 0; }

double frame_rate(const AVStream& stream)
{
    for (const AVRational rate : {stream.avg_frame_rate, stream.r_frame_rate})
        if (seconds(rate) > 0 && seconds(rate) < 1000)
            return seconds(rate);
    return 25;
}

std::int64_t frame_ticks(const AVStream& stream)
{
    return std::max<std::int64_t>(1, std::llround(1 / (frame_rate(stream) * av_q2d(stream.time_base))));
}

Demuxer::~Demuxer() { close(); }

void Demuxer::close()
{
    avformat_close_input(&format_);    // leaves custom I/O alone
    if (io_)
        av_freep(&io_->buffer);
    avio_context_free(&io_);
}

// A call of libav that had no memory, or whose read failed, says nothing about what is in the file.
int Demuxer::checked(int status) const
{
    if (status == AVERROR(ENOMEM))
        throw std::bad_alloc();
    if (file_->failure)
        throw Refusal(path_, Reason::unreadable, errno_reason(file_->failure));
    return status;
}

// An MP4's sample entry for encrypted video with its protection scheme, near the front: libav may refuse such a header
// before it says so.
static bool names_encryption(const Descriptor& file)
{
    std::string start(1 << 16, '\0');
    const ssize_t got = uninterrupted([&] { return ::pread(file.number(), start.data(), start.size(), 0); });
    start.resize(got > 0 ? std::size_t(got) : 0);
    return start.substr(0, 12).find("ftyp") == 4 && start.find("encv") != start.npos &&
           start.find("sinf") != start.npos;
}

Refusal Demuxer::nothing(Reason otherwise) const
{
    if (names_encryption(file_->descriptor))
        return {path_, Reason::encrypted};
    if (is_still_heif(file_->descriptor, file_->size))
        return {path_, Reason::still_picture, "a still picture (HEIF), not a video: convert it to JPEG or PNG"};
    bool early = ends_early(file_->descriptor, file_->size);
    if (stream_ && !early)
        for (int i = 0, n = avformat_index_get_entries_count(stream_); i < n && !early; ++i) {
            const AVIndexEntry* const entry = avformat_index_get_entry(stream_, i);
            early = entry && entry->pos >= 0 && entry->pos + entry->size > file_->size;
        }
    return {path_, early ? Reason::truncated : otherwise};
}

// From the bytes to a video stream that is worth decoding, and at every step to the one code that says why not. The
// order is from what costs least and lies least: the container's kind by its first bytes, its header, sizes it tells,
// and only then libav's search for what the header left open, which decodes.
void Demuxer::open(long max_pixels)
{
    file_->descriptor = open_regular(path_);
    file_->size = std::int64_t(file_->descriptor.size());
    file_->budget = 16 * file_->size + (std::int64_t(64) << 20);

    constexpr int piece = 1 << 16;
    auto* const buffer = static_cast<std::uint8_t*>(av_malloc(piece));
    io_ = buffer ? avio_alloc_context(buffer, piece, 0, file_.get(), File::read, nullptr, File::seek) : nullptr;
    format_ = avformat_alloc_context();
    if (!io_ || !format_)
        throw std::bad_alloc();
    const AVInputFormat* const kind = probe();

    format_->pb = io_;
    format_->flags |= AVFMT_FLAG_CUSTOM_IO;
    format_->io_open = refuse_to_open;
    format_->interrupt_callback = {interrupt_wanted, nullptr};
    int status = checked(avformat_open_input(&format_, nullptr, kind, nullptr));
    // Sizes that the container tells are looked at before libav's own limit sets them to 0.
    if (status >= 0)
        if (const AVStream* const s = choose_stream(*format_))
            refuse_if_too_large(*s, max_pixels);
    if (status >= 0)
        status = checked(find_stream_info(*format_, max_pixels));
    throw_if_interrupted();
    if (status == AVERROR_PATCHWELCOME)
        throw Refusal(path_, Reason::unsupported_format, "an unsupported variant of its container");
    if (status < 0)
        throw nothing(status == AVERROR_EOF ? Reason::truncated : Reason::damaged);
    transport_ = std::string_view(format_->iformat->name) == "mpegts";
    stream_ = choose_stream(*format_);
    if (!stream_)
        throw format_->nb_streams ? Refusal(path_, Reason::no_video_stream) : nothing(Reason::damaged);
    if (is_encrypted(*stream_))
        throw Refusal(path_, Reason::encrypted);
    refuse_if_too_large(*stream_, max_pixels);
    for (unsigned i = 0; i < format_->nb_streams; ++i)
        if (format_->streams[i] != stream_)
            format_->streams[i]->discard = AVDISCARD_ALL;
}

// The container's kind. No file name is given: what a file is called says nothing about what is in it.
const AVInputFormat* Demuxer::probe()
{
    const AVInputFormat* kind = nullptr;
    if (checked(av_probe_input_buffer2(io_, &kind, nullptr, nullptr, 0, 0)) < 0 || !kind)
        throw nothing(Reason::unknown_format);
    const std::string_view name = kind->name;
    if (is_one_of(name, {"hls", "dash", "concat", "imf", "sdp", "rtsp", "rtp"}))
        throw Refusal(path_, Reason::playlist);
    if (is_one_of(name, {"tty", "bin", "xbin", "adf", "idf"}))    // they draw any text as a picture
        throw Refusal(path_, Reason::unknown_format);
    if (name.ends_with("_pipe") || name == "image2" || name == "ico")
        throw Refusal(path_, Reason::still_picture);
    return kind;
}

void Demuxer::refuse_if_too_large(const AVStream& stream, long max_pixels) const
{
    const AVCodecParameters& p = *stream.codecpar;
    if (std::int64_t(p.width) * p.height > max_pixels)
        throw frame_too_large(path_, p.width, p.height, max_pixels);
}

// libav marks a picture as corrupt when it comes upon a hole, which is in that one or in the one after it. In a
// transport stream both are looked at; elsewhere libav is believed.
bool Demuxer::read(AVPacket& packet)
{
    for (;;) {
        throw_if_interrupted();
        av_packet_unref(&packet);
        if (checked(av_read_frame(format_, &packet)) < 0) {
            throw_if_interrupted();
            return false;
        }
        if (packet.stream_index != stream_->index || packet.size == 0)
            continue;
        if (av_packet_get_side_data(&packet, AV_PKT_DATA_ENCRYPTION_INFO, nullptr))
            throw Refusal(path_, Reason::encrypted);
        const bool begins_anew = std::exchange(gap_, false);
        const bool corrupt = packet.flags & AV_PKT_FLAG_CORRUPT;
        bool whole = !corrupt;
        if (std::exchange(suspicious_, corrupt) || corrupt) {
            const TransportLook look = look_at_transport(file_->descriptor, packet.pos);
            whole = transport_ ? look.whole : whole;
            gap_ = transport_ && look.gap_after;
        }
        if (!whole) {
            gap_ = true;
            continue;
        }
        const bool restarts = clock_.pass(packet, *stream_);
        packet.opaque = begins_anew || restarts ? this : nullptr;    // any pointer that is not null
        return true;
    }
}

bool Demuxer::seek(std::int64_t pts)
{
    gap_ = suspicious_ = false;
    clock_.forget();
    return checked(av_seek_frame(format_, stream_->index, pts, AVSEEK_FLAG_BACKWARD)) >= 0;
}

bool Demuxer::seekable() const
{
    const std::string_view name = format_->iformat->name;
    return name.starts_with("mov,") || name.starts_with("matroska,");
}

}    // namespace nonna
