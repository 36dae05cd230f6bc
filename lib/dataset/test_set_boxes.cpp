#include "dataset/test_set.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/class_balance.h"
#include "dataset/halves.h"
#include "dataset/pack.h"
#include "dataset/test_set_rules.h"
#include "dataset/usual_look.h"
#include "io/digest.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace nonna
{

namespace
{

std::vector<Sample> read_set(const std::string& path)
{
    ImageReader reader(path);
    Progress progress("reading", 0, "pictures");
    std::vector<Sample> samples;
    while (std::optional<Sample> sample = reader.next()) {
        throw_if_interrupted();
        samples.push_back(std::move(*sample));
        progress.read(reader.so_far().bytes, reader.so_far().whole);
        progress.advance();
    }
    if (samples.empty())
        throw Error(reader.name(), "no pictures");
    return samples;
}

bool touches(const View& s, const Box& b)
{
    return b.x < s.x + s.side && s.x < b.x + b.width && b.y < s.y + s.side && s.y < b.y + b.height;
}

struct Cut {
    const Sample* frame = nullptr;
    View square;
    const char* label = "";
};

bool free_of_boxes(const Sample& frame, const std::string& detector, const View& square)
{
    const Detection* const d = verdict(frame.meta, detector);
    return !d || std::none_of(d->boxes.begin(), d->boxes.end(), [&](const Box& b) { return touches(square, b); });
}

// Negatives for positives: what rule (b) says, as a plan.
class Planner
{
  public:
    Planner(const std::vector<Cut>& positives, const std::vector<Sample>& frames, const std::vector<Sample>& others,
            std::string detector, const TestSetOptions& o)
        : positives_(positives), others_(others), framing_(o.framing), detector_(std::move(detector)),
          place_draw_(o.seed, Purpose::test_set, draw_places), film_draw_(o.seed, Purpose::test_set, draw_films)
    {
        for (const Cut& positive : positives)
            shots_[shot_of(*positive.frame)];
        for (const Sample& frame : frames)
            if (const auto shot = shots_.find(shot_of(frame)); shot != shots_.end() && verdict(frame.meta, detector_))
                shot->second.frames.push_back(&frame);
        for (auto& [name, shot] : shots_) {
            std::stable_sort(shot.frames.begin(), shot.frames.end(), [](const Sample* a, const Sample* b) {
                return a->meta.pts.value_or(0) < b->meta.pts.value_or(0);
            });
            if (shot.frames.size() > 1)
                shot.look.emplace(shot.frames, o.threads);
        }
    }

    // About `wanted` of each sort, fewer where they run out. Round by round, one of each sort for each positive: so no
    // positive's place and size are taken much oftener than another's, which would tell the classes apart.
    void plan(std::size_t wanted, std::vector<Cut>& places, std::vector<Cut>& films)
    {
        for (bool more = true; more && (places.size() < wanted || films.size() < wanted);) {
            more = false;
            for (const Cut& positive : positives_) {
                throw_if_interrupted();
                if (places.size() < wanted)
                    more |= same_place(positive, places);
                if (films.size() < wanted)
                    more |= other_film(positive, films);
            }
        }
    }

  private:
    const std::vector<Cut>& positives_;
    const std::vector<Sample>& others_;
    const Framing& framing_;
    std::string detector_;
    Random place_draw_, film_draw_;
    // The frames of one source that have one size, in the order of time.
    struct Shot {
        std::vector<const Sample*> frames;
        std::optional<UsualLook> look;    // where there are at least two
    };
    using ShotName = std::tuple<std::string, int, int>;
    std::map<ShotName, Shot> shots_;
    std::set<std::pair<const Sample*, View>> taken_;

    static ShotName shot_of(const Sample& frame) { return {frame.meta.sha256, frame.meta.width, frame.meta.height}; }

    bool take(const Sample& frame, const View& square, std::vector<Cut>& into)
    {
        if (square.side == 0 || !framing_.fits_through(square.side) || !free_of_boxes(frame, detector_, square) ||
            !taken_.insert({&frame, square}).second)
            return false;
        into.push_back({&frame, square, "0"});
        return true;
    }

    bool same_place(const Cut& positive, std::vector<Cut>& into)
    {
        const auto& [frames, look] = shots_.at(shot_of(*positive.frame));
        if (!look)
            return false;
        // From a drawn start every frame gets its chance.
        const std::size_t start = std::size_t(place_draw_.below(frames.size()));
        const View& s = positive.square;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const std::size_t at = (start + i) % frames.size();
            if (frames[at] != positive.frame && (at == 0 || free_of_boxes(*frames[at - 1], detector_, s)) &&
                (at + 1 == frames.size() || free_of_boxes(*frames[at + 1], detector_, s)) &&
                look->usual(at, int(s.x), int(s.y), int(s.side)) && take(*frames[at], s, into))
                return true;
        }
        return false;
    }

    bool other_film(const Cut& positive, std::vector<Cut>& into)
    {
        if (others_.empty())
            return false;
        const std::size_t start = std::size_t(film_draw_.below(others_.size()));
        const View& s = positive.square;
        const ImageMeta& own = positive.frame->meta;
        for (std::size_t i = 0; i < others_.size(); ++i) {
            const Sample& frame = others_[(start + i) % others_.size()];
            const double fx = double(frame.meta.width) / own.width, fy = double(frame.meta.height) / own.height;
            if (frame.meta.sha256 != own.sha256 &&
                take(frame,
                     square_view((s.x + s.side / 2.0) * fx, (s.y + s.side / 2.0) * fy, s.side * std::min(fx, fy),
                                 frame.meta.width, frame.meta.height),
                     into))
                return true;
        }
        return false;
    }
};

// Decodes each frame once and cuts what is wanted of it.
std::vector<Sample> cut_out(const std::vector<Cut>& cuts, const TestSetOptions& o)
{
    std::map<std::string, std::vector<std::size_t>> by_frame;
    for (std::size_t i = 0; i < cuts.size(); ++i)
        by_frame[cuts[i].frame->key + cuts[i].frame->meta.sha256].push_back(i);
    std::vector<const std::vector<std::size_t>*> jobs;
    for (const auto& [key, indices] : by_frame)
        jobs.push_back(&indices);
    std::vector<Sample> samples(cuts.size());
    Progress progress("cutting", cuts.size(), "pictures");
    Pool(o.threads).for_each(jobs.size(), [&](std::size_t job, int) {
        throw_if_interrupted();
        const Sample& frame = *cuts[jobs[job]->front()].frame;
        const Picture picture = decode_picture(frame.picture, frame.key);
        for (const std::size_t i : *jobs[job]) {
            const View& s = cuts[i].square;
            const int side = o.framing.stored_side(s);
            Sample& sample = samples[i];
            sample.meta = frame.meta;
            sample.meta.label = cuts[i].label;
            sample.meta.width = sample.meta.height = side;
            record_framing(sample.meta, s, o);
            move_boxes(sample.meta.detections, s.x, s.y, s.side, s.side, side, side);
            const std::string name = frame.meta.sha256 + frame.key + " " + std::to_string(int(s.x)) + " " +
                                     std::to_string(int(s.y)) + " " + std::to_string(int(s.side));
            sample.key = sample_key(sha256(std::as_bytes(std::span(name))));
            sample.extension = "jpg";
            sample.picture = encode_jpeg(frame_picture(picture, s, o.framing));
            progress.advance();
        }
    });
    return samples;
}

void write_cuts(std::vector<Sample>& samples, const std::string& output, const TestSetOptions& o)
{
    Random random(o.seed, Purpose::test_set, draw_order);
    shuffle(samples, random);
    std::vector<ListRow> rows;
    if (!o.lists.empty()) {
        std::vector<std::pair<const Sample*, bool>> labelled;
        for (const Sample& sample : samples)
            labelled.emplace_back(&sample, sample.meta.label == "1");
        const double stretch = stretch_of(labelled, o.part_weights.size());
        // What the lists name are the pictures of this very set.
        for (const Sample& sample : samples)
            rows.push_back({sample.key,
                            sample.meta.label == "1",
                            {},
                            group_of(sample, o.group_by, stretch),
                            sample.meta.source,
                            sha256(sample.picture),
                            {}});
        split_rows(rows, o, output);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            samples[i].meta.half = rows[i].half;
            samples[i].meta.group = rows[i].group;
        }
    }
    ImageWriter writer(output);
    for (const Sample& sample : samples) {
        throw_if_interrupted();
        writer.write(sample);
    }
    write_lists(rows, o);
    writer.commit();
}

// The squares of the boxes that are sure enough, each once, in a drawn order.
std::vector<Cut> draw_boxes(const std::vector<Sample>& frames, const std::string& detector, const TestSetOptions& o)
{
    const double least = least_score(o, detector);
    std::vector<Cut> squares;
    std::set<std::pair<const Sample*, View>> distinct;
    for (const Sample& frame : frames) {
        const Detection* const d = verdict(frame.meta, detector);
        if (!d)
            continue;
        for (const Box& b : d->boxes) {
            const View s =
                square_view(b.x + b.width / 2, b.y + b.height / 2, std::max(b.width, b.height) * (1 + 2 * o.margin),
                            frame.meta.width, frame.meta.height);
            if (s.side > 0 && o.framing.fits_through(s.side) && b.score >= least && distinct.insert({&frame, s}).second)
                squares.push_back({&frame, s, "1"});
        }
    }
    Random random(o.seed, Purpose::test_set, draw_positives);
    shuffle(squares, random);
    return squares;
}

// Half of the negatives from other films, as far as there are so many; more where the same places do not give half.
std::size_t films_share(std::size_t negatives, std::size_t same_place, std::size_t other_film)
{
    const std::size_t lacking = negatives - std::min(negatives, same_place);
    return std::min(other_film, std::max(negatives / 2, lacking));
}

void say_differences(const std::vector<Cut>& cuts, const Framing& framing, const std::string& output)
{
    std::vector<Shown> shown;
    for (const Cut& cut : cuts)
        shown.push_back({cut.label[0] == '1', cut.frame->meta.width, cut.frame->meta.height, cut.square});
    for (const std::string& difference : class_differences(shown, framing))
        say(output + ": " + difference);
}

}    // namespace

// Negatives are planned before it is known how many positives there will be: as many of each sort as all positives
// could use, so that one sort alone can give all where the other runs out. The prior then says how many of what was
// found are taken, each from the front of its drawn order.
ExitStatus test_set_from_boxes(const std::string& annotated, const std::string& others, const std::string& output,
                               const TestSetOptions& options)
{
    const std::vector<Sample> frames = read_set(annotated);
    const std::vector<Sample> films = others.empty() ? std::vector<Sample>() : read_set(others);
    std::vector<const ImageMeta*> metas;
    for (const Sample& frame : frames)
        metas.push_back(&frame.meta);
    const std::string detector = options.detector.empty() ? only_detector(metas, annotated) : options.detector;
    const std::vector<Cut> positives = draw_boxes(frames, detector, options);
    if (positives.empty())
        throw Error(annotated, "no box of detector " + detector + " that fits its picture" +
                                   (options.framing.through > 0 ? " and --through" : ""));

    const auto wanted = std::size_t(std::ceil(double(positives.size()) * options.prior / (1 - options.prior))) + 1;
    std::vector<Cut> same_place, other_film;
    Planner(positives, frames, films, detector, options).plan(wanted, same_place, other_film);
    const ClassCounts s = class_counts(positives.size(), same_place.size() + other_film.size(), options, output);
    const std::size_t from_films = films_share(s.negatives, same_place.size(), other_film.size());
    std::vector<Cut> all(positives.begin(), positives.begin() + std::ptrdiff_t(s.positives));
    all.insert(all.end(), same_place.begin(), same_place.begin() + std::ptrdiff_t(s.negatives - from_films));
    all.insert(all.end(), other_film.begin(), other_film.begin() + std::ptrdiff_t(from_films));
    detail(std::to_string(s.positives) + " positives, " + std::to_string(s.negatives - from_films) +
           " of the same places, " + std::to_string(from_films) + " of other films");
    say_differences(all, options.framing, output);
    std::vector<Sample> samples = cut_out(all, options);
    write_cuts(samples, output, options);
    return ExitStatus::done;
}

}    // namespace nonna
