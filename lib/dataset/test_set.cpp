#include "dataset/test_set.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/pack.h"
#include "dataset/usual_look.h"
#include "io/digest.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace nonna {

namespace {

// Streams of Purpose::test_set.
enum Draw : std::uint64_t { order = 0, which_positives = 1, which_negatives = 2, places = 3, films = 4 };

std::vector<Sample> read_set(const std::string& path)
{
    ImageReader reader(path);
    Progress progress("reading", 0, "pictures");
    std::vector<Sample> samples;
    while (std::optional<Sample> sample = reader.next()) {
        throw_if_interrupted();
        samples.push_back(std::move(*sample));
        progress.advance();
    }
    if (samples.empty())
        throw Error(reader.name(), "no pictures");
    return samples;
}

struct Share {
    std::size_t positives, negatives;
};

// The largest total, or the one asked for, that has round(prior * total) negatives.
Share share(std::size_t positives, std::size_t negatives, const TestSetOptions& o, const std::string& subject)
{
    const auto split = [&](std::size_t total) {
        const auto n = std::size_t(std::lround(o.prior * double(total)));
        return Share{total - n, n};
    };
    const auto fits = [&](const Share& s) { return s.positives <= positives && s.negatives <= negatives; };
    // A test of one class alone tests nothing.
    const auto both = [&](const Share& s) {
        if (s.positives == 0 || s.negatives == 0)
            throw Error(subject, "too few pictures for the prior");
        return s;
    };
    if (o.count > 0) {
        const Share s = split(std::size_t(o.count));
        if (!fits(s))
            throw Error(subject, "only " + std::to_string(positives) + " positives and " + std::to_string(negatives) +
                                     " negatives for a set of " + std::to_string(o.count) + " at the prior");
        return both(s);
    }
    std::size_t total = positives + negatives;
    while (total > 0 && !fits(split(total)))
        --total;
    return both(split(total));
}

template <class T> void draw_some(std::vector<T>& from, std::size_t count, std::uint64_t seed, Draw draw)
{
    Random random(seed, Purpose::test_set, draw);
    shuffle(from, random);
    from.resize(count);
}

void write_set(std::vector<Sample>& samples, const std::string& output, const TestSetOptions& o)
{
    Random random(o.seed, Purpose::test_set, Draw::order);
    shuffle(samples, random);
    ImageWriter writer(output);
    for (const Sample& sample : samples) {
        throw_if_interrupted();
        writer.write(sample);
    }
    writer.commit();
}

struct Square {
    int x = 0, y = 0, side = 0;
    auto operator<=>(const Square&) const = default;
};

bool touches(const Square& s, const Box& b)
{
    return b.x < s.x + s.side && s.x < b.x + b.width && b.y < s.y + s.side && s.y < b.y + b.height;
}

// Centred at (cx, cy), moved inside; side 0 where it does not fit.
Square square_at(double cx, double cy, double wanted, int width, int height)
{
    const int side = std::max(1, int(std::lround(wanted)));
    if (side > std::min(width, height))
        return {};
    return {std::clamp(int(std::lround(cx - side / 2.0)), 0, width - side),
            std::clamp(int(std::lround(cy - side / 2.0)), 0, height - side), side};
}

struct Cut {
    const Sample* frame = nullptr;
    Square square;
    const char* label = "";
};

const Detection* verdict(const Sample& sample, const std::string& detector)
{
    for (const Detection& d : sample.meta.detections)
        if (d.detector == detector)
            return &d;
    return nullptr;
}

std::string only_detector(const std::vector<Sample>& frames, const std::string& set)
{
    std::set<std::string> names;
    for (const Sample& frame : frames)
        for (const Detection& d : frame.meta.detections)
            names.insert(d.detector);
    if (names.empty())
        throw Error(set, "no picture was looked at by a detector");
    if (names.size() > 1)
        throw Error(set, "looked at by several detectors: name one");
    return *names.begin();
}

bool free_of_boxes(const Sample& frame, const std::string& detector, const Square& square)
{
    const Detection* const d = verdict(frame, detector);
    return !d || std::none_of(d->boxes.begin(), d->boxes.end(), [&](const Box& b) { return touches(square, b); });
}

// Negatives for positives: what rule (b) says, as a plan.
class Planner {
  public:
    Planner(const std::vector<Cut>& positives, const std::vector<Sample>& frames, const std::vector<Sample>& others,
            std::string detector, std::uint64_t seed, int threads)
        : positives_(positives), others_(others), detector_(std::move(detector)),
          place_draw_(seed, Purpose::test_set, Draw::places), film_draw_(seed, Purpose::test_set, Draw::films)
    {
        for (const Cut& positive : positives)
            views_[view_of(*positive.frame)];
        for (const Sample& frame : frames)
            if (const auto view = views_.find(view_of(frame)); view != views_.end() && verdict(frame, detector_))
                view->second.frames.push_back(&frame);
        for (auto& [name, view] : views_) {
            std::stable_sort(view.frames.begin(), view.frames.end(), [](const Sample* a, const Sample* b) {
                return a->meta.pts.value_or(0) < b->meta.pts.value_or(0);
            });
            if (view.frames.size() > 1)
                view.look.emplace(view.frames, threads);
        }
    }

    // About `wanted` of each sort, fewer where they run out.
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
    std::string detector_;
    Random place_draw_, film_draw_;
    // The frames of one source that have one size, in the order of time.
    struct View {
        std::vector<const Sample*> frames;
        std::optional<UsualLook> look;    // where there are at least two
    };
    using ViewName = std::tuple<std::string, int, int>;
    std::map<ViewName, View> views_;
    std::set<std::pair<const Sample*, Square>> taken_;

    static ViewName view_of(const Sample& frame) { return {frame.meta.sha256, frame.meta.width, frame.meta.height}; }

    bool take(const Sample& frame, const Square& square, std::vector<Cut>& into)
    {
        if (square.side == 0 || !free_of_boxes(frame, detector_, square) || !taken_.insert({&frame, square}).second)
            return false;
        into.push_back({&frame, square, "0"});
        return true;
    }

    bool same_place(const Cut& positive, std::vector<Cut>& into)
    {
        const auto& [frames, look] = views_.at(view_of(*positive.frame));
        if (!look)
            return false;
        // From a drawn start every frame gets its chance.
        const std::size_t start = std::size_t(place_draw_.below(frames.size()));
        const Square& s = positive.square;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const std::size_t at = (start + i) % frames.size();
            if (frames[at] != positive.frame && (at == 0 || free_of_boxes(*frames[at - 1], detector_, s)) &&
                (at + 1 == frames.size() || free_of_boxes(*frames[at + 1], detector_, s)) &&
                look->usual(at, s.x, s.y, s.side) && take(*frames[at], s, into))
                return true;
        }
        return false;
    }

    bool other_film(const Cut& positive, std::vector<Cut>& into)
    {
        if (others_.empty())
            return false;
        const std::size_t start = std::size_t(film_draw_.below(others_.size()));
        const Square& s = positive.square;
        const ImageMeta& own = positive.frame->meta;
        for (std::size_t i = 0; i < others_.size(); ++i) {
            const Sample& frame = others_[(start + i) % others_.size()];
            const double fx = double(frame.meta.width) / own.width, fy = double(frame.meta.height) / own.height;
            if (frame.meta.sha256 != own.sha256 &&
                take(frame,
                     square_at((s.x + s.side / 2.0) * fx, (s.y + s.side / 2.0) * fy, s.side * std::min(fx, fy),
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
            const Square& s = cuts[i].square;
            const int side = o.size > 0 ? int(o.size) : s.side;
            Sample& sample = samples[i];
            sample.meta = frame.meta;
            sample.meta.label = cuts[i].label;
            sample.meta.width = sample.meta.height = side;
            move_boxes(sample.meta.detections, s.x, s.y, s.side, s.side, side, side);
            const std::string name = frame.meta.sha256 + frame.key + " " + std::to_string(s.x) + " " +
                                     std::to_string(s.y) + " " + std::to_string(s.side);
            sample.key = sample_key(sha256(std::as_bytes(std::span(name))));
            sample.extension = "jpg";
            sample.picture = encode_jpeg(resize(crop(picture, s.x, s.y, s.side, s.side), side, side));
            progress.advance();
        }
    });
    return samples;
}

}    // namespace

ExitStatus mix_test_set(const std::string& positives, const std::string& negatives, const std::string& output,
                        const TestSetOptions& options)
{
    std::vector<Sample> yes = read_set(positives), no = read_set(negatives);
    std::set<std::string> keys;
    for (const Sample& sample : yes)
        keys.insert(sample.key);
    const std::size_t before = no.size();
    std::erase_if(no, [&](const Sample& sample) {
        const bool both = keys.contains(sample.key);
        if (both)
            warn(negatives + ": " + sample.key, "also a positive, skipped");
        return both;
    });
    const bool skipped = no.size() < before;
    const Share s = share(yes.size(), no.size(), options, output);
    draw_some(yes, s.positives, options.seed, Draw::which_positives);
    draw_some(no, s.negatives, options.seed, Draw::which_negatives);
    PackOptions cut;
    cut.size = options.size;
    std::vector<Sample> all(yes.size() + no.size());
    Pool(options.threads).for_each(all.size(), [&](std::size_t i, int) {
        throw_if_interrupted();
        const bool positive = i < yes.size();
        Sample& sample = positive ? yes[i] : no[i - yes.size()];
        sample.meta.label = positive ? "1" : "0";
        const std::string subject = (positive ? positives : negatives) + ": " + sample.key;
        all[i] = options.size > 0 ? cut_sample(std::move(sample), subject, cut).front() : std::move(sample);
    });
    write_set(all, output, options);
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

ExitStatus test_set_from_boxes(const std::string& annotated, const std::string& others, const std::string& output,
                               const TestSetOptions& options)
{
    const std::vector<Sample> frames = read_set(annotated);
    const std::vector<Sample> films = others.empty() ? std::vector<Sample>() : read_set(others);
    const std::string detector = options.detector.empty() ? only_detector(frames, annotated) : options.detector;

    std::vector<Cut> positives;
    std::set<std::pair<const Sample*, Square>> distinct;
    for (const Sample& frame : frames)
        if (const Detection* const d = verdict(frame, detector))
            for (const Box& b : d->boxes) {
                const Square s = square_at(b.x + b.width / 2, b.y + b.height / 2,
                                           std::max(b.width, b.height) * (1 + 2 * options.margin), frame.meta.width,
                                           frame.meta.height);
                if (s.side > 0 && b.score >= options.min_score && distinct.insert({&frame, s}).second)
                    positives.push_back({&frame, s, "1"});
            }
    if (positives.empty())
        throw Error(annotated, "no box of detector " + detector + " that fits its picture");
    Random random(options.seed, Purpose::test_set, Draw::which_positives);
    shuffle(positives, random);

    // Twice half of what the positives could use: one sort alone may have to give all.
    const auto wanted = std::size_t(std::ceil(double(positives.size()) * options.prior / (1 - options.prior))) + 1;
    std::vector<Cut> same_place, other_film;
    Planner(positives, frames, films, detector, options.seed, options.threads).plan(wanted, same_place, other_film);
    const Share s = share(positives.size(), same_place.size() + other_film.size(), options, output);
    const std::size_t from_films = std::min(other_film.size(), std::max(s.negatives / 2, s.negatives - std::min(s.negatives, same_place.size())));
    std::vector<Cut> all(positives.begin(), positives.begin() + std::ptrdiff_t(s.positives));
    all.insert(all.end(), same_place.begin(), same_place.begin() + std::ptrdiff_t(s.negatives - from_films));
    all.insert(all.end(), other_film.begin(), other_film.begin() + std::ptrdiff_t(from_films));
    detail(std::to_string(s.positives) + " positives, " + std::to_string(s.negatives - from_films) +
           " of the same places, " + std::to_string(from_films) + " of other films");
    std::vector<Sample> samples = cut_out(all, options);
    write_set(samples, output, options);
    return ExitStatus::done;
}

}    // namespace nonna
