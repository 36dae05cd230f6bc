#include "dataset/test_list.h"

#include "base/error.h"
#include "io/table.h"

#include <set>

namespace nonna
{

namespace
{

// A row's cells by name: those a list need not have, and refusals that name the line.
struct Row {
    const Table& table;
    std::size_t row;

    Error refuse(const std::string& reason) const
    {
        return {table.name, "line " + std::to_string(row + 2) + ": " + reason};
    }
    std::optional<std::string> cell(const char* column) const
    {
        if (!table.has(column) || table.rows[row][table.column(column)].empty())
            return std::nullopt;
        return table.rows[row][table.column(column)];
    }
    double number(const char* column) const { return table.number(row, table.column(column)); }

    std::optional<View> view() const
    {
        if (!cell("side"))
            return std::nullopt;
        const View view{number("x"), number("y"), number("side")};
        const double most = 1e6;
        if (!(view.side >= 1 && view.side <= most && view.x >= -most && view.x <= most && view.y >= -most &&
              view.y <= most))
            throw refuse("x, y and side are not a square of a picture");
        return view;
    }
};

}    // namespace

// Strict: a list decides what a neuron is tested on, so what could be read in two ways is refused.
std::vector<ListRow> read_test_list(const std::string& path)
{
    const Table table = read_table(path);
    const std::size_t key = table.column("key"), label = table.column("label");
    std::vector<ListRow> rows;
    std::set<std::string> keys;
    std::size_t positives = 0;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const Row from{table, i};
        ListRow row;
        row.key = table.rows[i][key];
        if (row.key.empty())
            throw from.refuse("no key");
        if (!keys.insert(row.key).second)
            throw from.refuse("the key " + row.key + " occurs twice");
        const std::string& which = table.rows[i][label];
        if (which != "0" && which != "1")
            throw from.refuse("label '" + which + "' is neither 1 nor 0");
        row.positive = which == "1";
        positives += row.positive;
        row.half = from.cell("half");
        if (row.half && !is_part_letter(*row.half))
            throw from.refuse("half '" + *row.half + "' is not a letter from a to z");
        row.group = from.cell("group");
        row.source = from.cell("source");
        row.picture = from.cell("picture");
        row.view = from.view();
        rows.push_back(std::move(row));
    }
    if (rows.empty())
        throw Error(table.name, "names no pictures");
    if (positives == 0 || positives == rows.size())
        throw Error(table.name, "names pictures of one label alone");
    return rows;
}

void write_test_list(const std::string& path, const std::vector<ListRow>& rows)
{
    TableWriter table(path, {"key", "label", "half", "group", "source", "picture", "x", "y", "side"});
    for (const ListRow& row : rows) {
        table.cell(row.key).cell(row.positive ? "1" : "0").cell(row.half.value_or("")).cell(row.group.value_or(""));
        table.cell(row.source.value_or("")).cell(row.picture.value_or(""));
        if (row.view)
            table.cell(row.view->x).cell(row.view->y).cell(row.view->side);
        else
            table.cell("").cell("").cell("");
        table.end_row();
    }
    table.commit();
}

}    // namespace nonna
