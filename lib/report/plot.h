// Plots by gnuplot, as SVG text.
//
// gnuplot is started directly, without a shell and without the user's settings; script and data go in, the SVG comes
// out through unlinked memory files. The pictures suit a light and a dark page: their ink is the colour of the reader's
// scheme, their ground transparent. The same data gives the same bytes.
//
// Letters are 14 units high whatever the size: a drawing shown at `PlotSize::width` pixels has letters of 14. Small
// ones are for a place beside others and for narrow screens, the wide one for a line of its own.
//
// Error("gnuplot", ...) when it is not installed (it names the package) or fails.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nonna
{

struct PlotSize {
    int width = 640, height = 360;
};
inline constexpr PlotSize small_plot{400, 300}, square_plot{400, 380}, wide_plot{800, 380}, flat_plot{400, 270};

struct PlotCurve {
    std::string title;
    std::vector<std::pair<double, double>> points;
    int colour = 0;    // curves that belong together share one
    bool dashed = false;
    bool dots = false;                      // each point marked
    std::vector<double> deviations = {};    // one a point: a bar of one deviation to either side; empty: none
};

struct PlotText {
    std::string title, x, y;    // of the plot and its axes
    bool log_x = false;         // of curves with dots: equal factors are equally far apart; every x is above 0
    bool log_y = false;         // of curves: likewise, unless a value is not above 0
};

// `from_zero`: the vertical axis starts at 0, else where the curves do.
std::string plot_curves(const PlotText& text, const std::vector<PlotCurve>& curves, PlotSize size = {},
                        bool from_zero = true);

// Runs side by side: each curve in a colour of its own, which people with any colour vision tell apart, with a dash and
// a mark of its own besides; the names stand above, in the curves' order. One without points is not shown, and its
// colour is nobody else's. `names`: else they stand in another drawing, and `size` is meant without them.
std::string plot_runs(const PlotText& text, const std::vector<PlotCurve>& runs, PlotSize size, bool names = true);
PlotSize runs_plot_size(const std::vector<PlotCurve>& runs, PlotSize size);    // with the names

// Responses of both classes in the same `bins`, each class's as shares of its own size, and a line at the threshold.
std::string plot_histogram(const PlotText& text, const std::vector<double>& negatives,
                           const std::vector<double>& positives, double threshold, int bins = 40, PlotSize size = {});

// Hits against false alarms over every threshold; the diagonal is chance. `at`: false alarms and hits of the threshold
// that was chosen, marked.
std::string plot_roc(const PlotText& text, const std::vector<double>& negatives, const std::vector<double>& positives,
                     PlotSize size = {}, const std::pair<double, double>* at = nullptr);

// A curve with a band of one deviation to either side and a dashed line at zero, which is the threshold. The vertical
// axis spans `least` to `most`, so that several can be compared.
std::string plot_band(const PlotText& text, const PlotCurve& curve, double least, double most, PlotSize size = {});

}    // namespace nonna
