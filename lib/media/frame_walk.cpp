#include "media/frame_walk.h"

#include "base/interrupt.h"
#include "media/packet_row.h"

#include <algorithm>
#include <new>
#include <utility>

namespace nonna
{

namespace
{

// No decoder holds more frames back than this while it brings them into the order of showing.
constexpr std::size_t most_waiting = 16;

// Whether what is decoded after this frame needs nothing from before it. An I picture does that for older codecs alone:
// in H.264, HEVC, VP9 and AV1 pictures behind it may reach past it.
bool is_key(const AVFrame& frame, AVCodecID codec)
{
    if (frame.key_frame || intra_only(codec))
        return true;
    const bool far_references = codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VP8 ||
                                codec == AV_CODEC_ID_VP9 || codec == AV_CODEC_ID_AV1;
    return !far_references && frame.pict_type == AV_PICTURE_TYPE_I;
}

}    // namespace

FrameWalk::FrameWalk(Demuxer& demuxer, const PacketRow& row, FrameTimes times, long max_pixels)
    : demuxer_(demuxer), row_(row), max_pixels_(max_pixels), times_(times), packet_(new_packet()),
      step_(frame_ticks(demuxer.stream()))
{
    const std::string& path = demuxer.path();
    const AVCodecParameters& parameters = *demuxer_.stream().codecpar;
    const AVCodec* const decoder = decoder_of(demuxer.stream());
    if (!decoder)
        throw Refusal(path, Reason::unsupported_codec);
    codec_ = avcodec_alloc_context3(decoder);
    if (!codec_)
        throw std::bad_alloc();
    codec_->thread_count = 1;
    // libav's own limit ends in an error like any other, so it serves those alone that do not ask give_buffer.
    if (decoder->wrapper_name)
        codec_->max_pixels = max_pixels;
    codec_->opaque = this;
    codec_->get_buffer2 = give_buffer;
    int status = avcodec_parameters_to_context(codec_, &parameters);
    codec_->pkt_timebase = demuxer_.stream().time_base;
    if (status >= 0)
        status = avcodec_open2(codec_, decoder, nullptr);
    if (status < 0) {
        avcodec_free_context(&codec_);
        if (status == AVERROR(ENOMEM))
            throw std::bad_alloc();
        throw Refusal(path, status == AVERROR_INVALIDDATA ? Reason::damaged : Reason::unsupported_codec);
    }
    start();
}

FrameWalk::~FrameWalk() { avcodec_free_context(&codec_); }

int FrameWalk::give_buffer(AVCodecContext* codec, AVFrame* frame, int flags)
{
    FrameWalk& walk = *static_cast<FrameWalk*>(codec->opaque);
    if (std::int64_t(frame->width) * frame->height <= walk.max_pixels_) {
        ++walk.buffers_;
        return avcodec_default_get_buffer2(codec, frame, flags);
    }
    walk.large_width_ = frame->width;
    walk.large_height_ = frame->height;
    return AVERROR(EINVAL);
}

Refusal FrameWalk::nothing() const
{
    return large_width_ ? frame_too_large(demuxer_.path(), large_width_, large_height_, max_pixels_)
                        : demuxer_.nothing(Reason::no_whole_frame);
}

void FrameWalk::start()
{
    avcodec_flush_buffers(codec_);
    before_ = sent_;
    damaged_from_ = none;
    key_seen_ = codec_->codec_id == AV_CODEC_ID_H264;
    any_begun_ = draining_ = false;
    begun_.clear();
    waiting_.clear();
}

void FrameWalk::note_damage(std::int64_t number) { damaged_from_ = std::min(damaged_from_, number); }

void FrameWalk::open_again()
{
    again_.reset();    // two at a time would hold two buffers
    again_ = std::make_unique<Demuxer>(demuxer_.path(), max_pixels_);
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
    start();
    ready_.clear();
    time_ = AV_NOPTS_VALUE;
    found_ = row_ended_ = ended_ = false;
    if (row_.held()) {
        next_ = key.number;
        return;
    }
    if (!again_)
        open_again();
    // A container is believed only when it leads to this very packet; the way through all packets before it always
    // does.
    constexpr int reach = 512;
    if (again_->seekable() && !demuxer_.clock_jumped() && again_->seek(key.pts)) {
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
    av_frame_unref(&frame);
    while (ready_.empty()) {
        if (ended_)
            return false;
        decode();
    }
    av_frame_move_ref(&frame, ready_.front().frame.get());
    trusted_ = ready_.front().trusted;
    ready_.pop_front();
    const std::int64_t before = time_;
    if (times_ == FrameTimes::counted)
        time_ = count_++;
    else if (times_ == FrameTimes::stamped && frame.pts != AV_NOPTS_VALUE)
        time_ = frame.pts;
    else if (frame.best_effort_timestamp != AV_NOPTS_VALUE || time_ == AV_NOPTS_VALUE)
        time_ = frame.best_effort_timestamp;
    else    // libav guesses by the packet that is sent meanwhile, and behind the last one there is none
        time_ += step_;
    if (before != AV_NOPTS_VALUE && time_ > before)
        step_ = time_ - before;
    return true;
}

// One step: a frame out of the decoder, or, where it has none, a packet into it.
void FrameWalk::decode()
{
    FramePtr frame = new_frame();
    const int got = avcodec_receive_frame(codec_, frame.get());
    if (got == AVERROR(ENOMEM))
        throw std::bad_alloc();
    if (got == 0) {
        take(std::move(frame));
    } else if (draining_) {
        while (!waiting_.empty())
            settle_front();
        ended_ = row_ended_;
        start();
    } else {
        if (got != AVERROR(EAGAIN))
            note_damage(sent_);
        feed();
    }
}

void FrameWalk::take(FramePtr frame)
{
    const std::int64_t number = frame->reordered_opaque;
    const bool whole = !(frame->flags & AV_FRAME_FLAG_CORRUPT) && !frame->decode_error_flags;
    if (!whole)
        note_damage(number);
    begun_.erase(number);
    waiting_.push_back({std::move(frame), number, whole});
    while (!waiting_.empty() &&
           (begun_.empty() || *begun_.begin() > waiting_.front().number || waiting_.size() > most_waiting))
        settle_front();
}

void FrameWalk::settle_front()
{
    Decoded& front = waiting_.front();
    key_seen_ = key_seen_ || (front.whole && is_key(*front.frame, codec_->codec_id));
    front.trusted = front.whole && key_seen_ && front.number > before_ && front.number < damaged_from_;
    ready_.push_back(std::move(front));
    waiting_.pop_front();
}

void FrameWalk::feed()
{
    if (damaged_from_ != none) {
        drain();
    } else if (!read()) {
        row_ended_ = true;
        drain();
    } else if (Demuxer::begins_anew(*packet_) && sent_ > before_) {
        found_ = true;    // it comes first in the next stretch
        --next_;
        drain();
    } else {
        send();
    }
}

void FrameWalk::drain()
{
    draining_ = true;
    avcodec_send_packet(codec_, nullptr);
}

// A decoder works while it is given a packet, so the buffers that it asks for meanwhile belong to that packet. Where a
// picture of H.264 or HEVC refers to one that is not there, the decoder invents it and says nothing; but it needs a
// second buffer for that. At the start of a stretch references to what was before are no fault.
void FrameWalk::send()
{
    codec_->reordered_opaque = ++sent_;
    buffers_ = 0;
    const int sent = avcodec_send_packet(codec_, packet_.get());
    if (sent == AVERROR(ENOMEM))
        throw std::bad_alloc();
    if (sent < 0 && sent != AVERROR(EAGAIN))
        note_damage(sent_);
    if (buffers_ == 0)
        return;
    const bool one_picture = codec_->codec_id == AV_CODEC_ID_H264 || codec_->codec_id == AV_CODEC_ID_HEVC;
    if (one_picture && any_begun_ && buffers_ > 1)
        note_damage(sent_);
    any_begun_ = true;
    begun_.insert(sent_);
}

}    // namespace nonna
