#include "io/shard_index.h"

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/image_stream.h"
#include "io/key_set.h"
#include "io/mapped_file.h"
#include "io/shard_pass.h"
#include "io/table.h"
#include "io/tar_stream.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <span>

namespace nonna
{

namespace
{

const std::vector<std::string> index_columns = {"key",           "extension",      "picture_offset",
                                                "picture_bytes", "picture_sha256", "json_offset",
                                                "json_bytes",    "json_sha256"};

std::string digest_of(std::string_view bytes) { return sha256(std::as_bytes(std::span(bytes))); }

// One cell of the table, and the refusal of what stands in it.
struct Cell {
    const Table& table;
    std::size_t row, column;
    const std::string& text() const { return table.rows[row][column]; }
    Error refuse(const std::string& what) const
    {
        return {table.name, "line " + std::to_string(row + 2) + ": " + table.columns[column] + " is " + what};
    }
    std::uint64_t number(std::uint64_t most) const
    {
        std::uint64_t value = 0;
        const char* const end = text().data() + text().size();
        const auto [stop, failure] = std::from_chars(text().data(), end, value);
        if (failure != std::errc() || stop != end || value > most)
            throw refuse("not a number up to " + std::to_string(most));
        return value;
    }
    const std::string& digest() const
    {
        if (text().size() != 64 || text().find_first_not_of("0123456789abcdef") != std::string::npos)
            throw refuse("not 64 hexadecimal digits");
        return text();
    }
};

bool fits(std::string_view archive, const ShardEntry& entry)
{
    return member_name(archive, entry.picture_offset, entry.picture_bytes) == entry.key + "." + entry.extension &&
           member_name(archive, entry.json_offset, entry.json_bytes) == entry.key + ".json";
}

// Do first, last and end agree? Of the zeros after the last member a megabyte is looked at: no archive of ours has
// more.
bool index_fits(std::string_view archive, const std::vector<ShardEntry>& entries)
{
    if (!entries.empty() && (!fits(archive, entries.front()) || !fits(archive, entries.back())))
        return false;
    const std::uint64_t end = samples_end(entries);
    return end + 2 * tar_block <= archive.size() && archive.size() - end <= (1 << 20) &&
           archive.find_first_not_of('\0', end) == std::string_view::npos;
}

}    // namespace

std::uint64_t samples_end(const std::vector<ShardEntry>& entries)
{
    if (entries.empty())
        return 0;
    const ShardEntry& last = entries.back();
    return whole_blocks(std::max(last.picture_offset + last.picture_bytes, last.json_offset + last.json_bytes));
}

std::vector<ShardEntry> scan_shard(const std::string& tar)
{
    KeySet keys;
    ImageShardPass pass(tar, keys, false);
    std::vector<ShardEntry> entries;
    Progress progress("indexing " + pass.name(), 0, "pictures");
    while (std::optional<RawSample> raw = pass.next()) {
        progress.read(pass.size(), pass.whole());
        progress.advance();
        raw->sample(pass.name());    // the json, too, is as ImageReader wants it
        raw->entry.picture_sha256 = digest_of(raw->picture());
        raw->entry.json_sha256 = digest_of(raw->json());
        entries.push_back(std::move(raw->entry));
    }
    return entries;
}

void write_shard_index(const std::string& idx, const std::vector<ShardEntry>& entries)
{
    TableWriter table(idx, index_columns);
    for (const ShardEntry& e : entries) {
        table.cell(e.key).cell(e.extension);
        table.cell(e.picture_offset).cell(e.picture_bytes).cell(e.picture_sha256);
        table.cell(e.json_offset).cell(e.json_bytes).cell(e.json_sha256);
        table.end_row();
    }
    table.commit();
}

// Rows are held against each other, too. The members of an archive lie one after the other, each at a whole block with
// a block for its header before it: offsets that overlap, go back or lie between blocks are no index of anything, and
// whoever maps the archive can then take what is between two checked offsets without asking again.
std::vector<ShardEntry> read_index_table(const std::string& idx)
{
    const Table table = read_table(idx);
    if (table.columns != index_columns)
        throw Error(table.name, "not the columns of a shard's index");
    std::vector<ShardEntry> entries;
    std::uint64_t end = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto cell = [&](std::size_t column) { return Cell{table, row, column}; };
        if (!is_sample_key(cell(0).text()))
            throw cell(0).refuse("not a key");
        if (!is_picture_extension(cell(1).text()))
            throw cell(1).refuse("not jpg, png or webp");
        constexpr std::uint64_t far = std::uint64_t(1) << 60;
        const ShardEntry entry{
            cell(0).text(),   cell(1).text(),      cell(2).number(far),          cell(3).number(member_limit),
            cell(4).digest(), cell(5).number(far), cell(6).number(member_limit), cell(7).digest()};
        const bool picture_first = entry.picture_offset < entry.json_offset;
        const std::uint64_t first = picture_first ? entry.picture_offset : entry.json_offset;
        const std::uint64_t first_end = first + (picture_first ? entry.picture_bytes : entry.json_bytes);
        const std::uint64_t second = picture_first ? entry.json_offset : entry.picture_offset;
        if (first % tar_block || first < end + tar_block)
            throw cell(picture_first ? 2 : 5).refuse("not where a member can begin");
        if (second % tar_block || second < whole_blocks(first_end) + tar_block)
            throw cell(picture_first ? 5 : 2).refuse("not where a member can begin");
        if (entry.picture_bytes == 0)
            throw cell(3).refuse("0");
        end = whole_blocks(second + (picture_first ? entry.json_bytes : entry.picture_bytes));
        entries.push_back(entry);
    }
    return entries;
}

// An index that is damaged or another archive's costs a scan, not the samples: it is named, and not used.
std::vector<ShardEntry> read_shard_index(const std::string& tar, std::string_view archive)
{
    const std::string idx = shard_index_path(tar);
    std::error_code error;
    if (!std::filesystem::exists(idx, error))
        return scan_shard(tar);
    try {
        std::vector<ShardEntry> entries = read_index_table(idx);
        if (index_fits(archive, entries))
            return entries;
        warn(idx, "does not belong to the archive, not used");
    } catch (const Error& e) {
        warn(e.subject(), e.reason() + ", not used");
    }
    return scan_shard(tar);
}

std::vector<ShardEntry> read_shard_index(const std::string& tar)
{
    const MappedFile file(tar);
    return read_shard_index(tar, file.bytes());
}

// Goes through the archive as the writer would have laid it out, comparing what it would have written with what is
// there. Contents are stepped over, so that a page a member is all that is read of the disk.
void check_shard_layout(const std::string& tar, const std::vector<ShardEntry>& entries)
{
    const MappedFile file(tar);
    const std::string_view archive = file.bytes();
    std::uint64_t at = 0;
    const auto expect = [&](std::string_view bytes, const std::string& member, const char* what) {
        const std::string_view real = archive.substr(std::min<std::uint64_t>(at, archive.size()), bytes.size());
        const auto wrong =
            std::uint64_t(std::mismatch(real.begin(), real.end(), bytes.begin(), bytes.end()).first - real.begin());
        if (wrong < bytes.size())
            throw Error(tar, member + (wrong == real.size() ? "truncated" : what) + " at byte " +
                                 std::to_string(at + wrong));
        at += bytes.size();
    };
    const std::string zeros(tar_block, '\0');
    const auto member = [&](const std::string& name, std::uint64_t offset, std::uint64_t size) {
        if (offset != at + tar_block)
            throw Error(tar, name + ": not where the index says, at byte " + std::to_string(at));
        expect(archive_header(name, size), name + ": ", "damaged header");
        at += size;
        expect(std::string_view(zeros).substr(0, whole_blocks(at) - at), name + ": ", "bytes other than zero after it");
    };
    for (const ShardEntry& e : entries) {
        member(e.key + "." + e.extension, e.picture_offset, e.picture_bytes);
        member(e.key + ".json", e.json_offset, e.json_bytes);
    }
    expect(archive_end(at), "", "data after the end of the archive");
    if (at < archive.size())
        throw Error(tar, "data after the end of the archive at byte " + std::to_string(at));
}

}    // namespace nonna
