#include "model/neuron.h"

#include "base/error.h"

#include <algorithm>
#include <charconv>

namespace nonna
{

namespace
{

[[noreturn]] void refuse(const std::string& text, const std::string& reason)
{
    throw Error(text.empty() ? "''" : text, reason, ExitStatus::usage);
}

}    // namespace

std::string layer_name(LayerId layer) { return std::to_string(layer.stage + 1) + "." + name_of(layer.sublayer); }

std::string neuron_name(NeuronId n)
{
    return layer_name(n.layer) + "/" + std::to_string(n.row) + "," + std::to_string(n.column) + "," +
           std::to_string(n.map);
}

static Sublayer last_sublayer(const StageArchitecture& stage) { return static_cast<Sublayer>(stage.sublayers() - 1); }

LayerId top_layer(const Architecture& architecture)
{
    return {int(architecture.stages.size()) - 1, last_sublayer(architecture.stages.back())};
}

std::vector<LayerId> all_layers(const Architecture& architecture)
{
    std::vector<LayerId> all;
    for (int s = 0; s < int(architecture.stages.size()); ++s)
        for (int k = 0; k < architecture.stages[s].sublayers(); ++k)
            all.push_back({s, static_cast<Sublayer>(k)});
    return all;
}

Shape layer_shape(LayerId layer, const Architecture& architecture)
{
    const StageArchitecture& s = architecture.stages[layer.stage];
    if (layer.sublayer == Sublayer::filter)
        return s.filter;
    return layer.sublayer == Sublayer::pool ? s.pooled : s.output;
}

LayerId parse_layer(const std::string& text, const Architecture& architecture)
{
    if (text == "top")
        return top_layer(architecture);
    const std::vector<LayerId> layers = all_layers(architecture);
    const auto found = std::find_if(layers.begin(), layers.end(), [&](LayerId l) { return layer_name(l) == text; });
    if (found == layers.end())
        refuse(text, "no such layer in " + architecture.name + ": expected top or " + layer_name(layers.front()) +
                         " to " + layer_name(layers.back()));
    return *found;
}

std::vector<LayerId> parse_layers(const std::vector<std::string>& names, const Architecture& architecture)
{
    std::vector<LayerId> layers;
    for (const std::string& name : names) {
        if (name == "all") {
            layers = all_layers(architecture);
            continue;
        }
        const LayerId layer = parse_layer(name, architecture);
        if (std::find(layers.begin(), layers.end(), layer) == layers.end())
            layers.push_back(layer);
    }
    return layers.empty() ? std::vector{top_layer(architecture)} : layers;
}

NeuronId parse_neuron(const std::string& text, const Architecture& architecture)
{
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos)
        refuse(text, "not a neuron's name: expected STAGE.SUBLAYER/ROW,COL,MAP");
    NeuronId neuron;
    neuron.layer = parse_layer(text.substr(0, slash), architecture);
    const Shape shape = layer_shape(neuron.layer, architecture);
    const char* at = text.data() + slash + 1;
    const char* const end = text.data() + text.size();
    // The next number, 0 to size - 1, and the character that must stand behind it; behind the last nothing does.
    const auto next = [&](int size, char behind) {
        int value = 0;
        const auto [stop, error] = std::from_chars(at, end, value);
        const bool ends_well = behind ? stop != end && *stop == behind : stop == end;
        if (error != std::errc{} || !ends_well)
            refuse(text, "not a neuron's name: expected STAGE.SUBLAYER/ROW,COL,MAP");
        if (value < 0 || value >= size)
            refuse(text, "no such neuron: layer " + layer_name(neuron.layer) + " has " + std::to_string(shape.rows) +
                             " rows, " + std::to_string(shape.columns) + " columns, " + std::to_string(shape.maps) +
                             " maps");
        at = stop + 1;
        return value;
    };
    neuron.row = next(shape.rows, ',');
    neuron.column = next(shape.columns, ',');
    neuron.map = next(shape.maps, '\0');
    return neuron;
}

Area visible_area(NeuronId neuron, const Architecture& architecture)
{
    // Half-open row and column ranges, followed downward through the windows and cut at each sublayer's border. What is
    // seen, not what must be computed: the cone (model/cone.cpp) goes down the same way, and keeps more of it.
    int top = neuron.row, bottom = neuron.row + 1, left = neuron.column, right = neuron.column + 1;
    for (int s = neuron.layer.stage; s >= 0; --s) {
        const StageArchitecture& a = architecture.stages[s];
        const Sublayer from = s == neuron.layer.stage ? neuron.layer.sublayer : last_sublayer(a);
        if (from >= Sublayer::norm) {
            // centred windows one after the other, of g's mean and of g^2's; valid drops a margin first
            const int reach = 2 * (a.norm / 2), margin = a.border == Border::valid ? a.norm / 2 : 0;
            top = std::max(0, top + margin - reach);
            left = std::max(0, left + margin - reach);
            bottom = std::min(a.pooled.rows, bottom + margin + reach);
            right = std::min(a.pooled.columns, right + margin + reach);
        }
        if (from >= Sublayer::pool) {
            bottom += a.pool - 1;
            right += a.pool - 1;
        }
        top *= a.stride;
        left *= a.stride;
        bottom = (bottom - 1) * a.stride + a.field;
        right = (right - 1) * a.stride + a.field;
    }
    return {top, left, bottom - top, right - left};
}

Area top_visible_area(const Architecture& architecture)
{
    const LayerId top = top_layer(architecture);
    const Shape shape = layer_shape(top, architecture);
    return visible_area({top, shape.rows / 2, shape.columns / 2, 0}, architecture);
}

}    // namespace nonna
