#include "dataset/audit.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/annotate.h"
#include "io/digest.h"
#include "io/spool.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace nonna
{

namespace
{

// The pictures large enough, numbered from 0, in the same order each time `pass` is called.
class Pictures
{
  public:
    Pictures(const std::vector<PictureInput>& inputs, std::int64_t least_side)
        : inputs_(inputs), least_side_(least_side)
    {
        for (const PictureInput& input : inputs)
            piped_ |= input.path == "-";
    }

    // Counts them, and names those that cannot be read.
    void count(Audit& audit)
    {
        Progress progress("counting", 0, "pictures");
        Sha256 sum;
        PictureSource source(inputs_);
        for (PictureJob job; source.next(job); progress.advance()) {
            progress.read(source.so_far().bytes, source.so_far().whole);
            try {
                const Bytes bytes = read(job, sum);
                if (!large_enough(bytes, job.file.path)) {
                    ++audit.small;
                    continue;
                }
                ++audit.pictures;
                if (piped_)
                    set_aside(bytes, job.file.path);
            } catch (const Error& e) {
                throw_if_interrupted();
                warn(job.file.path, skipped_text(e));
                ++audit.unreadable;
            }
        }
        source.tell_left_out();
        audit.digest = digest_ = sum.hex();
    }

    // Once more, from the start. false: no more.
    bool next(Bytes& bytes, std::string& subject)
    {
        if (piped_)
            return next_set_aside(bytes, subject);
        if (!source_)
            source_.emplace(inputs_);
        for (PictureJob job; source_->next(job);) {
            try {
                bytes = read(job, again_);
                subject = job.file.path;
                if (large_enough(bytes, subject))
                    return true;
            } catch (const Error&) {    // named when they were counted
                throw_if_interrupted();
            }
        }
        if (again_.hex() != digest_)
            throw Error(inputs_.front().path, "changed while it was read");
        return false;
    }

  private:
    const std::vector<PictureInput>& inputs_;
    std::int64_t least_side_;
    bool piped_ = false;
    std::string digest_;
    std::optional<PictureSource> source_;
    Sha256 again_;
    std::optional<Spool> spool_;    // name's length, picture's length, name, picture; over and over
    std::uint64_t at_ = 0;

    static Bytes read(PictureJob& job, Sha256& sum)
    {
        if (job.refusal)
            throw *job.refusal;
        Bytes bytes;
        if (job.sample) {
            bytes = std::move(job.sample->picture);
        } else {
            const std::string text = job.bytes ? std::move(*job.bytes) : read_picture_file(job.file.path);
            const auto data = std::as_bytes(std::span(text));
            bytes.assign(data.begin(), data.end());
        }
        const std::string length = std::to_string(bytes.size()) + "\n";
        sum.add(std::as_bytes(std::span(length)));
        sum.add(bytes);
        return bytes;
    }

    bool large_enough(const Bytes& bytes, const std::string& subject) const
    {
        const PictureInfo info = inspect_picture(bytes, subject);
        return std::min(info.width, info.height) >= least_side_;
    }

    void set_aside(const Bytes& bytes, const std::string& subject)
    {
        if (!spool_)
            spool_.emplace();
        const std::uint64_t lengths[2] = {subject.size(), bytes.size()};
        spool_->write(std::as_bytes(std::span(lengths)));
        spool_->write(std::as_bytes(std::span(subject)));
        spool_->write(bytes);
    }

    bool next_set_aside(Bytes& bytes, std::string& subject)
    {
        if (!spool_ || at_ == spool_->size())
            return false;
        std::uint64_t lengths[2];
        spool_->read_at(at_, std::as_writable_bytes(std::span(lengths)));
        subject.resize(lengths[0]);
        bytes.resize(lengths[1]);
        spool_->read_at(at_ + sizeof lengths, std::as_writable_bytes(std::span(subject)));
        spool_->read_at(at_ + sizeof lengths + lengths[0], bytes);
        at_ += sizeof lengths + lengths[0] + lengths[1];
        return true;
    }
};

struct Draw {
    std::uint64_t picture, patch;
    auto operator<=>(const Draw&) const = default;
};

struct Job {
    Bytes bytes;
    std::string subject;
    std::span<const Draw> draws;
};

struct Example {
    std::uint64_t patch;
    AuditExample shown;
};

struct Result {
    std::uint64_t patches = 0, faces = 0;
    std::vector<Example> examples;
    std::string subject, reason;    // reason: why nothing was looked at
};

// Pixels of `channels` bytes, a square of `side` from (x, y).
std::vector<std::uint8_t> cut(const std::vector<std::uint8_t>& pixels, int width, int x, int y, int side, int channels)
{
    std::vector<std::uint8_t> result(std::size_t(side) * side * channels);
    const std::size_t row = std::size_t(side) * channels;
    for (int i = 0; i < side; ++i)
        std::memcpy(result.data() + i * row, pixels.data() + (std::size_t(y + i) * width + x) * channels, row);
    return result;
}

Picture as_picture(const GreyPicture& grey)
{
    Picture picture = blank_picture(grey.width, grey.height);
    for (std::size_t i = 0; i < grey.levels.size(); ++i)
        std::fill_n(picture.rgb.begin() + std::ptrdiff_t(3 * i), 3, grey.levels[i]);
    return picture;
}

// The patches of one picture.
class Looker
{
  public:
    Looker(const AuditOptions& options, double min_score, std::uint64_t pictures)
        : options_(options), min_score_(min_score), pictures_(pictures)
    {
    }

    // The picture is decoded once for all of its patches, and only as far as the detector sees: in grey where that is
    // enough. What is cut out of grey levels is what a detector would make of the patch itself.
    Result look(const Job& job, Detector& detector) const
    {
        Result result;
        result.subject = job.subject;
        try {
            if (detector.sees_colour()) {
                const Picture picture = decode_picture(job.bytes, job.subject);
                for (const Draw& draw : job.draws) {
                    const Corner at = corner(draw, picture.width, picture.height);
                    const int side = int(options_.patch_size);
                    const Picture patch{side, side, cut(picture.rgb, picture.width, at.x, at.y, side, 3)};
                    count(
                        detector.detect(patch), draw, [&] { return patch; }, result);
                }
            } else {
                const GreyPicture picture = decode_grey(job.bytes, job.subject);
                for (const Draw& draw : job.draws) {
                    const Corner at = corner(draw, picture.width, picture.height);
                    const int side = int(options_.patch_size);
                    const GreyPicture patch{side, side, cut(picture.levels, picture.width, at.x, at.y, side, 1)};
                    count(
                        detector.detect(patch), draw, [&] { return as_picture(patch); }, result);
                }
            }
        } catch (const Error& e) {    // a damaged picture takes its patches with it
            throw_if_interrupted();
            result = {0, 0, {}, job.subject, e.reason()};
        }
        return result;
    }

  private:
    const AuditOptions& options_;
    double min_score_;
    std::uint64_t pictures_;

    struct Corner {
        int x, y;
    };
    // Where the patch of a draw begins: the numbers behind the one that drew the picture (draw_pictures).
    Corner corner(const Draw& draw, int width, int height) const
    {
        throw_if_interrupted();
        Random random(options_.seed, Purpose::audit_patches, draw.patch);
        random.below(pictures_);
        const auto side = int(options_.patch_size);
        const int x = int(random.below(std::uint64_t(width - side + 1)));
        const int y = int(random.below(std::uint64_t(height - side + 1)));
        return {x, y};
    }

    void count(Detection detection, const Draw& draw, const std::function<Picture()>& shown, Result& result) const
    {
        ++result.patches;
        if (!finds(detection, min_score_))
            return;
        ++result.faces;
        // Draws of one picture come in their order, so the first are those to keep.
        if (result.examples.size() < options_.examples) {
            std::erase_if(detection.boxes, [&](const Box& b) { return b.score < min_score_; });
            result.examples.push_back({draw.patch, {shown(), std::move(detection.boxes)}});
        }
    }
};

// Of all examples those drawn first.
void merge(std::vector<Example>& best, std::vector<Example>& more, std::size_t most)
{
    const auto before = [](const Example& a, const Example& b) { return a.patch < b.patch; };
    for (Example& e : more) {
        best.push_back(std::move(e));
        std::push_heap(best.begin(), best.end(), before);
        if (best.size() > most) {
            std::pop_heap(best.begin(), best.end(), before);
            best.pop_back();
        }
    }
}

std::vector<Draw> draw_pictures(std::uint64_t pictures, const AuditOptions& options)
{
    std::vector<Draw> draws(std::size_t(options.patches));
    for (std::size_t i = 0; i < draws.size(); ++i)
        draws[i] = {Random(options.seed, Purpose::audit_patches, i).below(pictures), i};
    std::sort(draws.begin(), draws.end());
    return draws;
}

}    // namespace

WilsonInterval wilson(std::uint64_t k, std::uint64_t n)
{
    constexpr double z = 1.959963984540054;    // 97.5 % of the normal distribution lie below
    const double share = double(k) / double(n), scale = 1 + z * z / double(n);
    const double centre = (share + z * z / (2 * double(n))) / scale;
    const double reach = z / scale * std::sqrt(share * (1 - share) / double(n) + z * z / (4 * double(n) * double(n)));
    WilsonInterval interval{centre - reach, centre + reach};
    if (k == 0)    // exactly there, whatever the rounding
        interval.low = 0;
    if (k == n)
        interval.high = 1;
    return interval;
}

namespace
{

// Two passes over the pictures: one to count those large enough, for the draw needs their number, and one to look. The
// draws are sorted by picture, so that the second pass decodes each picture once and none that was not drawn.
void look_at_patches(Pictures& pictures, const std::vector<Draw>& draws, std::vector<Detector>& detectors,
                     const AuditOptions& options, Audit& audit)
{
    const Looker looker(options, audit.min_score, audit.pictures);
    Progress progress("looking", draws.size(), "patches");
    std::uint64_t number = 0;    // of the next picture
    auto drawn = draws.begin();
    std::vector<Example> examples;
    in_order<Job, Result>(
        int(detectors.size()),
        [&](Job& job) {
            while (pictures.next(job.bytes, job.subject)) {
                const auto begin = drawn;
                while (drawn != draws.end() && drawn->picture == number)
                    ++drawn;
                ++number;
                job.draws = {begin, drawn};
                if (begin != drawn)
                    return true;
            }
            return false;
        },
        [&](Job& job, int thread) { return looker.look(job, detectors[std::size_t(thread)]); },
        [&](Result& result) {
            throw_if_interrupted();
            if (!result.reason.empty()) {
                warn(result.subject, result.reason + ", skipped");
                ++audit.unreadable;
                --audit.pictures;
            }
            audit.patches += result.patches;
            audit.faces += result.faces;
            merge(examples, result.examples, options.examples);
            progress.note(std::to_string(audit.faces) + " taken for " + options.detector.name);
            progress.advance(result.patches);
        });
    std::sort(examples.begin(), examples.end(), [](const Example& a, const Example& b) { return a.patch < b.patch; });
    for (Example& e : examples)
        audit.examples.push_back(std::move(e.shown));
}

}    // namespace

Audit audit_patches(const std::vector<PictureInput>& inputs, const AuditOptions& options)
{
    Audit audit;
    audit.min_score = options.min_score.value_or(standard_score(options.detector.name));
    const int threads = options.threads > 0 ? options.threads : processors();
    std::vector<Detector> detectors;
    for (int i = 0; i < threads; ++i)
        detectors.emplace_back(options.detector);
    audit.parameters = detectors.front().parameters(int(options.patch_size), int(options.patch_size));

    Pictures pictures(inputs, options.patch_size);
    pictures.count(audit);
    const std::string first = inputs.front().path == "-" ? "standard input" : inputs.front().path;
    if (audit.pictures == 0)
        throw Error(first, "no picture large enough for a patch");
    look_at_patches(pictures, draw_pictures(audit.pictures, options), detectors, options, audit);
    if (audit.patches == 0)
        throw Error(first, "no picture that could be decoded");
    audit.rate = double(audit.faces) / double(audit.patches);
    const WilsonInterval interval = wilson(audit.faces, audit.patches);
    audit.low = interval.low;
    audit.high = interval.high;
    return audit;
}

std::vector<std::string> audit_columns()
{
    return {"patches",  "faces",     "rate",       "low",  "high",       "pictures", "small",  "unreadable",
            "detector", "min_score", "patch_size", "seed", "parameters", "digest",   "made_by"};
}

void write_audit(const Audit& audit, const AuditOptions& options, TableWriter& table)
{
    table.cell(audit.patches).cell(audit.faces).cell(audit.rate).cell(audit.low).cell(audit.high);
    table.cell(audit.pictures).cell(audit.small).cell(audit.unreadable).cell(options.detector.name);
    table.cell(audit.min_score).cell(options.patch_size).cell(std::to_string(options.seed)).cell(audit.parameters);
    table.cell(audit.digest).cell(options.made_by);
    table.end_row();
    table.commit();
}

}    // namespace nonna
