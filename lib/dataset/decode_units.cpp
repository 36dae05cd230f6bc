#include "dataset/unit.h"

#include "dataset/pack.h"
#include "dataset/walk.h"
#include "io/digest.h"
#include "io/file_kind.h"
#include "io/output.h"
#include "media/perceptual_hash.h"

#include <bit>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr std::size_t most_picture_bytes = std::size_t(1) << 30;

// What a unit's child says: numbers in 8 bytes, everything else with its length before it. Both ends are this program,
// so nothing is converted; but the child has been in touch with hostile bytes, so the reader trusts no length.
class Packer
{
  public:
    std::string bytes;

    void number(std::uint64_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }
    void text(std::string_view value)
    {
        number(value.size());
        bytes.append(value);
    }
};

class Unpacker
{
  public:
    explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t number()
    {
        std::uint64_t value = 0;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view text() { return take(number()); }
    std::uint64_t count(std::size_t least_size)    // of things that take at least so many bytes each
    {
        const std::uint64_t n = number();
        return n <= rest_.size() / least_size ? n : throw std::runtime_error("no such count");
    }
    bool empty() const { return rest_.empty(); }

  private:
    std::string_view rest_;

    std::string_view take(std::uint64_t size)
    {
        if (size > rest_.size())
            throw std::runtime_error("too short");
        const std::string_view piece = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return piece;
    }
};

void pack(Packer& out, const Decoding& d)
{
    for (const std::string* const text : {&d.format, &d.matrix, &d.range, &d.chroma, &d.transfer, &d.field})
        out.text(*text);
    for (const int n : {int(d.guessed), d.aspect_width, d.aspect_height, d.orientation, d.x, d.y, d.width, d.height})
        out.number(std::uint64_t(n));
}

Decoding unpack_decoding(Unpacker& in)
{
    Decoding d;
    for (std::string* const text : {&d.format, &d.matrix, &d.range, &d.chroma, &d.transfer, &d.field})
        *text = in.text();
    d.guessed = in.number() != 0;
    for (int* const n : {&d.aspect_width, &d.aspect_height, &d.orientation, &d.x, &d.y, &d.width, &d.height})
        *n = int(in.number());
    return d;
}

std::string packed(const Unit& unit)
{
    Packer out;
    for (const std::string* const field : {&unit.digest, &unit.code, &unit.reason})
        out.text(*field);
    out.number(unit.samples.size());
    for (const Sample& sample : unit.samples) {
        out.text(sample.key);
        out.text(sample.extension);
        out.text({reinterpret_cast<const char*>(sample.picture.data()), sample.picture.size()});
        out.number(sample.meta.pts.has_value());
        out.number(std::bit_cast<std::uint64_t>(sample.meta.pts.value_or(0)));
        out.number(std::uint64_t(sample.meta.width));
        out.number(std::uint64_t(sample.meta.height));
        out.text(sample.meta.other);
        out.number(sample.meta.decoding.has_value());
        if (sample.meta.decoding)
            pack(out, *sample.meta.decoding);
    }
    out.number(unit.hashes.size());
    for (const std::uint64_t hash : unit.hashes)
        out.number(hash);
    return std::move(out.bytes);
}

void unpack(std::string_view bytes, Unit& unit)
{
    Unpacker in(bytes);
    for (std::string* const field : {&unit.digest, &unit.code, &unit.reason})
        *field = in.text();
    for (std::uint64_t n = in.count(64); n-- > 0;) {
        Sample sample;
        sample.key = in.text();
        sample.extension = in.text();
        const std::string_view picture = in.text();
        const auto* const first = reinterpret_cast<const std::byte*>(picture.data());
        sample.picture.assign(first, first + picture.size());
        const bool timed = in.number() != 0;
        const double pts = std::bit_cast<double>(in.number());
        if (timed)
            sample.meta.pts = pts;
        sample.meta.width = int(in.number());
        sample.meta.height = int(in.number());
        sample.meta.other = in.text();
        if (in.number())
            sample.meta.decoding = unpack_decoding(in);
        sample.meta.source = unit.source;
        sample.meta.sha256 = unit.digest;
        unit.samples.push_back(std::move(sample));
    }
    for (std::uint64_t n = in.count(8); n-- > 0;)
        unit.hashes.push_back(in.number());
    if (!in.empty() || (unit.code.empty() ? unit.samples.empty() : !is_reason_code(unit.code)))
        throw std::runtime_error("not an answer");
}

// The first 16 bytes of a regular file; never waits, as a FIFO would make it.
std::string first_bytes(const std::string& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        throw Refusal(path, Reason::unreadable, errno_reason());
    struct stat about {
    };
    char bytes[16];
    ssize_t n = ::fstat(fd, &about);
    if (n == 0 && S_ISREG(about.st_mode))
        n = ::pread(fd, bytes, sizeof bytes, 0);
    const std::string failure = errno_reason();
    ::close(fd);
    if (n < 0)
        throw Refusal(path, Reason::unreadable, failure);
    if (!S_ISREG(about.st_mode))
        throw Refusal(path, Reason::not_regular);
    if (n == 0)
        throw Refusal(path, Reason::empty);
    return {bytes, std::size_t(n)};
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
        sample.picture = options.lossless ? encode_png(frame.picture) : encode_jpeg(frame.picture, options.quality);
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
    cut.quality = options.quality;
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
    return packed(unit);
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
    const char* const signal = end.signal ? sigdescr_np(end.signal) : nullptr;
    std::string why = signal ? signal : end.signal ? "signal " + std::to_string(end.signal) : end.result;
    if (signal)
        why[0] = char(std::tolower(static_cast<unsigned char>(why[0])));
    refuse(unit, Reason::crashed, std::string(reason_text(Reason::crashed)) + ": " + why);
}

}    // namespace

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
                    unpack(end.result, unit);
                } catch (const std::exception&) {
                    unit.digest = job.digest;
                    refuse(unit, Reason::crashed, "the decoder gave an answer that makes no sense");
                }
            }
            end.result = {};
            consume(unit);
        });
}

}    // namespace nonna
