// Small drawings as SVG in the page itself, for pages that have hundreds: a kilobyte or two each, and no gnuplot.
//
// Their ink is the page's (html_style.h): letters of 13 pixels in its soft colour, lines in its line colour; what a
// drawing shows is said in `alt`, with its numbers. Text is escaped here. Same data, same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nonna
{

// Two histograms over the same bins, negatives and positives, each as shares of its own class; a line at the threshold.
struct SpreadPlot {
    double low = 0, high = 0;
    std::array<std::vector<double>, 2> shares;    // of negatives and positives, the same number of each
    std::optional<double> threshold;
    std::string alt;
};
std::string svg_histogram(const SpreadPlot& plot);

// A curve and a line at 0, which is the threshold; `least` and `most` span the vertical axis.
struct CurvePlot {
    std::string title, axis;
    std::vector<std::pair<double, double>> points;    // at least one, ascending
    double least = 0, most = 0;
    std::string alt;
};
std::string svg_curve(const CurvePlot& plot);

// The neurons of one map of a layer, a square a position, coloured by AUC: orange above 1/2, violet below, the stronger
// the farther.
struct MapCell {
    std::optional<double> auc;    // none: not scored
    std::string link, alt;        // no link: a square alone
    bool dotted = false;          // drawn at random: its mark is a ring, else a dot
    bool marked = false;          // the one that is spoken of
};
struct MapPlot {
    std::string title;
    int rows = 0, columns = 0;
    std::function<MapCell(int row, int column)> cell;
    std::string alt;
};
std::string svg_map(const MapPlot& plot);
std::string svg_map_legend();

}    // namespace nonna
