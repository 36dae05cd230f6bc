// Which neurons a program looks at: named ones, the best of a table such as nonna-sweep writes, or some of a layer.
#pragma once

#include "model/model_file.h"
#include "model/neuron.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

// One of names, table and layer is given.
struct NeuronChoice {
    std::vector<std::string> names;    // "3.norm/6,6,2"
    std::string table;                 // TSV with the columns neuron, or layer row col map
    std::string by;                    // its column that says which are best: large values first; empty: the usual
    std::string layer;
    std::optional<std::int64_t> count;    // of the table or layer, at most; none: 100
};

// In the order given, each once; best first; evenly over the layer's rows, columns and maps. Error (usage) where none
// or more than one of the three is given, a name fits no neuron of the architecture, or the table is of another
// model. Without `by` a table is ranked
// as nonna-sweep ranks (analysis/sweep_table.h), and in its own order where it has nothing to rank by.
std::vector<NeuronId> choose_neurons(const NeuronChoice& choice, const Model& model);

std::vector<NeuronId> spread_neurons(LayerId layer, std::size_t count, const Architecture& architecture);

}    // namespace nonna
