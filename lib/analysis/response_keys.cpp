#include "analysis/response_keys.h"

#include "base/error.h"
#include "io/digest.h"
#include "io/npy.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

namespace nonna
{

namespace fs = std::filesystem;

static std::string mark_of(std::span<const float> responses) { return sha256(std::as_bytes(responses)).substr(0, 16); }

std::string keys_path(const std::string& responses)
{
    std::error_code error;
    const bool file = responses != "-" && (!fs::exists(responses, error) || fs::is_regular_file(responses, error));
    return file ? responses + ".keys" : std::string();
}

KeysWriter::KeysWriter(const std::string& path)
{
    if (const std::string beside = keys_path(path); !beside.empty())
        table_.emplace(beside, std::vector<std::string>{"key", "sha256"});
}

void KeysWriter::write(std::span<const std::string> keys, std::span<const float> responses)
{
    const std::size_t size = responses.size() / std::max<std::size_t>(keys.size(), 1);
    for (std::size_t i = 0; table_ && i < keys.size(); ++i)
        table_->cell(keys[i]).cell(mark_of(responses.subspan(i * size, size))).end_row();
}

void KeysWriter::commit()
{
    if (table_)
        table_->commit();
}

std::vector<std::string> response_keys(const std::string& path)
{
    std::error_code error;
    const std::string beside = keys_path(path);
    if (beside.empty() || !fs::exists(beside, error))
        return {};
    const Table table = read_table(beside);
    const std::size_t key = table.column("key"), mark = table.column("sha256");
    const auto other = [&](const std::string& where) {
        return Error(beside,
                     where + "not of " + path + " as it is now; remove it to go without keys, or compute both anew");
    };
    const NpyReader array(path);
    if (array.type() != "<f4" || array.shape().front() != table.rows.size())
        throw other("");
    std::size_t size = 1;
    for (std::size_t axis = 1; axis < array.shape().size(); ++axis)
        size *= array.shape()[axis];
    std::vector<std::string> keys;
    std::vector<float> row(size);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        array.read_columns(i, 1, 0, size, row);
        if (mark_of(row) != table.rows[i][mark])
            throw other(table.line(i) + ": ");
        keys.push_back(table.rows[i][key]);
    }
    return keys;
}

Labels read_label_table(const std::string& path, const std::string& positive, const std::vector<std::string>& keys)
{
    const Table table = read_table(path);
    const std::size_t label = table.column("label");
    std::vector<std::optional<std::string>> labels;
    if (keys.empty() || !table.has("key")) {
        for (const auto& row : table.rows)
            labels.emplace_back(row[label]);
        return read_labels(labels, positive, table.name);
    }
    const std::size_t key = table.column("key");
    std::unordered_map<std::string, std::size_t> rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        if (!rows.emplace(table.rows[row][key], row).second)
            throw Error(table.name, table.line(row) + ": the key " + table.rows[row][key] + " for the second time");
    for (const std::string& image : keys) {
        const auto found = rows.find(image);
        if (found == rows.end())
            throw Error(table.name, "no line with the key " + image + ", an image of the responses");
        labels.emplace_back(table.rows[found->second][label]);
    }
    return read_labels(labels, positive, table.name);
}

}    // namespace nonna
