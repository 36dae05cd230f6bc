#include "report/svg_plot.h"

#include "report/gnuplot.h"
#include "report/html.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nonna
{

namespace
{

constexpr const char* negatives_colour = gnuplot::colours[2];
constexpr const char* positives_colour = gnuplot::colours[0];

// A coordinate, to a tenth of a pixel.
std::string at(double value)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.1f", value);
    std::string shown = text;
    if (shown.ends_with(".0"))
        shown.erase(shown.size() - 2);
    return shown == "-0" ? "0" : shown;
}

std::string figure(double value)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string begin(int width, int height, const std::string& alt, const char* role = "img")
{
    return "<svg width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(height) + "\" viewBox=\"0 0 " +
           std::to_string(width) + " " + std::to_string(height) + "\" role=\"" + role + "\" aria-label=\"" +
           html_escape(alt) + "\">";
}

std::string text_at(double x, double y, const char* anchor, const std::string& text)
{
    return "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + anchor + "\">" + html_escape(text) +
           "</text>";
}

std::string line(double x1, double y1, double x2, double y2, const char* dashes = "")
{
    return "<path class=\"axis\" d=\"M" + at(x1) + " " + at(y1) + "L" + at(x2) + " " + at(y2) + "\"" +
           (*dashes ? std::string(" stroke-dasharray=\"") + dashes + "\"" : "") + "/>";
}

}    // namespace

std::string svg_histogram(const SpreadPlot& plot)
{
    constexpr int width = 340, height = 190;
    constexpr double left = 4, right = width - 4, top = 24, bottom = height - 22;
    const std::size_t bins = plot.shares[0].size();
    double most = 0;
    for (const auto& shares : plot.shares)
        for (const double s : shares)
            most = std::max(most, s);
    const auto x = [&](double bin) { return left + (right - left) * bin / double(bins); };
    const auto y = [&](double share) { return most > 0 ? bottom - (bottom - top) * share / most : bottom; };
    std::string svg = begin(width, height, plot.alt);
    for (int c = 0; c < 2; ++c) {
        std::string path = "M" + at(x(0)) + " " + at(bottom);
        for (std::size_t b = 0; b < bins; ++b)
            path += "V" + at(y(plot.shares[c][b])) + "H" + at(x(double(b + 1)));
        path += "V" + at(bottom) + "Z";
        const std::string colour = c ? positives_colour : negatives_colour;
        svg += "<path d=\"" + path + "\" fill=\"" + colour + "\" fill-opacity=\".45\" stroke=\"" + colour + "\"/>";
    }
    svg += line(left, bottom, right, bottom);
    if (plot.threshold && plot.high > plot.low) {
        const double share = std::clamp((*plot.threshold - plot.low) / (plot.high - plot.low), 0.0, 1.0);
        svg += line(x(share * double(bins)), top - 4, x(share * double(bins)), bottom, "4 3");
    }
    svg += "<path d=\"M4 6h12v9h-12Z\" fill=\"" + std::string(negatives_colour) + "\"/>" +
           text_at(20, 15, "start", "negatives") + "<path d=\"M100 6h12v9h-12Z\" fill=\"" +
           std::string(positives_colour) + "\"/>" + text_at(116, 15, "start", "positives");
    if (plot.threshold)
        svg += text_at(right, 15, "end", "- - threshold " + figure(*plot.threshold));
    svg += text_at(left, height - 5, "start", figure(plot.low)) + text_at(right, height - 5, "end", figure(plot.high)) +
           text_at(width / 2.0, height - 5, "middle", "response");
    return svg + "</svg>";
}

std::string svg_curve(const CurvePlot& plot)
{
    constexpr int width = 150, height = 130;
    constexpr double left = 4, right = width - 4, top = 24, bottom = height - 22;
    const double from = plot.points.front().first, to = plot.points.back().first;
    const auto x = [&](double amount) {
        return to > from ? left + (right - left) * (amount - from) / (to - from) : (left + right) / 2;
    };
    const auto y = [&](double value) {
        return plot.most > plot.least ? bottom - (bottom - top) * (value - plot.least) / (plot.most - plot.least)
                                      : (top + bottom) / 2;
    };
    std::string svg = begin(width, height, plot.alt) + text_at(left, 15, "start", plot.title);
    svg += line(left, y(0), right, y(0), "4 3");
    std::string path;
    for (const auto& [amount, value] : plot.points)
        path += (path.empty() ? "M" : "L") + at(x(amount)) + " " + at(y(value));
    svg += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + gnuplot::colours[0] + "\" stroke-width=\"2\"/>";
    svg += text_at(left, height - 5, "start", figure(from)) + text_at(right, height - 5, "end", figure(to)) +
           text_at(width / 2.0, height - 5, "middle", plot.axis);
    return svg + "</svg>";
}

namespace
{

// How far from 1/2, in steps; the last is all beyond.
constexpr double steps[] = {0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 1};
constexpr const char* opacities[] = {".1", ".22", ".34", ".46", ".6", ".8", "1"};

struct Shade {
    bool above;
    std::size_t step;
    auto operator<=>(const Shade&) const = default;
};

Shade shade_of(double auc)
{
    const double far = std::abs(auc - 0.5);
    std::size_t step = 0;
    while (step + 1 < std::size(steps) && far > steps[step])
        ++step;
    return {auc >= 0.5, step};
}

std::string shaded(const Shade& shade, const std::string& path)
{
    return std::string("<path fill=\"") + (shade.above ? positives_colour : negatives_colour) + "\" fill-opacity=\"" +
           opacities[shade.step] + "\" d=\"" + path + "\"/>";
}

}    // namespace

// The squares of one shade are one path: a layer has thousands. Links lie above them.
std::string svg_map(const MapPlot& plot)
{
    const int cell = plot.rows == 1 ? 14 : std::clamp(126 / std::max(plot.rows, plot.columns), 3, 16), top = 20;
    const int width = std::max(plot.columns * cell, 8 * int(plot.title.size())), height = top + plot.rows * cell;
    std::map<Shade, std::string> paths;
    std::string marks;
    for (int row = 0; row < plot.rows; ++row)
        for (int column = 0; column < plot.columns; ++column) {
            const MapCell c = plot.cell(row, column);
            const int x = column * cell, y = top + row * cell;
            const std::string square = "M" + std::to_string(x) + " " + std::to_string(y) + "h" +
                                       std::to_string(cell - 1) + "v" + std::to_string(cell - 1) + "h-" +
                                       std::to_string(cell - 1) + "Z";
            if (c.auc)
                paths[shade_of(*c.auc)] += square;
            if (c.marked)
                marks += "<path class=\"mark\" d=\"" + square + "\"/>";
            if (!c.link.empty())
                marks += "<a href=\"" + html_escape(c.link) + "\" aria-label=\"" + html_escape(c.alt) + "\"><title>" +
                         html_escape(c.alt) + "</title><path class=\"hit\" d=\"" + square + "\"/><circle class=\"" +
                         (c.dotted ? "ring" : "dot") + "\" cx=\"" + at(x + (cell - 1) / 2.0) + "\" cy=\"" +
                         at(y + (cell - 1) / 2.0) + "\" r=\"" + at(cell / 5.0) + "\"/></a>";
        }
    std::string svg = begin(width, height, plot.alt, "group") + text_at(0, 13, "start", plot.title);
    svg += "<path class=\"frame\" d=\"M0 " + std::to_string(top) + "h" + std::to_string(plot.columns * cell - 1) + "v" +
           std::to_string(plot.rows * cell - 1) + "H0Z\"/>";
    for (const auto& [shade, path] : paths)
        svg += shaded(shade, path);
    return svg + marks + "</svg>";
}

std::string svg_map_legend()
{
    constexpr int side = 22, height = 40;
    std::vector<Shade> shades;
    for (std::size_t s = std::size(steps); s-- > 0;)
        shades.push_back({false, s});
    for (std::size_t s = 0; s < std::size(steps); ++s)
        shades.push_back({true, s});
    const int width = side * int(shades.size());
    std::string svg =
        begin(width, height, "Colours: violet below an AUC of 0.5, orange above, the stronger the farther");
    for (std::size_t i = 0; i < shades.size(); ++i)
        svg += shaded(shades[i], "M" + std::to_string(side * int(i)) + " 20h21v20h-21Z");
    return svg + text_at(0, 14, "start", "AUC below 0.1") + text_at(width / 2.0, 14, "middle", "0.5") +
           text_at(width, 14, "end", "above 0.9") + "</svg>";
}

}    // namespace nonna
