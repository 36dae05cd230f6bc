#include "analysis/numerator.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

// The window's weights along one axis around `centre`, those beyond the border left out and the others renormalised.
struct AxisWeights {
    int first = 0;
    std::vector<double> weights;
};

AxisWeights axis_weights(int centre, int size, int window)
{
    const int half = window / 2;
    AxisWeights axis;
    axis.first = std::max(0, centre - half);
    double total = 0;
    for (int at = axis.first; at <= std::min(size - 1, centre + half); ++at) {
        axis.weights.push_back(window_weight(window, at - centre));
        total += axis.weights.back();
    }
    for (double& w : axis.weights)
        w /= total;
    return axis;
}

struct Window {
    int row, column;    // the neuron's in the pooled grid
    AxisWeights rows, columns;
};

std::optional<Window> window_of(NeuronId neuron, const Architecture& architecture)
{
    const StageArchitecture& stage = architecture.stages[std::size_t(neuron.layer.stage)];
    if (neuron.layer.sublayer != Sublayer::norm)
        return std::nullopt;
    const int margin = stage.border == Border::valid ? stage.norm / 2 : 0;
    const int row = neuron.row + margin, column = neuron.column + margin;
    return Window{row, column, axis_weights(row, stage.pooled.rows, stage.norm),
                  axis_weights(column, stage.pooled.columns, stage.norm)};
}

}    // namespace

std::optional<double> ceiling(NeuronId neuron, const Architecture& architecture)
{
    const std::optional<Window> w = window_of(neuron, architecture);
    if (!w)
        return std::nullopt;
    const double own = w->rows.weights[std::size_t(w->row - w->rows.first)] *
                       w->columns.weights[std::size_t(w->column - w->columns.first)] /
                       architecture.stages[std::size_t(neuron.layer.stage)].maps;
    return 1 / std::sqrt(own);
}

std::vector<NumeratorTerm> numerator(NeuronId neuron, const Architecture& architecture)
{
    std::vector<NumeratorTerm> terms;
    const std::optional<Window> w = window_of(neuron, architecture);
    if (!w)
        return terms;
    const int maps = architecture.stages[std::size_t(neuron.layer.stage)].maps;
    for (std::size_t r = 0; r < w->rows.weights.size(); ++r)
        for (std::size_t c = 0; c < w->columns.weights.size(); ++c)
            for (int m = 0; m < maps; ++m) {
                NumeratorTerm term{w->rows.first + int(r), w->columns.first + int(c), m,
                                   -w->rows.weights[r] * w->columns.weights[c] / maps};
                if (term.row == w->row && term.column == w->column && m == neuron.map)
                    term.weight += 1;
                terms.push_back(term);
            }
    return terms;
}

}    // namespace nonna
