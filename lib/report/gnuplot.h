// gnuplot itself, for the files that draw plots (plot.cpp, plot_invariance.cpp): started directly, without a shell and
// without the user's settings; script in, SVG out. Private to this room; plot.h says what plots promise.
#pragma once

#include "report/plot.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nonna::gnuplot
{

// Each at least 3 to 1 against a white and a nearly black ground.
inline constexpr const char* colours[] = {"#d95f02", "#1b9e77", "#7570b3", "#e7298a", "#5f9a1c", "#a6761d"};
inline constexpr const char* ink = "#010203";    // stands for the page's own colour until the SVG is made

std::string quoted(std::string text);    // a string of gnuplot's, its markup off
std::string number(double value);

// Terminal, border, key, title and axes of a plot.
std::string preamble(const PlotText& text, int width = 640, int height = 360);
// The least and the greatest of the curves' values where all are above 0.
std::optional<std::pair<double, double>> positive_range(const std::vector<PlotCurve>& curves);
// A logarithmic vertical axis for values from `least`, above 0, to `most`, with ticks at round numbers.
std::string log_axis(double least, double most);
std::string data_block(const std::string& name, const std::vector<std::pair<double, double>>& points);

// Runs the script; the ink becomes the reader's text colour, light or dark.
std::string finish(const std::string& script);

std::string version();    // "gnuplot 5.4 patchlevel 4"

}    // namespace nonna::gnuplot
