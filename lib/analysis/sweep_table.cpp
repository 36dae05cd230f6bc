#include "analysis/sweep_table.h"

#include "base/error.h"
#include "base/random.h"
#include "io/output.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

namespace nonna
{

namespace
{

std::vector<std::string> present(const Table& table, const std::string& prefix, ChooseBy by)
{
    std::vector<std::string> columns = {prefix + "accuracy", prefix + "auc"};
    if (by == ChooseBy::auc)
        std::swap(columns[0], columns[1]);
    std::erase_if(columns, [&](const std::string& column) { return !table.has(column); });
    return columns;
}

// One column's figures. What is called accuracy or AUC and is none came from somewhere else, perhaps in per cent, and
// must not win.
std::vector<double> figures_of(const Table& table, const std::string& column)
{
    const bool share = column.ends_with("accuracy") || column.ends_with("auc");
    const std::size_t number = table.column(column);
    std::vector<double> figures(table.rows.size());
    for (std::size_t row = 0; row < figures.size(); ++row) {
        figures[row] = table.number(row, number);
        if (share && !std::isnan(figures[row]))
            table.share(row, column);
    }
    return figures;
}

}    // namespace

bool better(std::span<const double> a, std::span<const double> b)
{
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) != std::isnan(b[i]))
            return std::isnan(b[i]);
        if (a[i] > b[i] || a[i] < b[i])    // neither where both are NaN
            return a[i] > b[i];
    }
    return false;
}

bool better(const Merit& a, const Merit& b, ChooseBy by)
{
    const auto in_order = [by](const Merit& m) {
        return by == ChooseBy::accuracy ? std::array{m.accuracy, m.auc} : std::array{m.auc, m.accuracy};
    };
    return better(in_order(a), in_order(b));
}

SweepTable::SweepTable(const std::string& path) : table(read_table(path))
{
    if (!table.has("neuron"))
        for (const char* column : {"layer", "row", "col", "map"})
            table.column(column);
    if (table.rows.empty())
        throw Error(table.name, "no neurons in it");
}

std::string SweepTable::neuron(std::size_t row) const
{
    if (table.has("neuron"))
        return table.rows[row][table.column("neuron")];
    const auto whole = [&](const char* column) { return std::to_string(table.whole(row, column)); };
    return table.rows[row][table.column("layer")] + "/" + whole("row") + "," + whole("col") + "," + whole("map");
}

NeuronId SweepTable::neuron(std::size_t row, const Architecture& architecture) const
{
    const std::string text = neuron(row);
    try {
        return parse_neuron(text, architecture);
    } catch (const Error& e) {
        throw Error(table.name, table.line(row) + ": " + text + ": " + e.reason());
    }
}

int SweepTable::polarity(std::size_t row) const
{
    return table.finite_or_none(row, "polarity").value_or(1) < 0 ? -1 : 1;
}

ChooseBy SweepTable::chosen_by() const
{
    if (!table.has("chosen_by"))
        return ChooseBy::accuracy;
    const std::size_t column = table.column("chosen_by");
    const std::optional<ChooseBy> by = value_named<ChooseBy>(table.rows.front()[column]);
    for (std::size_t row = 0; row < size(); ++row)
        if (!by || table.rows[row][column] != table.rows.front()[column])
            throw Error(table.name, table.line(row) + ": chosen_by '" + table.rows[row][column] +
                                        (by ? "' is not that of the first line" : "' is not accuracy or auc"));
    return *by;
}

void SweepTable::choose_by(ChooseBy by)
{
    if (by == chosen_by())
        return;
    if (!table.has("chosen_by")) {
        table.columns.emplace_back("chosen_by");
        for (std::vector<std::string>& row : table.rows)
            row.emplace_back();
    }
    for (std::vector<std::string>& row : table.rows)
        row[table.column("chosen_by")] = name_of(by);
}

std::vector<std::string> SweepTable::usual_order(std::optional<ChooseBy> by) const
{
    return present(table, table.has("choice_accuracy") ? "choice_" : "", by ? *by : chosen_by());
}

std::vector<std::string> SweepTable::of_all_images(std::optional<ChooseBy> by) const
{
    return present(table, "", by ? *by : chosen_by());
}

std::vector<std::size_t> SweepTable::ranked(const std::vector<std::string>& columns) const
{
    std::vector<std::vector<double>> figures(size());
    for (const std::string& column : columns) {
        const std::vector<double> more = figures_of(table, column);
        for (std::size_t row = 0; row < size(); ++row)
            figures[row].push_back(more[row]);
    }
    std::vector<std::size_t> order(size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return better(figures[a], figures[b]); });
    return order;
}

std::vector<std::size_t> SweepTable::first(std::optional<std::int64_t> most, std::vector<std::string> columns,
                                           bool by_layer) const
{
    if (!most)
        return ranked({});
    if (columns.empty())
        columns = usual_order();
    if (columns.empty())
        table.column("accuracy");    // says that it is not there
    std::vector<std::size_t> rows = ranked(columns);
    if (std::isnan(table.number(rows.front(), table.column(columns.front()))))
        throw Error(table.name, "no neuron in it has a number in '" + columns.front() + "'");
    if (!by_layer) {
        rows.resize(std::min(rows.size(), std::size_t(*most)));
        return rows;
    }
    const auto layer_of = [this](std::size_t row) {
        const std::string name = neuron(row);
        return name.substr(0, name.find('/'));
    };
    std::map<std::string, std::size_t> places;
    for (std::size_t row = 0; row < size(); ++row)
        places.try_emplace(layer_of(row), places.size());
    std::vector<std::vector<std::size_t>> of_layer(places.size());
    for (const std::size_t row : rows)
        if (std::vector<std::size_t>& best = of_layer[places[layer_of(row)]]; best.size() < std::size_t(*most))
            best.push_back(row);
    rows.clear();
    for (const std::vector<std::size_t>& best : of_layer)
        rows.insert(rows.end(), best.begin(), best.end());
    return rows;
}

std::size_t SweepTable::best(const std::vector<std::string>& columns) const { return first(1, columns).front(); }

std::vector<std::size_t> SweepTable::drawn(std::int64_t most, std::uint64_t seed,
                                           std::span<const std::size_t> others_than) const
{
    std::vector<bool> taken(size(), false);
    for (const std::size_t row : others_than)
        taken[row] = true;
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < size(); ++row)
        if (!taken[row])
            rows.push_back(row);
    Random random(seed, Purpose::drawn_neurons);
    shuffle(rows, random);
    rows.resize(std::min(rows.size(), std::size_t(most)));
    return rows;
}

void write_lines(const std::string& path, const SweepTable& sweep, std::span<const std::size_t> rows)
{
    TableWriter out(path, sweep.table.columns);
    for (const std::size_t row : rows) {
        for (const std::string& cell : sweep.table.rows[row])
            out.cell(cell);
        out.end_row();
    }
    out.commit();
}

void write_names(const std::string& path, const SweepTable& sweep, std::span<const std::size_t> rows)
{
    Output out(path, Output::Kind::text);
    for (const std::size_t row : rows)
        out.write(sweep.neuron(row) + "\n");
    out.commit();
}

std::string sweep_mark(const Model& model) { return model_digest(model).substr(0, 16); }

void SweepTable::require_of(const Model& model) const
{
    if (!table.has("model"))
        return;
    const std::string mark = sweep_mark(model);
    const std::size_t column = table.column("model");
    for (std::size_t row = 0; row < size(); ++row)
        if (table.rows[row][column] != mark)
            throw Error(table.name, table.line(row) + ": a neuron of another model (" + table.rows[row][column] +
                                        ", this is " + mark + "); sweep this one, or give that");
}

SweptNeuron swept_neuron(const std::string& path, const std::optional<NeuronId>& wanted, const Model& model)
{
    const Architecture& architecture = model.architecture;
    const SweepTable sweep(path);
    sweep.require_of(model);
    sweep.table.column("threshold");
    std::size_t row = 0;
    if (wanted) {
        while (row < sweep.size() && sweep.neuron(row, architecture) != *wanted)
            ++row;
        if (row == sweep.size())
            throw Error(path, "no line for the neuron " + neuron_name(*wanted));
    } else {
        row = sweep.best();
    }
    return {sweep.neuron(row, architecture), sweep.table.finite(row, "threshold"), sweep.polarity(row)};
}

}    // namespace nonna
