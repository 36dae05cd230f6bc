// A neuron's name, the same in every program: STAGE.SUBLAYER/ROW,COL,MAP, as in "3.norm/6,6,2". Stage counts from 1,
// rows, columns and maps from 0; sublayers are filter, pool, norm, of an autoencoder's stage filter alone (its hidden
// units); "top" stands for the last sublayer of the last stage, as in "top/6,6,2".
#pragma once

#include "base/names.h"
#include "model/architecture.h"

#include <string>
#include <vector>

namespace nonna
{

enum class Sublayer { filter = 0, pool = 1, norm = 2 };

template <>
inline constexpr auto names_of<Sublayer> = names<Sublayer>({
    {Sublayer::filter, "filter"},
    {Sublayer::pool, "pool"},
    {Sublayer::norm, "norm"},
});

struct LayerId {
    int stage = 0;    // from 0 here, from 1 in names
    Sublayer sublayer = Sublayer::norm;
    bool operator==(const LayerId&) const = default;
};

struct NeuronId {
    LayerId layer;
    int row = 0, column = 0, map = 0;
    bool operator==(const NeuronId&) const = default;
};

std::string layer_name(LayerId layer);       // "3.norm"
std::string neuron_name(NeuronId neuron);    // "3.norm/6,6,2"

// Error (status usage) naming `text` when it does not fit the architecture.
LayerId parse_layer(const std::string& text, const Architecture& architecture);
// Each once, in the order given; "all": all_layers; none given: the top alone.
std::vector<LayerId> parse_layers(const std::vector<std::string>& names, const Architecture& architecture);
NeuronId parse_neuron(const std::string& text, const Architecture& architecture);

LayerId top_layer(const Architecture& architecture);
std::vector<LayerId>
all_layers(const Architecture& architecture);    // bottom up: StageArchitecture::sublayers() of each stage
Shape layer_shape(LayerId layer, const Architecture& architecture);

// The input pixels that can influence a neuron (the normalisation's windows included), cut at the picture's border.
struct Area {
    int row = 0, column = 0, rows = 0, columns = 0;
};
Area visible_area(NeuronId neuron, const Architecture& architecture);
// Of the neuron in the middle of the top layer: no border cuts it short.
Area top_visible_area(const Architecture& architecture);

}    // namespace nonna
