#include "report/plot_invariance.h"

#include "report/gnuplot.h"

#include <algorithm>
#include <stdexcept>

namespace nonna
{

using namespace gnuplot;

namespace
{

constexpr int panel_width = 320, panel_height = 220, title_height = 60;

std::string axis_of(const std::string& warp)
{
    if (warp == "translate-x")
        return "pixels to the right";
    if (warp == "translate-y")
        return "pixels down";
    if (warp == "scale")
        return "scale";
    if (warp == "rotate")
        return "degrees anticlockwise";
    return warp == "view" ? "degrees out of the plane" : warp;
}

std::string panel(std::size_t which, std::span<const CurvePoint> curve, double least, double most)
{
    const std::string name = "$curve" + std::to_string(which), zero = "$zero" + std::to_string(which);
    const std::string still = "$still" + std::to_string(which);
    std::string s = name + " << END_OF_DATA\n";
    for (const CurvePoint& p : curve)
        s += number(p.amount) + " " + number(p.mean) + " " + number(p.mean - p.deviation) + " " +
             number(p.mean + p.deviation) + "\n";
    s += "END_OF_DATA\n";
    const bool one = curve.size() == 1;
    const double from = curve.front().amount - (one ? 1 : 0), to = curve.back().amount + (one ? 1 : 0);
    const double unchanged = std::clamp(unchanged_amount(curve.front().warp), from, to);
    s += data_block(zero.substr(1), {{from, 0}, {to, 0}});
    s += data_block(still.substr(1), {{unchanged, least}, {unchanged, most}});
    s += std::string("set xlabel ") + quoted(axis_of(curve.front().warp)) + " offset 0,0.7 textcolor rgb '" + ink +
         "'\n";
    s += std::string("set ylabel ") + quoted(which % 2 == 0 ? "response minus threshold" : "") +
         " offset 1,0 textcolor rgb '" + ink + "'\n";
    s += "set xrange [" + number(from) + ":" + number(to) + "]\n";
    const bool turned = curve.front().warp == "rotate" || curve.front().warp == "view";
    if (turned && to - from >= 120)    // quarters or eighths of a turn
        s += "set xtics " + number(to - from >= 300 ? 90 : 45) + "\n";
    else
        s += "set xtics autofreq\n";
    s += "set yrange [" + number(least) + ":" + number(most) + "]\n";
    const std::string colour = std::string(" linecolor rgb '") + colours[which % std::size(colours)] + "' notitle, ";
    // Lines that are data, not arrows: of arrows in a later plot of a page gnuplot's SVG loses the dashes.
    const std::string thin = std::string(" using 1:2 with lines linewidth 1 linecolor rgb '") + ink + "' dashtype ";
    s += "plot " + name;
    if (one)
        s += " using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.5" + colour;
    else
        s += " using 1:3:4 with filledcurves fillstyle transparent solid 0.25 noborder" + colour + name +
             " using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.35" + colour;
    return s + zero + thin + "2 notitle, " + still + thin + "3 notitle\n";
}

}    // namespace

std::string plot_invariance(const std::string& title, std::span<const CurvePoint> points)
{
    if (points.empty())
        throw std::logic_error("no curve to draw");
    double least = 0, most = 0;
    std::vector<std::span<const CurvePoint>> curves;
    for (std::size_t first = 0, i = 0; i < points.size(); ++i) {
        least = std::min(least, points[i].mean - points[i].deviation);
        most = std::max(most, points[i].mean + points[i].deviation);
        if (i + 1 == points.size() || points[i + 1].warp != points[i].warp) {
            curves.push_back(points.subspan(first, i + 1 - first));
            first = i + 1;
        }
    }
    const double margin = most > least ? 0.05 * (most - least) : 1;
    const int columns = curves.size() > 1 ? 2 : 1, rows = (int(curves.size()) + columns - 1) / columns;
    const int height = rows * panel_height + title_height;
    std::string script = preamble({}, columns * panel_width, height);
    // The title is a label of the page, not multiplot's: that one has no colour of its own.
    script += std::string("set label 1 ") + quoted(title) + " at screen 0.5, screen " + number(1 - 18.0 / height) +
              " center textcolor rgb '" + ink + "'\n";
    script +=
        std::string("set label 2 'mean and one deviation to either side; dashed: threshold' at screen 0.5, screen ") +
        number(1 - 40.0 / height) + " center textcolor rgb '" + ink + "' font ',12'\n";
    script += "set multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) + " margins screen " +
              number(85.0 / (columns * panel_width)) + "," + number(1 - 24.0 / (columns * panel_width)) + "," +
              number(50.0 / height) + "," + number(1 - double(title_height) / height) + " spacing screen " +
              number(60.0 / (columns * panel_width)) + "," + number(60.0 / height) + "\n";
    for (std::size_t i = 0; i < curves.size(); ++i)
        script += panel(i, curves[i], least - margin, most + margin) + (i == 0 ? "unset label\n" : "");
    return finish(script + "unset multiplot\n");
}

}    // namespace nonna
