// Curves of several runs in one plot (plot.h).
#include "report/plot.h"

#include "report/gnuplot.h"

#include <algorithm>

namespace nonna
{

using namespace gnuplot;

namespace
{

// The first four are Okabe and Ito's. Each is 3 to 1 against a white and a nearly black ground; no two are nearer than
// 15 in CIELAB, to normal eyes and to protanopes, deuteranopes and tritanopes (Machado et al. 2009).
constexpr const char* run_colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a830f0", "#d81848"};
// One fewer than the colours: of thirty runs no two share both.
constexpr const char* run_dashes[] = {"1", "(12,5)", "(3,4)", "(14,4,3,4)", "(7,4)"};
constexpr int run_marks[] = {7, 4, 8, 5, 10, 12, 6};

int name_columns(const std::vector<PlotCurve>& runs, int width)
{
    std::size_t longest = 1;
    for (const PlotCurve& run : runs)
        longest = std::max(longest, run.title.size());
    return int(std::clamp<std::size_t>(std::size_t(width) / (longest * 9 + 70), 1, 4));
}

}    // namespace

PlotSize runs_plot_size(const std::vector<PlotCurve>& runs, PlotSize size)
{
    const int columns = name_columns(runs, size.width);
    return {size.width, size.height + 20 * ((int(runs.size()) + columns - 1) / columns)};
}

std::string plot_runs(const PlotText& text, const std::vector<PlotCurve>& runs, PlotSize size, bool names)
{
    const PlotSize whole = names ? runs_plot_size(runs, size) : size;
    std::string script = preamble(text, whole.width, whole.height), plots;
    std::size_t marks = 1;
    for (const PlotCurve& run : runs)
        marks = std::max(marks, run.points.size() / 6);
    // Names in columns below each other: in the usual key's single row long ones would run out of a small drawing.
    script += names ? "set key outside top left horizontal Left reverse samplen 4 maxcols " +
                          std::to_string(name_columns(runs, size.width)) + "\n"
                    : "unset key\n";
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (runs[i].points.empty())
            continue;
        const std::string name = "run" + std::to_string(i);
        script += data_block(name, runs[i].points);
        plots += (plots.empty() ? "plot $" : ", $") + name +
                 " using 1:2 with linespoints linewidth 1.6 linecolor rgb '" + run_colours[i % std::size(run_colours)] +
                 "' dashtype " + run_dashes[i % std::size(run_dashes)] + " pointtype " +
                 std::to_string(run_marks[i % std::size(run_marks)]) + " pointsize 0.7 pointinterval " +
                 std::to_string(marks) + " title " + quoted(runs[i].title);
    }
    if (const auto range = text.log_y ? positive_range(runs) : std::nullopt)
        script += log_axis(range->first, range->second);
    return finish(script + plots + "\n");
}

}    // namespace nonna
