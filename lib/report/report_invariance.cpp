// What a neuron responds to pictures that are shifted, scaled and turned, and up to where it still says yes.
#include "report/results_folder.h"

#include "analysis/invariance.h"
#include "base/error.h"

#include <algorithm>
#include <map>

namespace nonna
{

namespace
{

struct WarpName {
    const char *warp, *title, *brief, *axis, *unit;
};
constexpr WarpName warps[] = {{"translate-x", "shifted sideways", "sideways", "pixels to the right", "pixels"},
                              {"translate-y", "shifted up and down", "up and down", "pixels down", "pixels"},
                              {"scale", "scaled", "scaled", "scale", "of its size"},
                              {"rotate", "turned in the picture's plane", "turned", "degrees", "degrees"},
                              {"view", "turned out of the plane", "turned out", "degrees", "degrees"}};

}    // namespace

// Known warps first, in the order above, then others in the order they stand in.
std::vector<InvarianceCurve> read_invariance(const Table& table)
{
    std::vector<std::string> order;
    for (const WarpName& w : warps)
        order.push_back(w.warp);
    std::map<std::string, std::vector<std::size_t>> rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& warp = table.rows[row][table.column("warp")];
        if (std::find(order.begin(), order.end(), warp) == order.end())
            order.push_back(warp);
        rows[warp].push_back(row);
    }
    std::vector<InvarianceCurve> curves;
    for (std::size_t w = 0; w < order.size(); ++w) {
        auto found = rows.find(order[w]);
        if (found == rows.end())
            continue;
        InvarianceCurve c;
        c.warp = order[w];
        const bool known = w < std::size(warps);
        c.title = known ? warps[w].title : order[w];
        c.brief = known ? warps[w].brief : order[w];
        c.axis = known ? warps[w].axis : "amount";
        c.unit = known ? warps[w].unit : "";
        c.curve.colour = int(w);
        std::vector<std::size_t>& mine = found->second;
        std::stable_sort(mine.begin(), mine.end(), [&](std::size_t a, std::size_t b) {
            return table.finite(a, "amount") < table.finite(b, "amount");
        });
        for (const std::size_t row : mine) {
            c.curve.points.emplace_back(table.finite(row, "amount"), table.finite(row, "mean"));
            c.above.push_back(table.share_or_none(row, "above"));
            const double deviation = table.finite_or_none(row, "deviation").value_or(0);
            if (deviation < 0)
                throw Error(table.name, "line " + std::to_string(row + 2) + ": the deviation is below 0");
            c.curve.deviations.push_back(deviation);
        }
        curves.push_back(std::move(c));
    }
    if (curves.empty())
        throw Error(table.name, "no warps in it");
    return curves;
}

std::string in_words(const InvarianceCurve& c)
{
    const auto& points = c.curve.points;
    const auto most =
        std::max_element(points.begin(), points.end(), [](auto& a, auto& b) { return a.second < b.second; });
    const auto least =
        std::min_element(points.begin(), points.end(), [](auto& a, auto& b) { return a.second < b.second; });
    const auto above = std::count_if(points.begin(), points.end(), [](auto& p) { return p.second > 0; });
    return "Mean response minus threshold, pictures " + c.title + " (" + c.axis + ") from " +
           format_number("%.3g", points.front().first) + " to " + format_number("%.3g", points.back().first) +
           ": highest " + format_number("%.3g", most->second) + " at " + format_number("%.3g", most->first) +
           ", lowest " + format_number("%.3g", least->second) + " at " + format_number("%.3g", least->first) +
           "; above the threshold at " + std::to_string(above) + " of " + std::to_string(points.size()) + " amounts";
}

// As nonna-invariance says it: the range around the unmoved picture.
std::string verdict_of(const std::vector<InvarianceCurve>& curves)
{
    std::string text;
    for (const InvarianceCurve& c : curves) {
        std::vector<CurvePoint> points;
        for (const auto& [amount, mean] : c.curve.points) {
            CurvePoint& p = points.emplace_back();
            p.warp = c.warp;
            p.amount = amount;
            p.mean = mean;
        }
        text += (text.empty() ? "" : "; ") + c.title;
        if (const auto range = above_threshold(points, c.warp, unchanged_amount(c.warp)))
            text += ": above threshold from " + format_number("%g", range->least) + " to " +
                    format_number("%g", range->most) + (c.unit.empty() ? "" : " " + c.unit);
        else
            text += ": not above threshold even unmoved";
    }
    return text.empty() ? text : char(text[0] - 'a' + 'A') + text.substr(1) + ".";
}

namespace
{

// The share of pictures to which each says yes, in one drawing a warp: neurons whose responses have different sizes
// can be held against each other so.
std::vector<PageImage> drawn_together(const std::vector<InvarianceCurve>& best,
                                      const std::vector<InvarianceCurve>& first)
{
    const auto shares_of = [](const InvarianceCurve& c, const std::string& title, int colour) {
        PlotCurve curve;
        curve.title = title;
        curve.colour = colour;
        for (std::size_t i = 0; i < c.above.size(); ++i)
            if (c.above[i])
                curve.points.emplace_back(c.curve.points[i].first, 100 * *c.above[i]);
        return curve;
    };
    std::vector<PageImage> images;
    for (const InvarianceCurve& c : best) {
        const auto other = std::find_if(first.begin(), first.end(), [&](auto& f) { return f.warp == c.warp; });
        if (other == first.end())
            continue;
        const std::vector<PlotCurve> curves{shares_of(c, "best neuron", 0), shares_of(*other, "first stage", 1)};
        if (curves[0].points.empty() || curves[1].points.empty())
            continue;
        const auto range = [](const PlotCurve& curve) {
            const auto by_share = [](auto& a, auto& b) { return a.second < b.second; };
            const auto [least, most] = std::minmax_element(curve.points.begin(), curve.points.end(), by_share);
            return curve.title + " " + format_number("%.0f", least->second) + " to " +
                   format_number("%.0f", most->second);
        };
        images.push_back(drawing(plot_curves({c.title, c.axis, "% yes"}, curves, flat_plot), flat_plot,
                                 "Share of pictures " + c.title + " to which it says yes, %: " + range(curves[0]) +
                                     "; " + range(curves[1])));
    }
    return images;
}

}    // namespace

// The curves, and the sheet beside them or alone.
void add_invariance(ResultsFolder& results)
{
    const std::string usual = "nonna-invariance MODEL.safetensors TEST.tar --sweep sweep-top.tsv -o invariance.tsv",
                      usual_first = "nonna-invariance MODEL.safetensors TEST.tar --sweep sweep-first.tsv -o "
                                    "invariance-first.tsv";
    const bool curves = results.has("invariance.tsv"), sheet = results.has("invariance.png");
    if (curves || sheet)
        results.heading("Invariance");
    if (curves) {
        const Table table = read_table(results.file("invariance.tsv"));
        const std::vector<InvarianceCurve> all = read_invariance(table);
        // One vertical scale for all, wide enough for every band and for the threshold at 0.
        double least = 0, most = 0, pictures = 0;
        for (const InvarianceCurve& c : all)
            for (std::size_t i = 0; i < c.curve.points.size(); ++i) {
                least = std::min(least, c.curve.points[i].second - c.curve.deviations[i]);
                most = std::max(most, c.curve.points[i].second + c.curve.deviations[i]);
            }
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            pictures = std::max(pictures, table.finite_or_none(row, "pictures").value_or(0));
        const double margin = most > least ? 0.05 * (most - least) : 1;
        std::vector<PageImage> images;
        for (const InvarianceCurve& c : all)
            images.push_back(drawing(
                plot_band({c.title, c.axis, "above threshold"}, c.curve, least - margin, most + margin, flat_plot),
                flat_plot, in_words(c)));
        results.page.figure(
            images,
            "The mean response to " + (pictures > 0 ? format_number("%.0f", pictures) + " pictures" : "pictures") +
                " that are shifted, scaled or turned, minus the threshold; the band is one deviation between "
                "pictures to either side. Above the dashed line the neuron says yes. All share one vertical "
                "scale. " +
                verdict_of(all),
            results.origin({"invariance.tsv"}, usual));
        if (results.has("invariance-first.tsv")) {
            const std::vector<InvarianceCurve> first =
                read_invariance(read_table(results.file("invariance-first.tsv")));
            if (const std::vector<PageImage> both = drawn_together(all, first); !both.empty())
                results.page.figure(both,
                                    "The best neuron beside the best of the first stage: the share of these pictures "
                                    "to which each says yes. The first stage: " +
                                        verdict_of(first),
                                    results.origin({"invariance-first.tsv"}, usual_first));
        } else {
            results.missing("the first stage\u2019s invariance beside it", usual_first);
        }
    } else {
        results.missing("the curves of invariance", usual);
    }
    if (sheet)
        add_png(results, "invariance.png", "Sheet of the pictures as they were shifted, scaled and turned",
                "The pictures as the network was shown them, with amount and response minus threshold. The frame is "
                "what the neuron sees, yellow where it says yes.",
                usual + " --sheet invariance.png");
}

}    // namespace nonna
