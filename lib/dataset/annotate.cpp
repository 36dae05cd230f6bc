#include "dataset/annotate.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "io/image_stream.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace nonna
{

namespace
{

struct Result {
    Sample sample;
    bool found = false, known = false;
    std::string reason;    // why it was not looked at
};

std::string rule(AnnotateOptions::Keep keep, double min_score)
{
    char text[80];
    std::snprintf(text, sizeof text, "%s a score of %.9g or more",
                  keep == AnnotateOptions::Keep::with ? "with" : "without", min_score);
    return text;
}

// The sample's verdict: the one that was there, or a new one.
Detection& verdict(Sample& sample, Detector& detector, bool again, bool& known)
{
    std::vector<Detection>& all = sample.meta.detections;
    const auto old =
        std::find_if(all.begin(), all.end(), [&](const Detection& d) { return d.detector == detector.name(); });
    known = !again && old != all.end() && old->parameters == detector.parameters(sample.meta.width, sample.meta.height);
    if (known)
        return *old;
    Detection fresh = detector.detect_encoded(sample.picture, sample.key);
    std::erase_if(all, [&](const Detection& d) { return d.detector == detector.name(); });
    return all.emplace_back(std::move(fresh));
}

}    // namespace

bool finds(const Detection& verdict, double min_score)
{
    return std::any_of(verdict.boxes.begin(), verdict.boxes.end(), [&](const Box& b) { return b.score >= min_score; });
}

// Looking costs a thousand times what reading and writing do, so it alone is shared out; samples come back in their
// order. Whether a sample is kept is decided after its verdict is known and not by looking again: so the same verdicts
// serve any threshold.
ExitStatus annotate_set(const std::string& input, const std::string& output, const AnnotateOptions& options)
{
    using Keep = AnnotateOptions::Keep;
    const double min_score = options.min_score.value_or(standard_score(options.detector.name));
    const std::string kept = options.keep == Keep::all ? "" : rule(options.keep, min_score);
    const int threads = options.threads > 0 ? options.threads : processors();
    std::vector<Detector> detectors;
    for (int i = 0; i < threads; ++i)
        detectors.emplace_back(options.detector);
    ImageReader reader(input);
    ImageWriter writer(output);
    Progress progress("looking", 0, "pictures");
    std::uint64_t seen = 0, known = 0, skipped = 0, with = 0;
    in_order<Sample, Result>(
        threads,
        [&](Sample& sample) {
            throw_if_interrupted();
            std::optional<Sample> next = reader.next();
            progress.read(reader.so_far().bytes, reader.so_far().whole);
            if (next)
                sample = std::move(*next);
            return next.has_value();
        },
        [&](Sample& sample, int thread) {
            Result result;
            try {
                Detection& d = verdict(sample, detectors[std::size_t(thread)], options.again, result.known);
                result.found = finds(d, min_score);
                if (!kept.empty())
                    d.kept = kept;
            } catch (const Error& e) {    // of this picture alone: named when its turn comes, and skipped
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
                known += result.known ? 1 : 0;
                if (options.keep == Keep::all || result.found == (options.keep == Keep::with))
                    writer.write(result.sample);
            }
            progress.note(std::to_string(with) + " with " + options.detector.name);
            progress.advance();
        });
    if (seen == 0)
        throw Error(reader.name(), "no pictures");
    if (writer.count() == 0)
        throw Error(reader.name(), "no picture kept, nothing written");
    writer.commit();
    detail(std::to_string(seen) + " pictures, " + std::to_string(known) + " of them looked at before, " +
           std::to_string(with) + " with " + options.detector.name);
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
