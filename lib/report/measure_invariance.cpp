#include "report/measure_invariance.h"

#include "analysis/invariance.h"
#include "analysis/respond.h"
#include "analysis/sweep_table.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "io/output.h"
#include "report/neuron_folders.h"
#include "report/picture_file.h"
#include "report/plot_invariance.h"
#include "report/sheet.h"
#include "report/stimulus_picture.h"
#include "report/view_angles.h"
#include "report/warped_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

namespace nonna
{

namespace
{

constexpr std::size_t inputs_at_a_time = 1000, sheet_pictures = 2, sheet_columns = 11;
constexpr int tile_side = 96;

struct Step {
    Warp warp;
    double amount;
};

// A picture at the network's size that the sheet may show.
struct Shown {
    std::string warp, picture;
    double amount = 0, response = 0;
    Picture look;
};

struct Measured {
    std::vector<std::vector<WarpResponse>> responses;    // by neuron
    // Of the first neuron: what the sheet shows, and the first pictures that it says no to, for a sheet that lacks
    // others.
    std::vector<Shown> shown;
    std::vector<std::vector<Shown>> refused;
    std::size_t accepted = 0;    // pictures among those shown
};

// Says yes above its threshold, or, where its polarity is -1, below.
struct Subject {
    NeuronId neuron;
    double threshold = 0;
    int polarity = 1;

    bool yes(double response) const { return polarity < 0 ? response < threshold : response > threshold; }
};

// The second set, by head and angle. All are held, at the network's size: which angles there are is known at its end.
struct Heads {
    struct View {
        std::string source;
        Picture look;
    };
    std::string set;
    std::vector<std::string> order;    // of the groups, as they first come
    std::map<std::string, std::map<double, View>> views;
    std::set<double> angles;
    std::size_t unplaced = 0;    // pictures that are of no sequence
};

// Shows the two sets to the neuron and notes what it responds; says in words what was shown. Measurements go `into` the
// caller's lists, warps first.
class Laboratory
{
  public:
    // `first`: of the neurons, the one that the sheet is about.
    Laboratory(const InvarianceOptions& o, const Model& model, std::span<const NeuronId> neurons, Subject first)
        : options_(o), model_(model), neurons_(neurons.size()), first_(first), pool_(o.threads),
          responder_(model, neurons, pool_)
    {
        view_.side = model.architecture.side;
        view_.crop = o.crop;
        view_.mirrored = o.border == InvarianceOptions::Beyond::mirror;
        if (!o.pictures.empty())
            plan();
    }

    // Pictures in chunks whose warps make about a thousand inputs, so that memory does not depend on their number. A
    // chunk is shown when it is full or the set ends.
    void warp_pictures(Measured& into)
    {
        ImageReader reader(options_.pictures);
        const std::size_t chunk = std::max<std::size_t>(1, inputs_at_a_time / steps_.size());
        int taken = 0;
        std::vector<Sample> samples;
        std::optional<Sample> sample;
        do {
            throw_if_interrupted();
            sample = taken < options_.count ? reader.next() : std::nullopt;
            if (sample && sample->meta.label.value_or(options_.positive) == options_.positive) {
                ++taken;
                samples.push_back(std::move(*sample));
            }
            if (samples.size() == chunk || (!sample && !samples.empty())) {
                warp_samples(reader.name(), samples, into);
                samples.clear();
            }
        } while (sample);
        for (std::vector<Shown>& picture : into.refused)
            if (into.accepted < sheet_pictures) {
                std::move(picture.begin(), picture.end(), std::back_inserter(into.shown));
                ++into.accepted;
            }
        if (taken == 0)
            throw Error(reader.name(), "no picture in it with the label " + options_.positive + ", or without one");
        said_ += std::to_string(taken) + (taken == 1 ? " picture" : " pictures");
    }

    // Heads that lack an angle are left out: a curve's points are to be of the same heads.
    void show_sequences(Measured& into)
    {
        Heads heads = read_heads();
        const std::size_t all = heads.order.size();
        std::erase_if(heads.order, [&](const std::string& g) { return heads.views[g].size() != heads.angles.size(); });
        if (heads.order.empty())
            throw Error(heads.set,
                        "no sequence has a picture at each of the " + std::to_string(heads.angles.size()) + " angles");
        const std::size_t incomplete = all - heads.order.size();
        heads.order.resize(std::min(heads.order.size(), std::size_t(options_.count)));

        std::vector<Picture> looks;
        for (const std::string& group : heads.order)
            for (auto& [angle, view] : heads.views[group])
                looks.push_back(std::move(view.look));
        const std::vector<float> responses = respond_to(looks);
        std::size_t i = 0;
        for (const std::string& group : heads.order)
            for (const auto& [angle, view] : heads.views[group]) {
                for (std::size_t k = 0; k < neurons_; ++k)
                    into.responses[k].push_back({"view", angle, view.source, group, responses[i * neurons_ + k]});
                if (!options_.sheet.empty() && i < sheet_pictures * heads.angles.size())
                    into.shown.push_back({"view", group, angle, responses[i * neurons_], std::move(looks[i])});
                ++i;
            }
        tell_of(heads, incomplete);
    }

    const std::string& said() const { return said_; }
    const std::string& left_out() const { return left_out_; }

  private:
    const InvarianceOptions& options_;
    const Model& model_;
    std::size_t neurons_;
    Subject first_;
    Pool pool_;
    NeuronResponder responder_;
    WarpView view_;
    std::vector<Step> steps_;
    std::string said_, left_out_;

    static std::string degrees(double angle)
    {
        char text[40];
        std::snprintf(text, sizeof text, "%g degrees", angle);
        return text;
    }

    Heads read_heads()
    {
        const ViewAngles angles(options_.angles);
        WarpView whole = view_;    // the crop is for the other set
        whole.crop = 0;
        ImageReader reader(options_.sequence);
        Heads heads;
        heads.set = reader.name();
        while (const std::optional<Sample> sample = reader.next()) {
            throw_if_interrupted();
            const std::optional<TurnedView> view = angles.find(sample->meta.source, sample->key);
            if (!view) {
                ++heads.unplaced;
                continue;
            }
            const std::string subject = reader.name() + ": " + sample->key + "." + sample->extension;
            const Picture picture = decode_picture(sample->picture, subject);
            auto& of_group = heads.views[view->group];
            if (of_group.empty())
                heads.order.push_back(view->group);
            Heads::View seen{sample->meta.source, warped(picture, Warp::translate_x, 0, whole, subject)};
            if (!of_group.emplace(view->angle, std::move(seen)).second)
                throw Error(subject, "a second picture of '" + view->group + "' at " + degrees(view->angle));
            heads.angles.insert(view->angle);
        }
        if (heads.order.empty())
            throw Error(heads.set, "no picture of a sequence in it: see --angles");
        return heads;
    }

    void tell_of(const Heads& heads, std::size_t incomplete)
    {
        said_ += std::string(said_.empty() ? "" : "; ") + std::to_string(heads.order.size()) +
                 (heads.order.size() == 1 ? " sequence of " : " sequences of ") + std::to_string(heads.angles.size()) +
                 " views";
        if (incomplete > 0)
            left_out_ += ", " + std::to_string(incomplete) + " left out that lack some";
        if (heads.unplaced > 0)
            left_out_ += ", " + std::to_string(heads.unplaced) + " pictures of no angle";
        if (options_.angles.empty())
            left_out_ += "; without --angles names are taken to end in degrees";
    }

    void plan()
    {
        const int shift = default_shift(top_visible_area(model_.architecture).rows), side = view_.side;
        const std::string translate = options_.translate.empty() ? std::to_string(shift) : options_.translate;
        const auto add = [&](const std::string& text, const std::string& option, const AmountLimits& limits,
                             double step, std::initializer_list<Warp> warps) {
            if (text == "none")
                return;
            const std::vector<double> amounts = parse_amounts(text, option, limits, step);
            for (const Warp warp : warps)
                for (const double amount : amounts)
                    steps_.push_back({warp, amount});
        };
        add(translate, "--translate", {-double(side), double(side), true}, 1, {Warp::translate_x, Warp::translate_y});
        add(options_.scale, "--scale", {0.05, 20, false}, 0.05, {Warp::scale});
        add(options_.rotate, "--rotate", {-360, 360, true}, 10, {Warp::rotate});
        if (steps_.empty())
            throw Error("--translate, --scale, --rotate", "all are none, nothing is left to do with the pictures",
                        ExitStatus::usage);
    }

    // (look, neuron)
    std::vector<float> respond_to(const std::vector<Picture>& looks)
    {
        const std::size_t size = model_.architecture.input().size();
        std::vector<std::uint8_t> pixels(looks.size() * size);
        pool_.for_each(looks.size(), [&](std::size_t i, int) {
            const std::vector<std::uint8_t>& bytes = model_.architecture.channels == 1 ? grey(looks[i]) : looks[i].rgb;
            std::copy(bytes.begin(), bytes.end(), pixels.begin() + std::ptrdiff_t(i * size));
        });
        std::vector<float> responses;
        for (std::size_t first = 0; first < looks.size(); first += responder_.batch()) {
            const std::size_t count = std::min(responder_.batch(), looks.size() - first);
            const std::span<const float> batch =
                responder_.respond({std::span(pixels).subspan(first * size, count * size), count});
            responses.insert(responses.end(), batch.begin(), batch.end());
        }
        return responses;
    }

    // Every picture by every step. The sheet shows the first two pictures to which the neuron says yes where they are,
    // and where there are fewer, others: of one that it never accepts nothing is to be seen.
    void warp_samples(const std::string& name, const std::vector<Sample>& samples, Measured& into)
    {
        const auto subject = [&](std::size_t i) { return name + ": " + samples[i].key + "." + samples[i].extension; };
        std::vector<Picture> pictures(samples.size()), looks(samples.size() * steps_.size());
        pool_.for_each(samples.size(),
                       [&](std::size_t i, int) { pictures[i] = decode_picture(samples[i].picture, subject(i)); });
        pool_.for_each(looks.size(), [&](std::size_t n, int) {
            const std::size_t i = n / steps_.size(), s = n % steps_.size();
            looks[n] = warped(pictures[i], steps_[s].warp, steps_[s].amount, view_, subject(i));
        });
        const std::vector<float> responses = respond_to(looks);
        const auto response = [&](std::size_t i, std::size_t s, std::size_t k) {
            return responses[(i * steps_.size() + s) * neurons_ + k];
        };
        for (std::size_t i = 0; i < samples.size(); ++i) {
            for (std::size_t s = 0; s < steps_.size(); ++s)
                for (std::size_t k = 0; k < neurons_; ++k)
                    into.responses[k].push_back(
                        {name_of(steps_[s].warp), steps_[s].amount, samples[i].meta.source, "", response(i, s, k)});
            const bool accepted = first_.yes(response(i, unmoved(), 0));
            if (options_.sheet.empty() || (accepted ? into.accepted : into.refused.size()) >= sheet_pictures)
                continue;
            std::vector<Shown> picture;
            for (std::size_t s = 0; s < steps_.size(); ++s)
                picture.push_back({name_of(steps_[s].warp), samples[i].key, steps_[s].amount, response(i, s, 0),
                                   std::move(looks[i * steps_.size() + s])});
            if (accepted) {
                std::move(picture.begin(), picture.end(), std::back_inserter(into.shown));
                ++into.accepted;
            } else {
                into.refused.push_back(std::move(picture));
            }
        }
    }

    // The step that changes least.
    std::size_t unmoved() const
    {
        const auto change = [](const Step& step) {
            return std::abs(step.amount - unchanged_amount(name_of(step.warp)));
        };
        return std::size_t(std::min_element(steps_.begin(), steps_.end(),
                                            [&](const Step& a, const Step& b) { return change(a) < change(b); }) -
                           steps_.begin());
    }
};

// A tile has no room for more: x, y, s(cale), r(otate), v(iew).
char letter_of(const std::string& warp) { return warp.starts_with("translate-") ? warp.back() : warp.front(); }

using SheetRow = std::pair<std::string, std::string>;    // warp, picture

// Each picture's row below the others of its warp, warps in the order they come in.
std::vector<SheetRow> sheet_rows(const std::vector<Shown>& shown)
{
    std::vector<std::string> warps;
    for (const Shown& s : shown)
        if (std::find(warps.begin(), warps.end(), s.warp) == warps.end())
            warps.push_back(s.warp);
    std::vector<SheetRow> rows;
    for (const std::string& warp : warps)
        for (const Shown& s : shown)
            if (s.warp == warp && std::find(rows.begin(), rows.end(), SheetRow(s.warp, s.picture)) == rows.end())
                rows.emplace_back(s.warp, s.picture);
    return rows;
}

// Of many as many as fit, evenly chosen, the first and the last among them.
std::vector<const Shown*> chosen_for(const SheetRow& row, const std::vector<Shown>& shown)
{
    std::vector<const Shown*> all, chosen;
    for (const Shown& s : shown)
        if (SheetRow(s.warp, s.picture) == row)
            all.push_back(&s);
    const std::size_t count = std::min(all.size(), sheet_columns);
    for (std::size_t i = 0; i < count; ++i)
        chosen.push_back(all[count > 1 ? (i * (all.size() - 1) + (count - 1) / 2) / (count - 1) : 0]);
    return chosen;
}

// Rows of tiles: a warp's amounts, evenly chosen, of one picture. Framed is what the neuron sees, in yellow where it
// says yes. Small pictures are enlarged by a whole factor, so that the frame is on pixels' borders.
Picture invariance_sheet(const std::vector<Shown>& shown, double threshold, Area area)
{
    const int side = shown.front().look.width;
    const int factor = std::max(1, (tile_side + side - 1) / side);
    const Box frame{double(area.column * factor), double(area.row * factor), double(area.columns * factor),
                    double(area.rows * factor), 0};
    SheetOptions options;
    options.tile = side * factor;
    std::vector<std::vector<SheetTile>> lines;
    for (const SheetRow& row : sheet_rows(shown)) {
        std::vector<SheetTile>& line = lines.emplace_back();
        for (const Shown* s : chosen_for(row, shown)) {
            SheetTile tile{factor > 1 ? resize(s->look, side * factor, side * factor) : s->look, ""};
            const bool yes = s->response > threshold;
            draw_box(tile.picture, frame, yes ? 255 : 110, yes ? 200 : 110, yes ? 0 : 120, 2);
            char caption[60];
            std::snprintf(caption, sizeof caption, "%c%.3g %+.2g", letter_of(s->warp), s->amount,
                          s->response - threshold);
            tile.caption = caption;
            line.push_back(std::move(tile));
        }
        options.columns = std::max(options.columns, int(line.size()));
    }
    std::vector<SheetTile> tiles;
    for (std::vector<SheetTile>& line : lines) {    // a shorter row ends in gaps
        line.resize(std::size_t(options.columns), {blank_picture(1, 1, sheet_ground), ""});
        std::move(line.begin(), line.end(), std::back_inserter(tiles));
    }
    return make_sheet(tiles, options);
}

void say_summary(const std::vector<CurvePoint>& points)
{
    std::string last;
    for (const CurvePoint& p : points) {
        if (p.warp == last)
            continue;
        last = p.warp;
        char text[200];
        const double still = unchanged_amount(p.warp);
        if (const auto range = above_threshold(points, p.warp, still))
            std::snprintf(text, sizeof text, "%s: the mean is above the threshold from %g to %g", last.c_str(),
                          range->least, range->most);
        else
            std::snprintf(text, sizeof text, "%s: the mean is not above the threshold at the amount nearest to %g",
                          last.c_str(), still);
        say(text);
    }
}

}    // namespace

int default_shift(int seen) { return std::max(1, int(std::lround(14.0 * seen / 76))); }

namespace
{

// Neuron and threshold are of the command line, or of a sweep's table, the former by preference.
Subject the_subject(const InvarianceOptions& o, const Model& model)
{
    std::optional<NeuronId> neuron;
    if (!o.neuron.empty())
        neuron = parse_neuron(o.neuron, model.architecture);
    Subject subject;
    subject.threshold = o.threshold.value_or(0);
    if (!o.sweep.empty()) {
        const SweptNeuron swept = swept_neuron(o.sweep, neuron, model);
        neuron = swept.neuron;
        subject.threshold = o.threshold.value_or(swept.threshold);
        subject.polarity = swept.polarity;
    }
    if (!neuron)
        throw Error("--neuron", "must be given, or --sweep", ExitStatus::usage);
    subject.neuron = *neuron;
    return subject;
}

std::vector<Subject> best_subjects(const InvarianceOptions& o, const Model& model)
{
    const SweepTable sweep(o.sweep);
    sweep.require_of(model);
    std::vector<Subject> subjects;
    for (const std::size_t row : sweep.first(o.neurons)) {
        const SweptNeuron swept = swept_neuron(o.sweep, sweep.neuron(row, model.architecture), model);
        subjects.push_back({swept.neuron, swept.threshold, swept.polarity});
    }
    return subjects;
}

}    // namespace

// Everything is measured and drawn before the first file is written, for a plot may fail (gnuplot may be missing) after
// minutes of measuring.
ExitStatus measure_invariance(const InvarianceOptions& o)
{
    const Model model = load_model(o.model);
    std::vector<Subject> subjects = o.folder.empty() ? std::vector{the_subject(o, model)} : best_subjects(o, model);
    std::vector<NeuronId> neurons;
    for (const Subject& s : subjects)
        neurons.push_back(s.neuron);

    Laboratory laboratory(o, model, neurons, subjects.front());
    Measured measured;
    measured.responses.resize(subjects.size());
    if (!o.pictures.empty())
        laboratory.warp_pictures(measured);
    if (!o.sequence.empty())
        laboratory.show_sequences(measured);
    for (std::size_t k = 0; k < subjects.size(); ++k) {
        if (subjects[k].polarity > 0)
            continue;
        // its silence is its yes: all below is about the response's negative
        subjects[k].threshold = -subjects[k].threshold;
        for (WarpResponse& r : measured.responses[k])
            r.response = -r.response;
        for (Shown& s : measured.shown)
            s.response = -s.response;
    }
    if (!o.folder.empty()) {
        const NeuronFolders folders(o.folder);
        for (std::size_t k = 0; k < subjects.size(); ++k) {
            const std::string name = neuron_name(neurons[k]);
            write_curves(folders.path(name, "invariance.tsv"),
                         response_curves(measured.responses[k], subjects[k].threshold), name, subjects[k].threshold);
        }
        say(std::to_string(subjects.size()) + (subjects.size() == 1 ? " neuron: " : " neurons: ") + laboratory.said() +
            laboratory.left_out());
        return ExitStatus::done;
    }

    const std::vector<WarpResponse>& responses = measured.responses[0];
    const double threshold = subjects[0].threshold;
    const std::vector<CurvePoint> points = response_curves(responses, threshold);
    const std::string name = neuron_name(neurons[0]);
    char title[200];
    std::snprintf(title, sizeof title, "%s, threshold %.4g: %s", name.c_str(), threshold, laboratory.said().c_str());
    const std::string plot = o.plot.empty() ? "" : plot_invariance(title, points);
    if (!o.sheet.empty())
        write_picture(o.sheet,
                      invariance_sheet(measured.shown, threshold, visible_area(neurons[0], model.architecture)));
    if (!o.plot.empty())
        write_whole_file(o.plot, plot);
    if (!o.each.empty())
        write_responses(o.each, responses, threshold);
    write_curves(o.output, points, name, threshold);
    if (!o.threshold && o.sweep.empty())
        say("neither --threshold nor --sweep: the threshold is 0");
    say(title + laboratory.left_out());
    say_summary(points);
    return ExitStatus::done;
}

}    // namespace nonna
