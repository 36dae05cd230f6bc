#include "analysis/neuron_choice.h"

#include "analysis/sweep_table.h"
#include "base/error.h"

#include <algorithm>
#include <set>

namespace nonna
{

namespace
{

std::vector<NeuronId> of_table(const NeuronChoice& choice, const Model& model)
{
    const SweepTable sweep(choice.table);
    sweep.require_of(model);
    const std::size_t most = std::size_t(choice.count.value_or(100));
    std::vector<NeuronId> neurons;
    std::set<std::string> taken;    // a table may have several lines of a neuron
    for (const std::size_t row : sweep.ranked(choice.by.empty() ? sweep.usual_order() : std::vector{choice.by}))
        if (neurons.size() < most && taken.insert(sweep.neuron(row)).second)
            neurons.push_back(sweep.neuron(row, model.architecture));
    return neurons;
}

}    // namespace

std::vector<NeuronId> choose_neurons(const NeuronChoice& choice, const Model& model)
{
    const Architecture& architecture = model.architecture;
    const int given = !choice.names.empty() + !choice.table.empty() + !choice.layer.empty();
    if (given != 1)
        throw Error("--neuron", given ? "give one of --neuron, --from and --layer" : "give it, or --from or --layer",
                    ExitStatus::usage);
    if (!choice.by.empty() && choice.table.empty())
        throw Error("--by", "ranks the neurons of --from, which is not given", ExitStatus::usage);
    if (choice.count && !choice.names.empty())
        throw Error("--neurons", "goes with --from or --layer", ExitStatus::usage);
    if (!choice.table.empty())
        return of_table(choice, model);
    if (!choice.layer.empty())
        return spread_neurons(parse_layer(choice.layer, architecture), std::size_t(choice.count.value_or(100)),
                              architecture);
    std::vector<NeuronId> neurons;
    for (const std::string& name : choice.names)
        if (const NeuronId id = parse_neuron(name, architecture); std::ranges::find(neurons, id) == neurons.end())
            neurons.push_back(id);
    return neurons;
}

std::vector<NeuronId> spread_neurons(LayerId layer, std::size_t count, const Architecture& architecture)
{
    const Shape shape = layer_shape(layer, architecture);
    count = std::min(count, shape.size());
    std::vector<NeuronId> neurons;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t k = i * shape.size() / count, position = k / shape.maps;
        neurons.push_back({layer, int(position / shape.columns), int(position % shape.columns), int(k % shape.maps)});
    }
    return neurons;
}

}    // namespace nonna
