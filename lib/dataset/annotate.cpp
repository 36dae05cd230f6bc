#include "dataset/annotate.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "media/detect.h"

#include <algorithm>

namespace nonna {

namespace {

struct Result {
    Sample sample;
    bool found = false;
    std::string reason;
};

}    // namespace

ExitStatus annotate_set(const std::string& input, const std::string& output, const AnnotateOptions& options)
{
    const int threads = options.threads > 0 ? options.threads : processors();
    std::vector<Detector> detectors;
    for (int i = 0; i < threads; ++i)
        detectors.emplace_back(options.detector, options.min_size);
    ImageReader reader(input);
    ImageWriter writer(output);
    Progress progress("looking", 0, "pictures");
    std::uint64_t seen = 0, kept_pictures = 0;
    std::size_t skipped = 0, with = 0;
    in_order<Sample, Result>(
        threads,
        [&](Sample& sample) {
            throw_if_interrupted();
            std::optional<Sample> next = reader.next();
            if (next)
                sample = std::move(*next);
            return next.has_value();
        },
        [&](Sample& sample, int thread) {
            Result result;
            try {
                const Picture picture = decode_picture(sample.picture, sample.key);
                Detection detection = detectors[std::size_t(thread)].detect(picture);
                result.found = !detection.boxes.empty();
                std::erase_if(sample.meta.detections,
                              [&](const Detection& d) { return d.detector == detection.detector; });
                sample.meta.detections.push_back(std::move(detection));
            } catch (const Error& e) {
                result.reason = e.reason();
            }
            result.sample = std::move(sample);
            return result;
        },
        [&](Result& result) {
            throw_if_interrupted();
            ++seen;
            if (!result.reason.empty()) {
                warn(reader.name() + ": " + result.sample.key, result.reason + ", skipped");
                ++skipped;
            } else {
                with += result.found ? 1 : 0;
                if (options.keep == AnnotateOptions::Keep::all ||
                    result.found == (options.keep == AnnotateOptions::Keep::with)) {
                    writer.write(result.sample);
                    ++kept_pictures;
                }
            }
            progress.note(std::to_string(with) + " with " + options.detector);
            progress.advance();
        });
    if (kept_pictures == 0)
        throw Error(reader.name(), seen == 0 ? "no pictures" : "no picture kept, nothing written");
    writer.commit();
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
