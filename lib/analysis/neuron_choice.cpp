#include "analysis/neuron_choice.h"

#include "base/error.h"
#include "io/table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace nonna
{

namespace
{

std::vector<std::string> ranking_columns(const Table& table, const std::string& by)
{
    if (!by.empty())
        return {by};
    for (const std::string prefix : {"choice_", ""})
        if (table.has(prefix + "accuracy")) {
            std::vector<std::string> columns = {prefix + "accuracy"};
            if (table.has(prefix + "auc"))
                columns.push_back(prefix + "auc");
            return columns;
        }
    return {};
}

std::vector<NeuronId> of_table(const NeuronChoice& choice, const Architecture& architecture)
{
    const Table table = read_table(choice.table);
    std::vector<std::string> names;
    if (table.has("neuron")) {
        const std::size_t neuron = table.column("neuron");
        for (const auto& row : table.rows)
            names.push_back(row[neuron]);
    } else {
        const std::size_t layer = table.column("layer"), row = table.column("row"), column = table.column("col"),
                          map = table.column("map");
        for (const auto& r : table.rows)
            names.push_back(r[layer] + "/" + r[row] + "," + r[column] + "," + r[map]);
    }
    if (names.empty())
        throw Error(table.name, "no neurons in it");

    const std::vector<std::string> columns = ranking_columns(table, choice.by);
    std::vector<std::vector<double>> values(names.size());
    for (const std::string& column : columns) {
        const std::size_t c = table.column(column);
        for (std::size_t i = 0; i < names.size(); ++i) {
            const double v = table.number(i, c);
            values[i].push_back(std::isnan(v) ? -std::numeric_limits<double>::infinity() : v);
        }
    }
    std::vector<std::size_t> order(names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    std::set<std::string> taken;    // a table may have several lines of a neuron
    std::erase_if(order, [&](std::size_t i) { return !taken.insert(names[i]).second; });
    order.resize(std::min(order.size(), std::size_t(choice.count.value_or(100))));

    std::vector<NeuronId> neurons;
    for (const std::size_t i : order) {
        try {
            neurons.push_back(parse_neuron(names[i], architecture));
        } catch (const Error& e) {
            throw Error(table.name, "line " + std::to_string(i + 2) + ": " + names[i] + ": " + e.reason());
        }
    }
    return neurons;
}

}    // namespace

std::vector<NeuronId> choose_neurons(const NeuronChoice& choice, const Architecture& architecture)
{
    const int given = !choice.names.empty() + !choice.table.empty() + !choice.layer.empty();
    if (given != 1)
        throw Error("--neuron", given ? "give one of --neuron, --from and --layer" : "give it, or --from or --layer",
                    ExitStatus::usage);
    if (!choice.by.empty() && choice.table.empty())
        throw Error("--by", "ranks the neurons of --from, which is not given", ExitStatus::usage);
    if (choice.count && !choice.names.empty())
        throw Error("--neurons", "goes with --from or --layer", ExitStatus::usage);
    if (!choice.table.empty())
        return of_table(choice, architecture);
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
