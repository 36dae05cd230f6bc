#include "dataset/frame_set.h"

#include "base/counted.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "dataset/walk.h"

#include <unordered_set>

namespace nonna
{

// Nothing of a video is known before a child has read it, its content's digest included: so repeats are found when
// results come back, in the order of the names, and the first of a content is kept whatever child was faster.
ExitStatus write_frame_set(const std::vector<std::string>& videos, const std::string& output,
                           const FrameSetOptions& options)
{
    ImageWriter writer(output);
    Progress progress("frames", options.recursive ? 0 : videos.size(), "videos");
    std::unordered_set<std::string> seen;
    std::size_t next = 0, skipped = 0;
    const std::string wanted_text = std::to_string(options.unit.request.count);
    Counted shorter(Counted::Kind::note, output, "videos have fewer than " + wanted_text + " frames, and gave those");
    FileWalk files(
        [&](std::string& name) {
            if (next == videos.size())
                return false;
            name = videos[next++];
            return true;
        },
        options.recursive, named_like_video);
    decode_units(
        options.unit,
        [&](UnitJob& job) {
            std::optional<Walk::Found> file = files.next();
            if (!file)
                return false;
            job.path = std::move(file->path);
            job.refusal = std::move(file->refusal);
            return true;
        },
        [&](Unit& unit) {
            throw_if_interrupted();
            progress.advance();
            if (unit.ok() && !seen.insert(unit.digest).second) {
                unit.code = reason_code(Reason::duplicate);
                unit.reason = "same content as a video before it";
            }
            if (!unit.ok()) {
                warn(unit.path, skipped_text(unit.reason, unit.code));
                ++skipped;
                return;
            }
            if (unit.samples.size() < std::size_t(options.unit.request.count))
                shorter.add(unit.path,
                            std::to_string(unit.samples.size()) + " of " + wanted_text + " frames: it has no more");
            for (const Sample& sample : unit.samples)
                writer.write(sample);
        });
    throw_if_interrupted();
    shorter.tell();
    files.tell_left_out();
    if (writer.count() == 0)
        throw Error(output, "no readable video, nothing written");
    writer.commit();
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
