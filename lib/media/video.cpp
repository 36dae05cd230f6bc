#include "media/video.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "io/digest.h"
#include "media/demuxer.h"
#include "media/frame_walk.h"
#include "media/packet_row.h"
#include "media/reason.h"
#include "media/regular_file.h"
#include "media/shown_frame.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

namespace nonna
{

namespace
{

// When each frame is shown, in ticks of `base` seconds, ascending and distinct; `end` is the end of the last one.
struct Timeline {
    std::vector<std::int64_t> times;
    std::int64_t end = 0;
    double base = 1;
    FrameTimes kind = FrameTimes::stamped;
    bool keys_trusted = false;    // the packets that call themselves key frames can be begun at
};

void sort_unique(std::vector<std::int64_t>& v)
{
    std::sort(v.begin(), v.end());
    v.erase(std::unique(v.begin(), v.end()), v.end());
}

// Of streams without times: decode everything once and count.
Timeline count_frames(Demuxer& demuxer, const PacketRow& row, long max_pixels)
{
    Timeline line;
    line.kind = FrameTimes::counted;
    FrameWalk walk(demuxer, row, line.kind, max_pixels);
    line.base = 1 / frame_rate(demuxer.stream());
    for (const FramePtr frame = new_frame(); walk.next(*frame);)
        if (walk.trusted())
            line.times.push_back(walk.time());
    if (line.times.empty())
        throw walk.nothing();
    line.end = line.times.back() + 1;
    return line;
}

bool even(const std::vector<std::int64_t>& times)
{
    for (std::size_t i = 2; i < times.size(); ++i)
        if (times[i] - times[i - 1] != times[1] - times[0])
            return false;
    return true;
}

// Of streams whose packets carry decoding times alone, one after the other (AVI with B-frames): the n-th frame is shown
// a constant time after the n-th packet is decoded, as much as the first frame comes after the first packet.
std::optional<Timeline> shift_decoding_times(Demuxer& demuxer, const PacketRow& row, std::vector<std::int64_t> dts,
                                             long max_pixels)
{
    const bool missing = dts.empty() || std::find(dts.begin(), dts.end(), AV_NOPTS_VALUE) != dts.end();
    if (missing || std::adjacent_find(dts.begin(), dts.end(), std::greater_equal<>()) != dts.end())
        return {};
    FrameWalk walk(demuxer, row, FrameTimes::guessed, max_pixels);
    const FramePtr frame = new_frame();
    if (!walk.next(*frame) || walk.time() < dts.front())
        return {};
    Timeline line;
    line.kind = FrameTimes::guessed;
    line.base = av_q2d(demuxer.stream().time_base);
    if (!even(dts)) {    // frames were left out: libav's guesses are not that regular, and all of them are needed
        do
            if (walk.trusted() && walk.time() != AV_NOPTS_VALUE)
                line.times.push_back(walk.time());
        while (walk.next(*frame));
        if (line.times.empty())
            throw walk.nothing();
        sort_unique(line.times);
        line.end = line.times.back() + frame_ticks(demuxer.stream());
        return line;
    }
    const std::int64_t delay = walk.time() - dts.front();
    for (std::int64_t& t : dts)
        t += delay;
    line.end = dts.back() + (dts.size() > 1 ? dts.back() - dts[dts.size() - 2] : 1);
    line.times = std::move(dts);
    return line;
}

struct PacketTimes {
    std::int64_t pts, dts, duration;
    bool shown;    // not outside the edit list
    bool b;        // a B picture of MPEG-1 or MPEG-2
};

// By its picture header: start code, 10 bits of the order of showing, 3 of the kind.
bool holds_b_picture(const AVPacket& packet)
{
    constexpr std::string_view start("\0\0\1\0", 4);
    const std::string_view bytes(reinterpret_cast<const char*>(packet.data), std::size_t(packet.size));
    const std::size_t at = bytes.find(start);
    return at != bytes.npos && at + 5 < bytes.size() && (static_cast<unsigned char>(bytes[at + 5]) >> 3 & 7) == 3;
}

bool is_mpeg12(const AVStream& stream)
{
    const AVCodecID codec = stream.codecpar->codec_id;
    return codec == AV_CODEC_ID_MPEG1VIDEO || codec == AV_CODEC_ID_MPEG2VIDEO;
}

// Program streams (VOB) have a time for some pictures only. The decoder shows a B picture as it is decoded, and any
// other when the next such one is decoded, except where there are no B pictures and none is held back. So libav's best
// guess is known without decoding.
void fill_in_times(std::vector<PacketTimes>& packets, const AVStream& stream)
{
    bool held_back = false;
    for (const PacketTimes& p : packets)
        held_back = held_back || p.b || (p.pts != AV_NOPTS_VALUE && p.dts != AV_NOPTS_VALUE && p.pts > p.dts);
    PacketTimes* before = nullptr;    // the last one that is not a B picture and waits for its time
    for (PacketTimes& p : packets) {
        if (!p.b && before)
            before->pts = p.dts;
        if (!p.b)
            before = p.pts == AV_NOPTS_VALUE && held_back ? &p : nullptr;
        if (p.pts == AV_NOPTS_VALUE && !before)
            p.pts = p.dts;
        else if (p.b && p.pts == AV_NOPTS_VALUE)
            p.pts = p.dts;
    }
    if (!before)
        return;
    // Nothing is decoded after it: it comes as long after the last as that one after the one before (FrameWalk, too).
    std::vector<std::int64_t> times;
    for (const PacketTimes& p : packets)
        if (p.pts != AV_NOPTS_VALUE)
            times.push_back(p.pts);
    sort_unique(times);
    if (times.size() > 1)
        before->pts = 2 * times.back() - times[times.size() - 2];
    else if (!times.empty())
        before->pts = times.back() + frame_ticks(stream);
}

// One pass over the packets: whatever the container claims of its length or its frames, this is what is in it. Which of
// three times can be believed is decided by what the packets carry: presentation times where most have one, or it can
// be told, decoding times shifted where these rise, counting where there is neither.
Timeline find_times(Demuxer& demuxer, PacketRow& row, long max_pixels)
{
    Timeline line;
    const std::string& path = demuxer.path();
    const AVStream& stream = demuxer.stream();
    if (!decoder_of(stream))
        throw Refusal(path, Reason::unsupported_codec);
    std::size_t packets = 0, timed = 0, keys = 0;
    std::vector<PacketTimes> all;
    const bool mpeg12 = is_mpeg12(stream);
    for (const PacketPtr packet = new_packet(); demuxer.read(*packet);) {
        row.add(*packet);
        all.push_back({packet->pts, packet->dts, packet->duration, !(packet->flags & AV_PKT_FLAG_DISCARD),
                       mpeg12 && holds_b_picture(*packet)});
        ++packets;
        keys += packet->flags & AV_PKT_FLAG_KEY ? 1 : 0;
        timed += packet->pts != AV_NOPTS_VALUE ? 1 : 0;
    }
    const bool keys_trusted = keys < packets || intra_only(stream.codecpar->codec_id);
    // The second fields of interlaced pictures carry no time; where more than that is missing, none is to be believed.
    // AVI has no times at all: those that are there libav has worked out, and only for some kinds of frames.
    const bool some_missing = timed < packets && !mpeg12 && std::string_view(demuxer.format().iformat->name) == "avi";
    const bool filled = mpeg12 && timed > 0 && timed < packets;
    if (filled)
        fill_in_times(all, stream);
    std::int64_t last = AV_NOPTS_VALUE, last_duration = 0;    // AV_NOPTS_VALUE is the least number
    for (const PacketTimes& p : all) {
        if (p.pts == AV_NOPTS_VALUE || !p.shown)    // the second are decoded, never shown
            continue;
        if (p.pts >= last) {
            last = p.pts;
            last_duration = p.duration;
        }
        line.times.push_back(p.pts);
    }
    const bool stamped =
        (filled ? line.times.size() : timed) * 5 >= packets * 2 && !line.times.empty() && !some_missing;
    row.settle(!stamped);
    if (packets == 0)
        throw demuxer.nothing(Reason::no_frames);
    if (!stamped) {
        std::vector<std::int64_t> dts;
        for (const PacketTimes& p : all)
            dts.push_back(p.dts);
        std::optional<Timeline> shifted = shift_decoding_times(demuxer, row, std::move(dts), max_pixels);
        if (!shifted)
            return count_frames(demuxer, row, max_pixels);
        shifted->keys_trusted = keys_trusted;
        return *shifted;
    }
    sort_unique(line.times);
    line.base = av_q2d(stream.time_base);
    if (last_duration <= 0)
        last_duration = frame_ticks(stream);
    line.end = line.times.back() + last_duration;
    // "Every packet is a key frame" is a missing table, not a fact, unless the codec says so.
    line.keys_trusted = keys_trusted;
    return line;
}

// The wanted frames' times, distinct and ascending. Times are drawn, not frames: a frame that is shown longer is
// likelier, as it is for somebody who looks in at a random moment.
std::vector<std::int64_t> pick_times(const Timeline& line, const std::string& path, const std::string& digest,
                                     const FrameRequest& request)
{
    const double start = double(line.times.front()), length = double(line.end) - start;
    const double begin = start + request.span_begin * length, end = start + request.span_end * length;
    const auto low = std::lower_bound(line.times.begin(), line.times.end(), begin,
                                      [](std::int64_t t, double v) { return double(t) < v; });
    const auto high =
        std::lower_bound(low, line.times.end(), end, [](std::int64_t t, double v) { return double(t) < v; });
    if (low == high)
        throw Refusal(path, Reason::no_frame_in_span);
    // The last frame at or before t; in the gap before the first frame of the span, that one.
    const auto shown_at = [&](double t) {
        const auto after = std::upper_bound(low, high, t, [](double v, std::int64_t x) { return v < double(x); });
        return after == low ? *low : *(after - 1);
    };
    const std::size_t count = std::min(std::size_t(request.count), std::size_t(high - low));
    std::set<std::int64_t> picked;
    if (request.pick == FrameRequest::Pick::middle) {
        for (std::size_t i = 0; i < count; ++i)
            picked.insert(shown_at(begin + (end - begin) * (double(i) + 0.5) / double(count)));
    } else if (request.pick == FrameRequest::Pick::random) {
        Random random(request.seed, Purpose::frame_pick, std::stoull(digest.substr(0, 16), nullptr, 16));
        for (std::size_t draws = 0; picked.size() < count && draws < 64 * count; ++draws)
            picked.insert(shown_at(begin + (end - begin) * random.uniform()));
    }
    // `first`; and what is still missing where a few long frames caught nearly all draws.
    for (auto t = low; t != high && picked.size() < count; ++t)
        picked.insert(*t);
    return {picked.begin(), picked.end()};
}

// A whole frame near to one that is damaged, held until it is known whether that one comes whole.
struct StandIn {
    FramePtr frame = nullptr;
    std::int64_t time = 0;

    void hold(const AVFrame& other, std::int64_t its_time)
    {
        frame.reset(av_frame_clone(&other));
        if (!frame)
            throw std::bad_alloc();
        time = its_time;
    }
};

struct Target {
    std::int64_t wanted = 0;
    std::optional<VideoFrame> frame;    // the wanted one
    StandIn before = {}, after = {};    // the nearest ones

    void offer(const AVFrame& other, std::int64_t time)
    {
        if (time < wanted && (!before.frame || time > before.time))
            before.hold(other, time);
        if (time > wanted && (!after.frame || time < after.time))
            after.hold(other, time);
    }
    bool settled() const { return frame || before.frame || after.frame; }
    const StandIn& stand_in() const { return before.frame ? before : after; }
};

// Decoders give frames in the order of showing: this many frames past the wanted one, it will not come any more.
constexpr int patience = 64;

// Whether the walk, begun or gone on with before the target, came to it and showed it whole. `last`: time of the frame
// decoded last.
bool reach(FrameWalk& walk, AVFrame& frame, std::int64_t wanted, std::int64_t& last)
{
    for (int past = 0; past < patience && walk.next(frame);) {
        last = walk.time();
        if (last == wanted)
            return walk.trusted();
        past += last > wanted ? 1 : 0;
    }
    return false;
}

// Each target from the key frame before it, or the one before that: frames shown just after a key frame may need what
// was decoded before it.
void decode_from_keys(Demuxer& demuxer, const PacketRow& row, const Timeline& line, const FrameRequest& request,
                      std::vector<Target>& targets)
{
    FrameWalk walk(demuxer, row, line.kind, request.max_pixels);
    const FramePtr frame = new_frame();
    std::int64_t last = AV_NOPTS_VALUE;
    for (Target& target : targets) {
        const KeyPacket* key = row.key_before(target.wanted);
        for (int tries = 0; key && tries < 2; ++tries) {
            if (last < key->pts || last >= target.wanted) {
                walk.start_at(*key);
                last = AV_NOPTS_VALUE;
            }
            if (reach(walk, *frame, target.wanted, last)) {
                target.frame = shown_frame(demuxer, *frame, request.size, double(last) * line.base);
                break;
            }
            last = AV_NOPTS_VALUE;
            key = row.key_before(key->pts - 1);
        }
    }
}

// All frames from the first on, for targets that the key frames did not lead to, and where key frames cannot be
// believed. It ends when every target is found, or, a few frames past the last one, when every target has a stand-in.
void decode_from_start(Demuxer& demuxer, const PacketRow& row, const Timeline& line, const FrameRequest& request,
                       std::vector<Target>& targets)
{
    FrameWalk walk(demuxer, row, line.kind, request.max_pixels);
    const double start = double(line.times.front()), length = double(line.end) - start;
    const double begin = start + request.span_begin * length, end = start + request.span_end * length;
    const std::int64_t furthest = targets.back().wanted;
    const auto settled = [](const Target& t) { return t.settled(); };
    bool any_in_span = false;
    int past = 0;
    for (const FramePtr frame = new_frame(); walk.next(*frame);) {
        const std::int64_t time = walk.time();
        past = time > furthest ? past + 1 : 0;
        if (past > patience && std::all_of(targets.begin(), targets.end(), settled))
            break;
        if (!walk.trusted() || double(time) < begin || double(time) >= end)
            continue;
        any_in_span = true;
        for (Target& target : targets) {
            if (target.frame)
                continue;
            if (time == target.wanted)
                target.frame = shown_frame(demuxer, *frame, request.size, double(time) * line.base);
            else
                target.offer(*frame, time);
        }
        if (std::all_of(targets.begin(), targets.end(), [](const Target& t) { return t.frame.has_value(); }))
            break;
    }
    if (!any_in_span)
        throw walk.nothing();
    for (Target& target : targets) {
        const StandIn& near = target.stand_in();
        if (!target.frame && near.frame)
            target.frame = shown_frame(demuxer, *near.frame, request.size, double(near.time) * line.base);
    }
}

}    // namespace

void FrameRequest::set_span(const std::string& text)
{
    const char* const end = text.data() + text.size();
    const auto a = std::from_chars(text.data(), end, span_begin);
    if (a.ec == std::errc() && a.ptr != end && *a.ptr == ':') {
        const auto b = std::from_chars(a.ptr + 1, end, span_end);
        if (b.ec == std::errc() && b.ptr == end && span_begin >= 0 && span_begin < span_end && span_end <= 1)
            return;
    }
    throw Error("--span", "must be A:B with 0 <= A < B <= 1", ExitStatus::usage);
}

std::string video_digest(const std::string& path)
{
    Descriptor file = open_regular(path);
    Sha256 sum;
    std::vector<std::byte> piece(1 << 16);
    for (;;) {
        throw_if_interrupted();
        const std::size_t got = file.read_some(piece);
        if (got == 0)
            return sum.hex();
        sum.add(std::span(piece).first(got));
    }
}

std::vector<VideoFrame> decode_frames(const std::string& path, const std::string& digest, const FrameRequest& request)
{
    Demuxer demuxer(path, request.max_pixels);
    PacketRow row;
    const Timeline line = find_times(demuxer, row, request.max_pixels);
    std::vector<Target> targets;
    for (const std::int64_t time : pick_times(line, path, digest, request))
        targets.push_back({.wanted = time, .frame = {}});
    const auto found = [](const Target& t) { return t.frame.has_value(); };
    if (line.keys_trusted)
        decode_from_keys(demuxer, row, line, request, targets);
    if (!std::all_of(targets.begin(), targets.end(), found))
        decode_from_start(demuxer, row, line, request, targets);

    std::vector<VideoFrame> frames;
    for (Target& target : targets)
        if (target.frame && (frames.empty() || frames.back().pts < target.frame->pts))
            frames.push_back(std::move(*target.frame));
    return frames;
}

}    // namespace nonna
