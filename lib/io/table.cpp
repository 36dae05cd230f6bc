#include "io/table.h"

#include "base/error.h"
#include "base/utf8.h"
#include "io/output.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <string_view>

namespace nonna
{

namespace
{

constexpr std::size_t table_limit = std::size_t{1} << 30;

std::vector<std::string> split(std::string_view line)
{
    std::vector<std::string> cells;
    for (;;) {
        const auto tab = line.find('\t');
        cells.emplace_back(line.substr(0, tab));
        if (tab == std::string_view::npos)
            return cells;
        line.remove_prefix(tab + 1);
    }
}

bool has_value(const Table& table, std::size_t row, const std::string& of)
{
    if (!table.has(of))
        return false;
    const std::string& text = table.rows.at(row).at(table.column(of));
    return !text.empty() && text != "nan";
}

}    // namespace

bool fits_cell(std::string_view text) { return text.find_first_of(std::string_view("\t\n\r\0", 4)) == text.npos; }

struct TableWriter::State {
    Output output;
    std::size_t columns = 0, filled = 0;
    std::string row;

    explicit State(const std::string& path) : output(path, Output::Kind::text) {}

    void add(std::string_view text)
    {
        if (!fits_cell(text))
            // There is no quoting: what cannot be written so that it reads back the same is refused.
            throw Error(output.name(), "a tab, line break or NUL inside a cell: '" + std::string(text) + "'");
        if (filled == columns)
            throw std::logic_error("more cells than columns");
        if (filled++)
            row += '\t';
        row += text;
    }

    void end()
    {
        if (filled != columns)
            throw std::logic_error("fewer cells than columns");
        row += '\n';
        output.write(row);
        row.clear();
        filled = 0;
    }
};

TableWriter::TableWriter(const std::string& path) : state_(std::make_unique<State>(path)) {}

TableWriter::TableWriter(const std::string& path, const std::vector<std::string>& columns) : TableWriter(path)
{
    header(columns);
}

void TableWriter::header(const std::vector<std::string>& columns)
{
    state_->columns = columns.size();
    for (const auto& column : columns)
        state_->add(column);
    state_->end();
}

TableWriter::~TableWriter() = default;

TableWriter& TableWriter::cell(const std::string& text)
{
    state_->add(text);
    return *this;
}

TableWriter& TableWriter::cell(double number)
{
    char text[40] = "nan";    // whatever its sign bit
    if (!std::isnan(number))
        std::snprintf(text, sizeof text, "%.9g", number);    // nine digits give every float back
    state_->add(text);
    return *this;
}

TableWriter& TableWriter::cell(std::int64_t number)
{
    state_->add(std::to_string(number));
    return *this;
}

void TableWriter::end_row() { state_->end(); }

void TableWriter::commit()
{
    if (state_->filled)
        throw std::logic_error("commit inside a row");
    state_->output.commit();
}

std::size_t Table::column(const std::string& column_name) const
{
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i] == column_name)
            return i;
    throw Error(name, "no column '" + column_name + "'");
}

bool Table::has(const std::string& column_name) const
{
    for (const auto& column : columns)
        if (column == column_name)
            return true;
    return false;
}

double Table::number(std::size_t row, std::size_t column) const
{
    const std::string& text = rows.at(row).at(column);
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size())
        throw Error(name, line(row) + ": '" + text + "' in column '" + columns[column] + "' is not a number");
    return value;
}

double Table::finite(std::size_t row, const std::string& of) const
{
    const double value = number(row, column(of));
    if (!std::isfinite(value))
        throw Error(name, line(row) + ": '" + of + "' is not a finite number");
    return value;
}

double Table::share(std::size_t row, const std::string& of) const
{
    const double value = number(row, column(of));
    if (!(value >= 0 && value <= 1))
        throw Error(name, line(row) + ": '" + of + "' is not between 0 and 1");
    return value;
}

std::size_t Table::whole(std::size_t row, const std::string& of) const
{
    const double value = finite(row, of);
    if (value < 0 || value > 1e15 || value != std::floor(value))
        throw Error(name, line(row) + ": '" + of + "' is not a whole number");
    return std::size_t(value);
}

std::optional<double> Table::finite_or_none(std::size_t row, const std::string& of) const
{
    return has_value(*this, row, of) ? std::optional(finite(row, of)) : std::nullopt;
}

std::optional<double> Table::share_or_none(std::size_t row, const std::string& of) const
{
    return has_value(*this, row, of) ? std::optional(share(row, of)) : std::nullopt;
}

// Anything that two readers could take differently is refused, with its line: a missing end, a row too short or too
// long, carriage returns (which would stay in the last cell), two columns of one name.
static Table parse_table(const std::string& path, std::string_view text)
{
    Table table;
    table.name = path == "-" ? "standard input" : path;
    if (text.empty())
        throw Error(table.name, "empty, not even a header line");
    std::string_view rest = without_mark(text);
    for (std::size_t line = 1; !rest.empty(); ++line) {
        const std::string where = "line " + std::to_string(line) + ": ";
        const auto end = rest.find('\n');
        if (end == std::string_view::npos)
            throw Error(table.name, where + "truncated, no newline at the end");
        const std::string_view content = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (content.find('\0') != std::string_view::npos)
            throw Error(table.name, where + "not text");
        if (content.find('\r') != std::string_view::npos)
            throw Error(table.name, where + "a carriage return; lines end with a newline alone");
        auto cells = split(content);
        if (line == 1) {
            table.columns = std::move(cells);
            if (std::set<std::string>(table.columns.begin(), table.columns.end()).size() != table.columns.size())
                throw Error(table.name, "a column's name occurs twice");
        } else if (cells.size() != table.columns.size()) {
            throw Error(table.name, where + std::to_string(cells.size()) + " cells, the header has " +
                                        std::to_string(table.columns.size()));
        } else {
            table.rows.push_back(std::move(cells));
        }
    }
    return table;
}

Table read_table(const std::string& path) { return parse_table(path, read_whole_file(path, table_limit)); }

std::optional<Table> read_growing_table(const std::string& path)
{
    const std::string text = read_whole_file(path, table_limit);
    const std::size_t end = text.rfind('\n');
    if (end == std::string::npos)
        return std::nullopt;
    return parse_table(path, std::string_view(text).substr(0, end + 1));
}

namespace
{

// One record of comma-separated values, taken from the front of `rest`; `line` counts on.
std::vector<std::string> take_record(std::string_view& rest, std::size_t& line, const std::string& name)
{
    std::vector<std::string> cells(1);
    const std::size_t begun = line;
    const auto wrong = [&](const std::string& why) {
        return Error(name, "line " + std::to_string(begun) + ": " + why);
    };
    bool quoted = false, closed = false;    // inside marks; behind the closing one
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (quoted) {
            if (c != '"')
                cells.back() += c;
            else if (rest.starts_with('"')) {
                cells.back() += c;
                rest.remove_prefix(1);
            } else {
                quoted = false;
                closed = true;
            }
            line += c == '\n';
        } else if (c == ',') {
            cells.emplace_back();
            closed = false;
        } else if (c == '\n' || (c == '\r' && rest.starts_with('\n'))) {
            rest.remove_prefix(c == '\r');
            ++line;
            return cells;
        } else if (c == '"' && cells.back().empty() && !closed)
            quoted = true;
        else if (c == '"' || closed)
            throw wrong("a quotation mark inside a cell that does not stand between marks");
        else
            cells.back() += c;
    }
    if (quoted)
        throw wrong("a quotation mark that is never closed");
    return cells;
}

}    // namespace

Table read_csv(const std::string& path)
{
    const std::string text = read_whole_file(path, table_limit);
    Table table;
    table.name = path == "-" ? "standard input" : path;
    std::string_view rest = without_mark(text);
    if (rest.empty())
        throw Error(table.name, "empty, not even a header line");
    for (std::size_t line = 1; !rest.empty();) {
        const std::string where = "line " + std::to_string(line) + ": ";
        std::vector<std::string> cells = take_record(rest, line, table.name);
        for (const std::string& cell : cells)
            if (!fits_cell(cell))
                throw Error(table.name, where + "a cell with a tab, line break or NUL");
        if (table.columns.empty()) {
            table.columns = std::move(cells);
            if (std::set<std::string>(table.columns.begin(), table.columns.end()).size() != table.columns.size())
                throw Error(table.name, "a column's name occurs twice");
        } else if (cells.size() != table.columns.size())
            throw Error(table.name, where + std::to_string(cells.size()) + " cells, the header has " +
                                        std::to_string(table.columns.size()));
        else
            table.rows.push_back(std::move(cells));
    }
    return table;
}

Table read_any_table(const std::string& path)
{
    return path.ends_with(".csv") || path.ends_with(".CSV") ? read_csv(path) : read_table(path);
}

}    // namespace nonna
