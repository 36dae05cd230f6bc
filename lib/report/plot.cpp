#include "report/plot.h"

#include "report/gnuplot.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace nonna
{

using namespace gnuplot;

namespace
{

std::string colour_of(int number)
{
    return std::string(" linecolor rgb '") + colours[std::size_t(number) % std::size(colours)] + "'";
}

std::string style_of(const PlotCurve& curve)
{
    if (curve.points.size() == 1)    // no line to be seen
        return "points pointtype 7";
    if (curve.dots)
        return curve.dashed ? "linespoints pointtype 6 linewidth 1.3 dashtype 2"
                            : "linespoints pointtype 7 pointsize 0.7 linewidth 2";
    return curve.dashed ? "lines linewidth 1.3 dashtype 2" : "lines linewidth 2";
}

// Points with what lies a deviation below and above them.
std::string spread_block(const std::string& name, const PlotCurve& curve)
{
    std::string block = "$" + name + " << END_OF_DATA\n";
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
        const auto& [x, y] = curve.points[i];
        const double d = i < curve.deviations.size() && std::isfinite(curve.deviations[i]) ? curve.deviations[i] : 0;
        block += number(x) + " " + number(y) + " " + number(y - d) + " " + number(y + d) + "\n";
    }
    return block + "END_OF_DATA\n";
}

}    // namespace

std::string plot_curves(const PlotText& text, const std::vector<PlotCurve>& curves, PlotSize size, bool from_zero)
{
    std::string script = preamble(text, size.width, size.height), plots;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const PlotCurve& curve = curves[i];
        const std::string name = "curve" + std::to_string(i), colour = colour_of(curve.colour);
        script += spread_block(name, curve);
        plots += (i ? ", $" : "plot $") + name + " using 1:2 with " + style_of(curve) + colour + " title " +
                 quoted(curve.title);
        if (!curve.deviations.empty())    // not "with yerrorbars": they white out the ground under each point
            plots += ", $" + name + " using 1:3:(0):($4 - $3) with vectors heads size graph 0.012,90 linewidth 1" +
                     colour + " notitle";
    }
    // A few values that were tried, not a range: each has its tick.
    std::set<double> tried;
    for (const PlotCurve& curve : curves)
        for (const auto& [x, y] : curve.points)
            if (curve.dots)
                tried.insert(x);
    if (!tried.empty() && tried.size() <= 12) {
        std::string ticks;
        for (const double x : tried)
            ticks += (ticks.empty() ? "" : ", ") + quoted(number(x)) + " " + number(x);
        script += "set xtics (" + ticks + ")\n";
    }
    if (text.log_x && !tried.empty()) {    // gnuplot's own margin is one of a linear axis
        const double margin = std::pow(*tried.rbegin() / *tried.begin(), 0.05);
        script += "set logscale x\nset xrange [" + number(*tried.begin() / margin) + ":" +
                  number(*tried.rbegin() * margin) + "]\n";
    }
    if (const auto range = text.log_y ? gnuplot::positive_range(curves) : std::nullopt)
        script += log_axis(range->first, range->second);
    else
        script += from_zero ? "set yrange [0:*]\n"
                            : "set offsets " + std::string(text.log_x ? "0, 0" : "graph 0.05, graph 0.05") +
                                  ", graph 0.08, graph 0.08\n";
    return finish(script + plots + "\n");
}

std::string plot_histogram(const PlotText& text, const std::vector<double>& negatives,
                           const std::vector<double>& positives, double threshold, int bins, PlotSize size)
{
    double least = threshold, most = threshold;
    for (const auto* values : {&negatives, &positives})
        for (const double v : *values) {
            least = std::min(least, v);
            most = std::max(most, v);
        }
    const double width = most > least ? (most - least) / bins : 1;
    std::string script = preamble(text, size.width, size.height), plots;
    int which = 0;
    for (const auto* values : {&negatives, &positives}) {
        std::vector<std::pair<double, double>> shares(bins);
        for (int b = 0; b < bins; ++b)
            shares[b] = {least + (b + 0.5) * width, 0};
        for (const double v : *values)
            shares[std::clamp(int((v - least) / width), 0, bins - 1)].second += 100.0 / double(values->size());
        const std::string name = which ? "positives" : "negatives";
        script += data_block(name, shares);
        plots += (which ? ", $" : "plot $") + name + " using 1:2 with boxes fillstyle transparent solid 0.5 noborder" +
                 colour_of(which ? 0 : 2) + " title " + quoted(name + " (" + std::to_string(values->size()) + ")");
        ++which;
    }
    script +=
        "set boxwidth " + number(width) + "\nset yrange [0:*]\nset offsets 0, 0, graph 0.12, 0\n";    // room for a word
    script += "set arrow from " + number(threshold) + ", graph 0 to " + number(threshold) +
              ", graph 1 nohead linewidth 1.5 dashtype 2 linecolor rgb '" + ink + "'\n";
    // The word stands on the side where there is more room.
    const bool right = threshold < (least + most) / 2;
    script += "set label 'threshold' at " + number(threshold) + ", graph 0.97 " + (right ? "left" : "right") +
              " offset character " + (right ? "0.5" : "-0.5") + ",0 textcolor rgb '" + ink + "'\n";
    return finish(script + plots + "\n");
}

std::string plot_roc(const PlotText& text, const std::vector<double>& negatives, const std::vector<double>& positives,
                     PlotSize size, const std::pair<double, double>* at)
{
    std::vector<std::pair<double, int>> all;
    for (const double v : negatives)
        all.emplace_back(v, 0);
    for (const double v : positives)
        all.emplace_back(v, 1);
    std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.first > b.first; });
    std::vector<std::pair<double, double>> curve{{0, 0}};
    double hits = 0, alarms = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        ++(all[i].second ? hits : alarms);
        if (i + 1 == all.size() || all[i + 1].first != all[i].first)    // equal responses fall together
            curve.emplace_back(alarms / double(negatives.size()), hits / double(positives.size()));
    }
    std::string script = preamble(text, size.width, size.height) + data_block("roc", curve);
    script += "set xrange [0:1]\nset yrange [0:1]\n";
    std::string plots = "plot x with lines dashtype 2 linewidth 1 linecolor rgb '" + std::string(ink) +
                        "' title 'chance', $roc using 1:2 with lines linewidth 2.5" + colour_of(0) +
                        " title 'best neuron'";
    if (at) {
        script += data_block("at", {*at});
        plots += ", $at using 1:2 with points pointtype 7 pointsize 1" + colour_of(0) + " title 'threshold'";
    }
    return finish(script + plots + "\n");
}

std::string plot_band(const PlotText& text, const PlotCurve& curve, double least, double most, PlotSize size)
{
    std::string script = preamble(text, size.width, size.height) + spread_block("curve", curve);
    const double from = curve.points.front().first, to = curve.points.back().first;
    script +=
        data_block("zero", {{from, 0}, {to, 0}}) + "unset key\nset title offset 0,-0.5\n" + "set xlabel offset 0,0.4\n";
    if (to > from)
        script += "set xrange [" + number(from) + ":" + number(to) + "]\n";
    if (most > least)
        script += "set yrange [" + number(least) + ":" + number(most) + "]\n";
    if (to - from >= 120 && std::fmod(to - from, 90) == 0)    // angles
        script += "set xtics " + number(to - from >= 300 ? 90 : 45) + "\n";
    script +=
        "set label 'threshold' at graph 0.5, first 0 center offset 0,-0.65 textcolor rgb '" + std::string(ink) + "'\n";
    const std::string colour = colour_of(curve.colour);
    std::string plots = "plot ";
    if (curve.points.size() == 1)
        plots += "$curve using 1:3:(0):($4 - $3) with vectors heads size graph 0.012,90" + colour +
                 " notitle, $curve using 1:2 with points pointtype 7 pointsize 0.7" + colour + " notitle";
    else
        plots += "$curve using 1:3:4 with filledcurves fillstyle transparent solid 0.25 noborder" + colour +
                 " notitle, $curve using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.4" + colour +
                 " notitle";
    plots += ", $zero using 1:2 with lines linewidth 1 dashtype 2 linecolor rgb '" + std::string(ink) + "' notitle";
    return finish(script + plots + "\n");
}

}    // namespace nonna
