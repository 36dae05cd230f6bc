#include "media/video.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "io/digest.h"
#include "media/av_frame.h"
#include "media/demuxer.h"
#include "media/reason.h"

extern "C" {
#include <libavutil/display.h>
}

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <unistd.h>

namespace nonna {

namespace {

// When each frame is shown, in ticks of `base` seconds, ascending and distinct; `end` is the end of the last one.
struct Timeline {
    std::vector<std::int64_t> times, keys;
    std::int64_t end = 0;
    double base = 1;
    bool counting = false;
    bool can_seek = false;
};

double seconds(AVRational r) { return r.den ? double(r.num) / r.den : 0; }

double frame_rate(const AVStream& stream)
{
    for (const AVRational rate : {stream.avg_frame_rate, stream.r_frame_rate})
        if (seconds(rate) > 0 && seconds(rate) < 1000)
            return seconds(rate);
    return 25;
}

void sort_unique(std::vector<std::int64_t>& v)
{
    std::sort(v.begin(), v.end());
    v.erase(std::unique(v.begin(), v.end()), v.end());
}

// Of streams without times: decode everything once and count.
Timeline count_frames(const std::string& path, long max_pixels)
{
    Timeline line;
    line.counting = true;
    FrameWalk walk(path, true, max_pixels);
    line.base = 1 / frame_rate(walk.demuxer().stream());
    for (const FramePtr frame = new_frame(); walk.next(*frame);)
        if (walk.trusted())
            line.times.push_back(walk.time());
    if (line.times.empty())
        throw walk.nothing();
    line.end = line.times.back() + 1;
    return line;
}

Timeline find_times(const std::string& path, long max_pixels)
{
    Timeline line;
    Demuxer demuxer(path, max_pixels);
    const AVStream& stream = demuxer.stream();
    if (!avcodec_find_decoder(stream.codecpar->codec_id))
        throw Refusal(path, Reason::unsupported_codec);
    std::size_t packets = 0, timed = 0, keys = 0;
    std::int64_t last = AV_NOPTS_VALUE, last_duration = 0;    // AV_NOPTS_VALUE is the least number
    for (const PacketPtr packet = new_packet(); demuxer.read(*packet);) {
        ++packets;
        keys += packet->flags & AV_PKT_FLAG_KEY ? 1 : 0;
        if (packet->pts == AV_NOPTS_VALUE)
            continue;
        ++timed;
        if (packet->flags & AV_PKT_FLAG_KEY)
            line.keys.push_back(packet->pts);
        if (packet->flags & AV_PKT_FLAG_DISCARD)    // outside the edit list: decoded, never shown
            continue;
        if (packet->pts >= last) {
            last = packet->pts;
            last_duration = packet->duration;
        }
        line.times.push_back(packet->pts);
    }
    if (packets == 0)
        throw demuxer.nothing(Reason::no_frames);
    // The second fields of interlaced pictures carry no time; where more than that is missing, none is to be believed.
    if (timed * 5 < packets * 2 || line.times.empty())
        return count_frames(path, max_pixels);
    sort_unique(line.times);
    sort_unique(line.keys);
    line.base = av_q2d(stream.time_base);
    if (last_duration <= 0)
        last_duration = std::max<std::int64_t>(1, std::llround(1 / (frame_rate(stream) * line.base)));
    line.end = line.times.back() + last_duration;
    // "Every packet is a key frame" is a missing table, not a fact, unless the codec says so.
    line.can_seek = demuxer.seekable() && !line.keys.empty() && (keys < packets || intra_only(stream.codecpar->codec_id));
    return line;
}

// The wanted frames' times, distinct and ascending.
std::vector<std::int64_t> pick_times(const Timeline& line, const std::string& path, const std::string& digest,
                                     const FrameRequest& request)
{
    const double start = double(line.times.front()), length = double(line.end) - start;
    const double begin = start + request.span_begin * length, end = start + request.span_end * length;
    const auto low = std::lower_bound(line.times.begin(), line.times.end(), begin,
                                      [](std::int64_t t, double v) { return double(t) < v; });
    const auto high = std::lower_bound(low, line.times.end(), end,
                                       [](std::int64_t t, double v) { return double(t) < v; });
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

int orientation_of(const std::int32_t* m)
{
    // x' = a x + c y, y' = b x + d y, y pointing down; the signs of the larger pair decide.
    const double a = m[0], b = m[1], c = m[3], d = m[4];
    if (std::abs(a) + std::abs(d) >= std::abs(b) + std::abs(c))
        return a < 0 ? (d < 0 ? 3 : 2) : (d < 0 ? 4 : 1);
    return c < 0 ? (b < 0 ? 7 : 6) : (b < 0 ? 8 : 5);
}

int orientation_of(const AVStream& stream, const AVFrame& frame)
{
    std::size_t size = 0;
    if (const std::uint8_t* m = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size); m && size >= 36)
        return orientation_of(reinterpret_cast<const std::int32_t*>(m));
    if (const AVFrameSideData* m = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX); m && m->size >= 36)
        return orientation_of(reinterpret_cast<const std::int32_t*>(m->data));
    return 1;
}

Picture finish(Demuxer& demuxer, AVFrame& frame, int size)
{
    Picture picture = picture_from_frame(frame, demuxer.path());
    double aspect = seconds(av_guess_sample_aspect_ratio(&demuxer.format(), &demuxer.stream(), &frame));
    if (!(aspect > 0.1 && aspect < 10))
        aspect = 1;
    const int orientation = orientation_of(demuxer.stream(), frame);
    picture = orient(std::move(picture), orientation);
    if (orientation >= 5)
        aspect = 1 / aspect;
    // A pixel is `aspect` times as wide as it is tall.
    if (size == 0)
        return resize(picture, std::max(1, int(std::lround(picture.width * aspect))), picture.height);
    const double side = std::min(picture.width * aspect, double(picture.height));
    const int width = std::clamp(int(std::lround(side / aspect)), 1, picture.width);
    const int height = std::clamp(int(std::lround(side)), 1, picture.height);
    return resize(crop(picture, (picture.width - width) / 2, (picture.height - height) / 2, width, height), size, size);
}

struct Target {
    std::int64_t wanted = 0;
    std::optional<VideoFrame> frame;                 // the wanted one
    FramePtr before = nullptr, after = nullptr;      // stand-ins, held until the end
    std::int64_t before_time = 0, after_time = 0;
};

// Decoders give frames in the order of showing: this many frames past the wanted one, it will not come any more.
constexpr int patience = 64;

void decode_by_seeking(const std::string& path, const Timeline& line, const FrameRequest& request,
                       std::vector<Target>& targets)
{
    FrameWalk walk(path, false, request.max_pixels);
    const FramePtr frame = new_frame();
    std::int64_t last = AV_NOPTS_VALUE;    // time of the frame decoded last
    for (Target& target : targets) {
        const auto after = std::upper_bound(line.keys.begin(), line.keys.end(), target.wanted);
        if (after == line.keys.begin())
            continue;
        const std::int64_t key = *(after - 1);
        if (last < key || last >= target.wanted) {
            if (!walk.seek(key))
                return;
            last = AV_NOPTS_VALUE;
        }
        for (int past = 0; past < patience && !target.frame && walk.next(*frame);) {
            last = walk.time();
            past += walk.time() > target.wanted ? 1 : 0;
            if (walk.time() == target.wanted) {
                if (walk.trusted())
                    target.frame = {finish(walk.demuxer(), *frame, request.size), double(last) * line.base};
                break;
            }
        }
        if (!target.frame)
            last = AV_NOPTS_VALUE;
    }
}

void decode_from_start(const std::string& path, const Timeline& line, const FrameRequest& request,
                       std::vector<Target>& targets)
{
    FrameWalk walk(path, line.counting, request.max_pixels);
    const double start = double(line.times.front()), length = double(line.end) - start;
    const double begin = start + request.span_begin * length, end = start + request.span_end * length;
    const std::int64_t furthest = targets.back().wanted;
    const auto settled = [](const Target& t) { return t.frame || t.before || t.after; };
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
            if (time == target.wanted) {
                target.frame = {finish(walk.demuxer(), *frame, request.size), double(time) * line.base};
            } else if (time < target.wanted ? !target.before || time > target.before_time
                                            : !target.after || time < target.after_time) {
                FramePtr& held = time < target.wanted ? target.before : target.after;
                held.reset(av_frame_clone(frame.get()));
                if (!held)
                    throw std::bad_alloc();
                (time < target.wanted ? target.before_time : target.after_time) = time;
            }
        }
        if (std::all_of(targets.begin(), targets.end(), [](const Target& t) { return t.frame.has_value(); }))
            break;
    }
    if (!any_in_span)
        throw walk.nothing();
    for (Target& target : targets) {
        AVFrame* const held = target.before ? target.before.get() : target.after.get();
        if (!target.frame && held) {
            const std::int64_t time = target.before ? target.before_time : target.after_time;
            target.frame = {finish(walk.demuxer(), *held, request.size), double(time) * line.base};
        }
    }
}

}    // namespace

const std::vector<std::string>& FrameRequest::picks()
{
    static const std::vector<std::string> names = {"random", "middle", "first"};    // in the order of Pick
    return names;
}

void FrameRequest::set_pick(const std::string& name)
{
    const auto found = std::find(picks().begin(), picks().end(), name);
    if (found == picks().end())
        throw Error("--pick", "no such moment: " + name, ExitStatus::usage);
    pick = Pick(found - picks().begin());
}

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
    std::int64_t size = 0;
    const int fd = open_regular(path, size);
    const std::unique_ptr<const int, void (*)(const int*)> owner(&fd, [](const int* f) { ::close(*f); });
    Sha256 sum;
    std::vector<std::byte> piece(1 << 16);
    for (;;) {
        throw_if_interrupted();
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got == 0)
            return sum.hex();
        if (got > 0)
            sum.add(std::span(piece).first(std::size_t(got)));
        else if (errno != EINTR)
            throw Refusal(path, Reason::unreadable, errno_reason());
    }
}

std::vector<VideoFrame> decode_frames(const std::string& path, const std::string& digest, const FrameRequest& request)
{
    const Timeline line = find_times(path, request.max_pixels);
    std::vector<Target> targets;
    for (const std::int64_t time : pick_times(line, path, digest, request))
        targets.push_back({.wanted = time, .frame = {}});
    const auto found = [](const Target& t) { return t.frame.has_value(); };
    if (line.can_seek)
        decode_by_seeking(path, line, request, targets);
    if (!std::all_of(targets.begin(), targets.end(), found))
        decode_from_start(path, line, request, targets);

    std::vector<VideoFrame> frames;
    for (Target& target : targets)
        if (target.frame && (frames.empty() || frames.back().pts < target.frame->pts))
            frames.push_back(std::move(*target.frame));
    return frames;
}

}    // namespace nonna
