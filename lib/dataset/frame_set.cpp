#include "dataset/frame_set.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "io/file_kind.h"

#include <set>

namespace nonna {

namespace {

struct Job {
    std::string path;
};

struct Result {
    std::vector<Sample> samples;
    std::string path, digest, reason;    // reason: why there are no samples
};

Result read_video(const std::string& path, const FrameSetOptions& options)
{
    Result result;
    result.path = path;
    try {
        result.digest = video_digest(path);
        if (detect_file_kind(path) == FileKind::image_set)    // libav would find the pictures in it
            throw Error(path, "not a known video container");
        std::uint64_t sequence = 0;
        for (const VideoFrame& frame : decode_frames(path, result.digest, options.request)) {
            Sample sample;
            sample.key = sample_key(result.digest, sequence++);
            sample.extension = options.lossless ? "png" : "jpg";
            sample.picture = options.lossless ? encode_png(frame.picture) : encode_jpeg(frame.picture, options.quality);
            sample.meta.source = path;
            sample.meta.sha256 = result.digest;
            sample.meta.pts = frame.pts;
            sample.meta.decoding = frame.decoding;
            sample.meta.width = frame.picture.width;
            sample.meta.height = frame.picture.height;
            sample.meta.other = "{\"made_by\":\"" + options.made_by + "\"}";
            result.samples.push_back(std::move(sample));
        }
    } catch (const Error& e) {
        throw_if_interrupted();
        result.reason = e.reason();
    }
    return result;
}

}    // namespace

ExitStatus write_frame_set(const std::vector<std::string>& videos, const std::string& output,
                           const FrameSetOptions& options)
{
    ImageWriter writer(output);
    Progress progress("frames", videos.size(), "videos");
    std::set<std::string> seen;
    std::size_t next = 0, skipped = 0;
    in_order<Job, Result>(
        options.threads,
        [&](Job& job) {
            if (next == videos.size())
                return false;
            job.path = videos[next++];
            return true;
        },
        [&](Job& job, int) { return read_video(job.path, options); },
        [&](Result& result) {
            throw_if_interrupted();
            progress.advance();
            if (result.reason.empty() && !seen.insert(result.digest).second)
                result.reason = "same content as a video before it";
            if (!result.reason.empty()) {
                warn(result.path, result.reason + ", skipped");
                ++skipped;
                return;
            }
            for (const Sample& sample : result.samples)
                writer.write(sample);
        });
    if (writer.count() == 0)
        throw Error(output, "no readable video, nothing written");
    writer.commit();
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
