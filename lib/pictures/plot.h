// Plots by gnuplot, as SVG text.
//
// gnuplot is started directly, without a shell and without the user's settings; script and data go in, the SVG comes
// out through unlinked memory files. The pictures suit a light and a dark page: their ink is the colour of the reader's
// scheme, their ground transparent. The same data gives the same bytes.
//
// Error("gnuplot", ...) when it is not installed (it names the package) or fails.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nonna {

struct PlotCurve {
    std::string title;
    std::vector<std::pair<double, double>> points;
    int colour = 0;    // curves that belong together share one
    bool dashed = false;
};

struct PlotText {
    std::string title, x, y;    // of the plot and its axes
};

std::string plot_curves(const PlotText& text, const std::vector<PlotCurve>& curves);

// Responses of both classes in the same `bins`, each class's as shares of its own size, and a line at the threshold.
std::string plot_histogram(const PlotText& text, const std::vector<double>& negatives,
                           const std::vector<double>& positives, double threshold, int bins = 40);

// Hits against false alarms over every threshold; the diagonal is chance.
std::string plot_roc(const PlotText& text, const std::vector<double>& negatives, const std::vector<double>& positives);

}    // namespace nonna
