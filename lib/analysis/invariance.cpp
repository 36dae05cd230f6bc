#include "analysis/invariance.h"

#include "base/error.h"
#include "io/table.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

CurvePoint point_of(const std::string& warp, double amount, std::span<const double> differences)
{
    CurvePoint p{warp, amount, differences.size(), 0, 0, 0, differences[0], differences[0], 0};
    const double n = double(differences.size());
    double sum = 0, yes = 0, squares = 0;
    for (const double d : differences) {
        sum += d;
        p.least = std::min(p.least, d);
        p.most = std::max(p.most, d);
        yes += d > 0;
    }
    p.mean = sum / n;
    p.above = yes / n;
    for (const double d : differences)
        squares += (d - p.mean) * (d - p.mean);
    if (n > 1) {
        p.deviation = std::sqrt(squares / (n - 1));
        p.error = p.deviation / std::sqrt(n);
    }
    return p;
}

}    // namespace

double unchanged_amount(const std::string& warp) { return warp == "scale" ? 1 : 0; }

std::vector<CurvePoint> response_curves(std::span<const WarpResponse> responses, double threshold)
{
    std::vector<std::string> warps;
    for (const WarpResponse& r : responses) {
        if (!std::isfinite(r.response))
            throw Error(r.picture, "the response to it is not a finite number");
        if (std::find(warps.begin(), warps.end(), r.warp) == warps.end())
            warps.push_back(r.warp);
    }
    std::vector<CurvePoint> points;
    for (const std::string& warp : warps) {
        std::vector<std::pair<double, double>> all;
        for (const WarpResponse& r : responses)
            if (r.warp == warp)
                all.emplace_back(r.amount, r.response - threshold);
        std::stable_sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.first < b.first; });
        std::vector<double> differences;
        for (std::size_t i = 0; i < all.size(); ++i) {
            differences.push_back(all[i].second);
            if (i + 1 == all.size() || all[i + 1].first != all[i].first) {
                points.push_back(point_of(warp, all[i].first, differences));
                differences.clear();
            }
        }
    }
    return points;
}

std::optional<AmountRange> above_threshold(std::span<const CurvePoint> points, const std::string& warp, double from)
{
    std::vector<CurvePoint> curve;
    std::copy_if(points.begin(), points.end(), std::back_inserter(curve), [&](auto& p) { return p.warp == warp; });
    if (curve.empty())
        return {};
    const auto nearest = std::min_element(curve.begin(), curve.end(), [&](auto& a, auto& b) {
        return std::abs(a.amount - from) < std::abs(b.amount - from);
    });
    if (!(nearest->mean > 0))
        return {};
    auto first = nearest, last = nearest;
    while (first != curve.begin() && (first - 1)->mean > 0)
        --first;
    while (last + 1 != curve.end() && (last + 1)->mean > 0)
        ++last;
    return AmountRange{first->amount, last->amount};
}

void write_curves(const std::string& path, std::span<const CurvePoint> points, const std::string& neuron,
                  double threshold)
{
    TableWriter table(path, {"warp", "amount", "pictures", "mean", "deviation", "error", "least", "most", "above",
                             "neuron", "threshold"});
    for (const CurvePoint& p : points) {
        table.cell(p.warp).cell(p.amount).cell(p.pictures).cell(p.mean).cell(p.deviation).cell(p.error);
        table.cell(p.least).cell(p.most).cell(p.above).cell(neuron).cell(threshold).end_row();
    }
    table.commit();
}

std::vector<CurvePoint> read_curves(const std::string& path)
{
    const Table table = read_table(path);
    if (table.rows.empty())
        throw Error(path, "no curves in it");
    std::vector<CurvePoint> points;
    const std::size_t warp = table.column("warp");
    const auto value = [&](std::size_t row, const char* name) { return table.finite(row, name); };
    for (std::size_t i = 0; i < table.rows.size(); ++i)
        points.push_back({table.rows[i][warp], value(i, "amount"), table.whole(i, "pictures"), value(i, "mean"),
                          value(i, "deviation"), value(i, "error"), value(i, "least"), value(i, "most"),
                          value(i, "above")});
    return points;
}

void write_responses(const std::string& path, std::span<const WarpResponse> responses, double threshold)
{
    TableWriter table(path, {"warp", "amount", "picture", "group", "response", "difference"});
    for (const WarpResponse& r : responses)
        table.cell(r.warp)
            .cell(r.amount)
            .cell(r.picture)
            .cell(r.group)
            .cell(r.response)
            .cell(r.response - threshold)
            .end_row();
    table.commit();
}

}    // namespace nonna
