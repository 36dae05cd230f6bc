#include "report/measure_invariance.h"

#include "analysis/invariance.h"
#include "analysis/respond.h"
#include "analysis/sweep_table.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "io/output.h"
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
    std::vector<WarpResponse> responses;
    std::vector<Shown> shown;
};

class Laboratory
{
  public:
    Laboratory(const InvarianceOptions& o, const Model& model, NeuronId neuron)
        : options_(o), model_(model), neuron_(neuron), pool_(int(o.threads))
    {
        view_.side = model.architecture.side;
        view_.crop = o.crop;
        view_.mirrored = o.border == "mirror";
        if (!o.pictures.empty())
            plan();
    }

    void warp_pictures(Measured& into)
    {
        ImageReader reader(options_.pictures);
        const std::size_t chunk = std::max<std::size_t>(1, inputs_at_a_time / steps_.size());
        std::int64_t taken = 0;
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
        if (taken == 0)
            throw Error(reader.name(), "no picture in it with the label " + options_.positive + ", or without one");
        said_ += std::to_string(taken) + (taken == 1 ? " picture" : " pictures");
    }

    void show_sequences(Measured& into)
    {
        const ViewAngles angles(options_.angles);
        struct Member {
            std::string source;
            Picture look;
        };
        std::vector<std::string> order;
        std::map<std::string, std::map<double, Member>> groups;
        std::set<double> seen;
        ImageReader reader(options_.sequence);
        WarpView whole = view_;
        whole.crop = 0;
        std::size_t unplaced = 0;
        while (const std::optional<Sample> sample = reader.next()) {
            throw_if_interrupted();
            const std::optional<TurnedView> view = angles.find(sample->meta.source, sample->key);
            if (!view) {
                ++unplaced;
                continue;
            }
            const std::string subject = reader.name() + ": " + sample->key + "." + sample->extension;
            const Picture picture = decode_picture(sample->picture, subject);
            if (!groups.contains(view->group))
                order.push_back(view->group);
            Member member{sample->meta.source, warped(picture, Warp::translate_x, 0, whole, subject)};
            if (!groups[view->group].emplace(view->angle, std::move(member)).second)
                throw Error(subject, "a second picture of '" + view->group + "' at " + degrees(view->angle));
            seen.insert(view->angle);
        }
        if (order.empty())
            throw Error(reader.name(), "no picture of a sequence in it: see --angles");
        std::erase_if(order, [&](const std::string& g) { return groups[g].size() != seen.size(); });
        if (order.empty())
            throw Error(reader.name(),
                        "no sequence has a picture at each of the " + std::to_string(seen.size()) + " angles");
        const std::size_t incomplete = groups.size() - order.size();
        order.resize(std::min(order.size(), std::size_t(options_.count)));

        std::vector<Picture> looks;
        for (const std::string& group : order)
            for (auto& [angle, member] : groups[group])
                looks.push_back(std::move(member.look));
        const std::vector<float> responses = respond_to(looks);
        std::size_t i = 0;
        for (const std::string& group : order)
            for (auto& [angle, member] : groups[group]) {
                into.responses.push_back({"view", angle, member.source, group, responses[i]});
                if (!options_.sheet.empty() && i < sheet_pictures * seen.size())
                    into.shown.push_back({"view", group, angle, responses[i], std::move(looks[i])});
                ++i;
            }
        said_ += std::string(said_.empty() ? "" : "; ") + std::to_string(order.size()) +
                 (order.size() == 1 ? " sequence of " : " sequences of ") + std::to_string(seen.size()) + " views";
        if (incomplete > 0)
            left_out_ += ", " + std::to_string(incomplete) + " left out that lack some";
        if (unplaced > 0)
            left_out_ += ", " + std::to_string(unplaced) + " pictures of no angle";
        if (options_.angles.empty())
            left_out_ += "; without --angles names are taken to end in degrees";
    }

    const std::string& said() const { return said_; }
    const std::string& left_out() const { return left_out_; }

  private:
    const InvarianceOptions& options_;
    const Model& model_;
    NeuronId neuron_;
    Pool pool_;
    WarpView view_;
    std::vector<Step> steps_;
    std::string said_, left_out_;

    static std::string degrees(double angle)
    {
        char text[40];
        std::snprintf(text, sizeof text, "%g degrees", angle);
        return text;
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

    std::vector<float> respond_to(const std::vector<Picture>& looks)
    {
        const std::size_t size = model_.architecture.input().size();
        std::vector<std::uint8_t> pixels(looks.size() * size);
        pool_.for_each(looks.size(), [&](std::size_t i, int) {
            const std::vector<std::uint8_t>& bytes = model_.architecture.channels == 1 ? grey(looks[i]) : looks[i].rgb;
            std::copy(bytes.begin(), bytes.end(), pixels.begin() + std::ptrdiff_t(i * size));
        });
        return respond(model_, {pixels, looks.size()}, neuron_, pool_);
    }

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
        const std::size_t before = into.responses.size() / steps_.size();
        for (std::size_t n = 0; n < looks.size(); ++n) {
            const std::size_t i = n / steps_.size();
            const Step& step = steps_[n % steps_.size()];
            into.responses.push_back({warp_name(step.warp), step.amount, samples[i].meta.source, "", responses[n]});
            if (!options_.sheet.empty() && before + i < sheet_pictures)
                into.shown.push_back(
                    {warp_name(step.warp), samples[i].key, step.amount, responses[n], std::move(looks[n])});
        }
    }
};

// A tile has no room for more: x, y, s(cale), r(otate), v(iew).
char letter_of(const std::string& warp) { return warp.starts_with("translate-") ? warp.back() : warp.front(); }

// Rows of tiles: a warp's amounts, evenly chosen, of one picture. Framed is what the neuron sees.
Picture invariance_sheet(const std::vector<Shown>& shown, double threshold, Area area)
{
    std::vector<std::string> warps;
    std::vector<std::pair<std::string, std::string>> rows;    // (warp, picture), in the order of their warps
    for (const Shown& s : shown)
        if (std::find(warps.begin(), warps.end(), s.warp) == warps.end())
            warps.push_back(s.warp);
    for (const std::string& warp : warps)
        for (const Shown& s : shown)
            if (s.warp == warp && std::find(rows.begin(), rows.end(), std::pair(s.warp, s.picture)) == rows.end())
                rows.emplace_back(s.warp, s.picture);

    const int side = shown.front().look.width;
    const int factor = std::max(1, (tile_side + side - 1) / side);
    SheetOptions options;
    options.tile = side * factor;
    std::vector<std::vector<SheetTile>> lines;
    for (const auto& [warp, picture] : rows) {
        std::vector<const Shown*> all;
        for (const Shown& s : shown)
            if (s.warp == warp && s.picture == picture)
                all.push_back(&s);
        const std::size_t count = std::min(all.size(), sheet_columns);
        lines.emplace_back();
        for (std::size_t i = 0; i < count; ++i) {
            const Shown& s = *all[count > 1 ? (i * (all.size() - 1) + (count - 1) / 2) / (count - 1) : 0];
            SheetTile tile{factor > 1 ? resize(s.look, side * factor, side * factor) : s.look, ""};
            const bool yes = s.response > threshold;
            draw_box(tile.picture,
                     {double(area.column * factor), double(area.row * factor), double(area.columns * factor),
                      double(area.rows * factor), 0},
                     yes ? 255 : 110, yes ? 200 : 110, yes ? 0 : 120, 2);
            char caption[60];
            std::snprintf(caption, sizeof caption, "%c%.3g %+.2g", letter_of(warp), s.amount, s.response - threshold);
            tile.caption = caption;
            lines.back().push_back(std::move(tile));
        }
    }
    std::size_t columns = 0;
    for (const auto& line : lines)
        columns = std::max(columns, line.size());
    options.columns = int(columns);
    std::vector<SheetTile> tiles;
    for (auto& line : lines) {
        line.resize(columns, {blank_picture(1, 1, sheet_ground), ""});
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
        const int still = p.warp == "scale" ? 1 : 0;
        if (const auto range = above_threshold(points, p.warp, still))
            std::snprintf(text, sizeof text, "%s: the mean is above the threshold from %g to %g", last.c_str(),
                          range->least, range->most);
        else
            std::snprintf(text, sizeof text, "%s: the mean is not above the threshold at the amount nearest to %d",
                          last.c_str(), still);
        say(text);
    }
}

}    // namespace

int default_shift(int seen) { return std::max(1, int(std::lround(14.0 * seen / 76))); }

ExitStatus measure_invariance(const InvarianceOptions& o)
{
    const Model model = load_model(o.model);
    std::optional<NeuronId> neuron;
    if (!o.neuron.empty())
        neuron = parse_neuron(o.neuron, model.architecture);
    double threshold = o.threshold.value_or(0);
    int polarity = 1;
    if (!o.sweep.empty()) {
        const SweptNeuron swept = swept_neuron(o.sweep, neuron, model.architecture);
        neuron = swept.neuron;
        threshold = o.threshold.value_or(swept.threshold);
        polarity = swept.polarity;
    }
    if (!neuron)
        throw Error("--neuron", "must be given, or --sweep", ExitStatus::usage);

    Laboratory laboratory(o, model, *neuron);
    Measured measured;
    if (!o.pictures.empty())
        laboratory.warp_pictures(measured);
    if (!o.sequence.empty())
        laboratory.show_sequences(measured);
    if (polarity < 0) {    // its silence is its yes: all below is about the response's negative
        threshold = -threshold;
        for (WarpResponse& r : measured.responses)
            r.response = -r.response;
        for (Shown& s : measured.shown)
            s.response = -s.response;
    }

    const std::vector<CurvePoint> points = response_curves(measured.responses, threshold);
    const std::string name = neuron_name(*neuron);
    char title[200];
    std::snprintf(title, sizeof title, "%s, threshold %.4g: %s", name.c_str(), threshold, laboratory.said().c_str());
    const std::string plot = o.plot.empty() ? "" : plot_invariance(title, points);
    if (!o.sheet.empty())
        write_png(o.sheet, invariance_sheet(measured.shown, threshold, visible_area(*neuron, model.architecture)));
    if (!o.plot.empty()) {
        Output out(o.plot, Output::Kind::text);
        out.write(plot);
        out.commit();
    }
    if (!o.each.empty())
        write_responses(o.each, measured.responses, threshold);
    write_curves(o.output, points, name, threshold);
    if (!o.threshold && o.sweep.empty())
        say("neither --threshold nor --sweep: the threshold is 0");
    say(title + laboratory.left_out());
    say_summary(points);
    return ExitStatus::done;
}

}    // namespace nonna
