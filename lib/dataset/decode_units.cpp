#include "dataset/decode_units.h"

#include "dataset/pack.h"
#include "dataset/unit_answer.h"
#include "dataset/walk.h"
#include "io/digest.h"
#include "io/file_kind.h"
#include "io/output.h"
#include "media/perceptual_hash.h"
#include "media/regular_file.h"

#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace nonna
{

namespace
{

constexpr std::size_t most_picture_bytes = std::size_t(1) << 30;

// The first 16 bytes; never waits, as a FIFO would make it.
std::string first_bytes(const std::string& path)
{
    std::string bytes(16, '\0');
    bytes.resize(open_regular(path).read(std::as_writable_bytes(std::span(bytes))));
    return bytes;
}

void decode_video(Unit& unit, const UnitOptions& options)
{
    if (unit.digest.empty())
        unit.digest = video_digest(unit.path);
    if (detect_file_kind(unit.path) == FileKind::image_set)    // libav would find the pictures in it
        throw Refusal(unit.path, Reason::unknown_format);
    FrameRequest request = options.request;
    request.max_pixels = options.max_pixels;
    for (const VideoFrame& frame : decode_frames(unit.path, unit.digest, request)) {
        Sample sample;
        sample.key = sample_key(unit.digest, unit.samples.size());
        sample.extension = options.lossless ? "png" : "jpg";
        sample.picture = options.lossless ? encode_png(frame.picture) : encode_jpeg(frame.picture);
        sample.meta.pts = frame.pts;
        sample.meta.decoding = frame.decoding;
        sample.meta.width = frame.picture.width;
        sample.meta.height = frame.picture.height;
        sample.meta.other = "{\"made_by\":\"" + options.made_by + "\"}";
        unit.samples.push_back(std::move(sample));
        if (options.hashes)
            unit.hashes.push_back(perceptual_hash(frame.picture));
    }
}

// A picture's frame is itself: it goes the way that packing goes, and its hash is that of what is stored.
void decode_picture_file(Unit& unit, const UnitOptions& options)
{
    const std::string bytes = read_whole_file(unit.path, most_picture_bytes);
    const auto data = std::as_bytes(std::span(bytes));
    if (unit.digest.empty())
        unit.digest = sha256(data);
    Sample sample;
    sample.picture.assign(data.begin(), data.end());
    sample.meta.sha256 = unit.digest;
    sample.key = sample_key(unit.digest);
    sample.meta.other = "{\"made_by\":\"" + options.made_by + "\"}";
    PackOptions cut;
    cut.size = options.request.size;
    cut.max_pixels = options.max_pixels;
    cut.lossless = options.lossless;
    unit.samples = cut_sample(std::move(sample), unit.path, cut);
    if (options.hashes)
        for (const Sample& one : unit.samples)
            unit.hashes.push_back(perceptual_hash(decode_picture(one.picture, unit.path, options.max_pixels)));
}

void refuse(Unit& unit, Reason reason, std::string text)
{
    unit.samples.clear();
    unit.hashes.clear();
    unit.code = reason_code(reason);
    unit.reason = std::move(text);
}

// In the child.
std::string decode_unit(const UnitJob& job, const UnitOptions& options)
{
    Unit unit;
    unit.path = job.path;
    unit.digest = job.digest;
    try {
        const std::string start = first_bytes(job.path);
        const bool picture = is_picture(std::as_bytes(std::span(start)));
        if (options.pictures && (picture || !options.videos))
            decode_picture_file(unit, options);
        else
            decode_video(unit, options);
    } catch (const Error& e) {
        const Reason reason = reason_of(e);
        if (options.pictures && options.videos && reason == Reason::still_picture)
            refuse(unit, Reason::unsupported_format, "unsupported picture format");
        else if (options.pictures && options.videos && reason == Reason::unknown_format)
            refuse(unit, reason, "neither a known video container nor a known picture");
        else
            refuse(unit, reason, e.reason());
    }
    return answer_of(unit);
}

std::string seconds_text(double seconds)
{
    char text[48];
    std::snprintf(text, sizeof text, "%.6g s", seconds);
    return text;
}

void end_without_answer(Unit& unit, const ChildEnd& end, const ChildLimits& limits)
{
    switch (end.how) {
    case ChildEnd::How::out_of_time:
        return refuse(unit, Reason::timeout,
                      end.signal == SIGKILL ? "took longer than " + seconds_text(limits.wall)
                                            : "took more than " + seconds_text(limits.cpu) + " of processor time");
    case ChildEnd::How::out_of_memory:
        return refuse(unit, Reason::out_of_memory,
                      limits.memory ? "needs more than " + std::to_string(limits.memory >> 20) + " MiB of memory"
                                    : "needs more memory than there is");
    default:
        break;
    }
    std::string why = end.result;
    if (const char* const name = end.signal ? sigdescr_np(end.signal) : nullptr) {
        why = name;
        why[0] = char(std::tolower(static_cast<unsigned char>(why[0])));
    } else if (end.signal) {
        why = "signal " + std::to_string(end.signal);
    }
    refuse(unit, Reason::crashed, std::string(reason_text(Reason::crashed)) + ": " + why);
}

}    // namespace

// The parent touches no file: what is wrong with a unit's name is found before its child is made, everything else in
// the child. An answer that makes no sense is taken for what it is, a decoder out of its mind, and not for the parent's
// fault.
void decode_units(const UnitOptions& options, const std::function<bool(UnitJob&)>& produce,
                  const std::function<void(Unit&)>& consume)
{
    in_order_children<UnitJob>(
        options.processes, options.limits,
        [&](UnitJob& job) {
            if (!produce(job))
                return false;
            if (job.source.empty())
                job.source = job.path;
            if (!job.refusal && !is_tabular(job.source))
                job.refusal = Refusal(job.path, Reason::bad_name);
            return true;
        },
        [&](UnitJob& job) { return job.refusal ? std::string() : decode_unit(job, options); },
        [&](UnitJob& job, ChildEnd& end) {
            Unit unit;
            unit.path = job.path;
            unit.source = job.source;
            unit.digest = job.digest;
            if (job.refusal) {
                refuse(unit, job.refusal->code(), job.refusal->reason());
            } else if (end.how != ChildEnd::How::done) {
                end_without_answer(unit, end, options.limits);
            } else {
                try {
                    read_answer(end.result, unit);
                } catch (const std::exception&) {
                    unit.digest = job.digest;
                    refuse(unit, Reason::crashed, "the decoder's answer makes no sense");
                }
            }
            end.result = {};
            consume(unit);
        });
}

}    // namespace nonna
