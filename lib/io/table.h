// Tables: TSV, one header line, numbers as %.9g, no quoting; a tab, line break or NUL inside a cell is an Error.
//
// Reading is strict: every line has the header's number of cells and ends with a newline (a last line without one is a
// truncated file), no column's name occurs twice. A byte order mark in front is skipped. Written through io/output.h.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

bool fits_cell(std::string_view text);

class TableWriter
{
  public:
    TableWriter(const std::string& path, const std::vector<std::string>& columns);
    explicit TableWriter(const std::string& path);    // header() must come before the first cell
    ~TableWriter();
    void header(const std::vector<std::string>& columns);
    TableWriter& cell(const std::string& text);
    TableWriter& cell(double number);
    TableWriter& cell(std::int64_t number);
    template <std::integral Number> TableWriter& cell(Number number) { return cell(static_cast<std::int64_t>(number)); }
    void end_row();
    void commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;

    std::size_t column(const std::string& name) const;    // Error when absent
    bool has(const std::string& name) const;
    double number(std::size_t row, std::size_t column) const;    // Error naming file and line when not a number

    // Of a table from elsewhere, which may hold anything: Error naming file, line and column.
    double finite(std::size_t row, const std::string& column) const;
    double share(std::size_t row, const std::string& column) const;    // 0 to 1
    std::size_t whole(std::size_t row, const std::string& column) const;
    // The same where there may be none: no such column, an empty cell, nan.
    std::optional<double> finite_or_none(std::size_t row, const std::string& column) const;
    std::optional<double> share_or_none(std::size_t row, const std::string& column) const;

    std::string line(std::size_t row) const { return "line " + std::to_string(row + 2); }    // in messages
};

Table read_table(const std::string& path);

// Of a table that somebody is still writing: a last line without its end is left for later. None: so is the header.
std::optional<Table> read_growing_table(const std::string& path);

// The same from comma-separated values (RFC 4180), as spreadsheets write them: cells may stand between quotation marks,
// doubled inside; lines may end with CR LF, the last without. A cell that a table of ours could not hold is an Error.
Table read_csv(const std::string& path);
Table read_any_table(const std::string& path);    // read_csv where the name ends in .csv, else read_table

}    // namespace nonna
