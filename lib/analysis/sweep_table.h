// A table of scored neurons, read again, and the one rule for which of its neurons is the best.
//
// Model to hold in mind: each line is a neuron, named by the columns layer row col map, as nonna-sweep and
// nonna-baseline write them, or by the one column neuron ("3.norm/6,6,2"). Every other column is a figure and may be
// absent: a sweep without halves has no choice_ and held_ columns, one without bootstrap no _low and _high. A figure
// may be nan: all those of a neuron with a response that is no finite number, every AUC of a sweep that only counts.
// Which of the two figures the sweep chose by is in the column chosen_by, the same in every line; a table without it
// was chosen by accuracy. Whoever reads a table follows it, so that all programs mean the same neuron by the best one.
// And which model's neurons they are is in the column model, the same in every line; a name alone fits the neurons of
// any model of the architecture. A table without it is of responses, or was made before the column was there.
//
// The rule, for a sweep's own neurons, for its table and for a baseline's settings alike: two are compared by their
// accuracy and, where that is equal, by their AUC (or the other way round); a figure that is nan is below every other;
// of equals the earlier is the better one. Accuracy and AUC are those on the images that choose, where others were
// held out from choosing; the paper's protocol, in which all images choose, is asked for by name (of_all_images).
#pragma once

#include "base/names.h"
#include "io/table.h"
#include "model/model_file.h"
#include "model/neuron.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

enum class ChooseBy { accuracy, auc };    // which of the two is looked at first

template <>
inline constexpr auto names_of<ChooseBy> = names<ChooseBy>({
    {ChooseBy::accuracy, "accuracy"},
    {ChooseBy::auc, "auc"},
});

// Is a better than b? The first figure that differs decides. As many of one as of the other.
bool better(std::span<const double> a, std::span<const double> b);
// The same of accuracies and AUCs.
struct Merit {
    double accuracy = 0, auc = 0;
};
bool better(const Merit& a, const Merit& b, ChooseBy by = ChooseBy::accuracy);

struct SweepTable {
    Table table;

    // Error where the table has no line, or its lines name no neurons.
    explicit SweepTable(const std::string& path);

    std::size_t size() const { return table.rows.size(); }
    std::string neuron(std::size_t row) const;    // "3.norm/6,6,2"
    // Error naming the line where the architecture has no such neuron.
    NeuronId neuron(std::size_t row, const Architecture& architecture) const;
    // Error where the table says that it is of another model.
    void require_of(const Model& model) const;
    int polarity(std::size_t row) const;    // -1: says yes below its threshold; 1 also where the table does not tell

    // Error where a line's chosen_by is neither accuracy nor auc, or not the first line's.
    ChooseBy chosen_by() const;
    void
    choose_by(ChooseBy by);    // from now on: it is in what is written of the table, and followed by who reads that
    // The columns of figures to rank by, as far as the table has them: of the images that chose, or of all. By what the
    // table was chosen by, where nothing else is asked for.
    std::vector<std::string> usual_order(std::optional<ChooseBy> by = {}) const;
    std::vector<std::string> of_all_images(std::optional<ChooseBy> by = {}) const;

    // Rows, best first by the figures in these columns; in the table's order where no column is given. Error where one
    // is absent, or a cell is neither a number nor nan; an accuracy or AUC must be between 0 and 1.
    std::vector<std::size_t> ranked(const std::vector<std::string>& columns) const;
    // The `most` best of these (no column: of the usual order), best first, or, where no number is given, all lines in
    // their order. Error where the first figure, of which there must be one, is nan in every line.
    // By layer: of each layer so many, layers in the order in which they first come.
    std::vector<std::size_t> first(std::optional<std::int64_t> most, std::vector<std::string> columns = {},
                                   bool by_layer = false) const;
    std::size_t best(const std::vector<std::string>& columns = {}) const;
    // So many of the other rows, drawn without replacement, as `seed` has it; in the order in which they were drawn.
    std::vector<std::size_t> drawn(std::int64_t most, std::uint64_t seed,
                                   std::span<const std::size_t> others_than) const;
};

// What a table says of a model: the beginning of its digest.
std::string sweep_mark(const Model& model);

// These lines of the table as they are; their neurons' names alone, one a line.
void write_lines(const std::string& path, const SweepTable& sweep, std::span<const std::size_t> rows);
void write_names(const std::string& path, const SweepTable& sweep, std::span<const std::size_t> rows);

// The neuron that a program is told of by a sweep's table alone.
struct SweptNeuron {
    NeuronId neuron;
    double threshold = 0;    // of the column `threshold`, on all images, whoever chose the neuron
    int polarity = 1;
};

// The wanted neuron, or the best by the usual order. Error where the table lacks the neuron, or holds one that the
// architecture does not have, or is of another model.
SweptNeuron swept_neuron(const std::string& path, const std::optional<NeuronId>& wanted, const Model& model);

}    // namespace nonna
