#include "io/shard.h"

#include "base/error.h"
#include "base/log.h"
#include "io/digest.h"
#include "io/image_meta.h"
#include "io/input.h"
#include "io/key_set.h"
#include "io/spool.h"
#include "io/table.h"
#include "io/tar_stream.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nonna
{

namespace
{

const std::vector<std::string> index_columns = {"key",           "extension",      "picture_offset",
                                                "picture_bytes", "picture_sha256", "json_offset",
                                                "json_bytes",    "json_sha256"};

void add_text(Sha256& sum, std::string_view text) { sum.add(std::as_bytes(std::span(text))); }

std::string digest_of(std::string_view bytes) { return sha256(std::as_bytes(std::span(bytes))); }

Sample to_sample(std::string key, std::string extension, std::string_view picture, std::string_view json,
                 const std::string& archive, const std::string& json_name)
{
    Sample sample{std::move(key), std::move(extension), {}, meta_from_json(json, archive, json_name)};
    const auto bytes = std::as_bytes(std::span(picture));
    sample.picture.assign(bytes.begin(), bytes.end());
    return sample;
}

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
            throw refuse("no number up to " + std::to_string(most));
        return value;
    }
    const std::string& digest() const
    {
        if (text().size() != 64 || text().find_first_not_of("0123456789abcdef") != std::string::npos)
            throw refuse("not 64 hexadecimal digits");
        return text();
    }
};

// The archive in memory.
class Mapping
{
  public:
    explicit Mapping(const std::string& path)
    {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat status {
        };
        if (fd < 0 || fstat(fd, &status) != 0) {
            const Error error(path, errno_reason());
            if (fd >= 0)
                ::close(fd);
            throw error;
        }
        void* data = MAP_FAILED;
        errno = 0;
        if (S_ISREG(status.st_mode) && status.st_size > 0)
            data = mmap(nullptr, std::size_t(status.st_size), PROT_READ, MAP_SHARED, fd, 0);
        const std::string reason = !S_ISREG(status.st_mode) ? "not a regular file"
                                   : status.st_size == 0    ? "empty file, not an image set"
                                                            : errno_reason();
        ::close(fd);
        if (data == MAP_FAILED)
            throw Error(path, reason);
        bytes_ = {static_cast<const char*>(data), std::size_t(status.st_size)};
    }
    ~Mapping() { munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    std::string_view bytes() const { return bytes_; }

  private:
    std::string_view bytes_;
};

// The name in the header before a member's own bytes where that header says `size`; empty otherwise.
std::string_view name_before(std::string_view archive, std::uint64_t offset, std::uint64_t size)
{
    if (offset < tar_block || offset > archive.size() || size > archive.size() - offset)
        return {};
    const std::string_view header = archive.substr(offset - tar_block, tar_block);
    std::uint64_t announced = 0;
    const char* const digits = header.data() + 124;
    const auto [stop, failure] = std::from_chars(digits, digits + 12, announced, 8);
    if (failure != std::errc() || stop == digits || announced != size)
        return {};
    std::string_view name = header.substr(0, 100);
    name = name.substr(0, name.find('\0'));
    return name.substr(name.starts_with("./") ? 2 : 0);
}

bool fits(std::string_view archive, const ShardEntry& entry)
{
    return name_before(archive, entry.picture_offset, entry.picture_bytes) == entry.key + "." + entry.extension &&
           name_before(archive, entry.json_offset, entry.json_bytes) == entry.key + ".json";
}

// Do first, last and end agree? Zeros behind the last member: a megabyte of them is looked at, more is no set of ours.
bool index_fits(std::string_view archive, const std::vector<ShardEntry>& entries)
{
    std::uint64_t end = 0;
    if (!entries.empty()) {
        if (!fits(archive, entries.front()) || !fits(archive, entries.back()))
            return false;
        const ShardEntry& last = entries.back();
        end = whole_blocks(std::max(last.picture_offset + last.picture_bytes, last.json_offset + last.json_bytes));
    }
    return end + 2 * tar_block <= archive.size() && archive.size() - end <= (1 << 20) &&
           archive.find_first_not_of('\0', end) == std::string_view::npos;
}

std::vector<ShardEntry> index_of(const std::string& tar, std::string_view archive)
{
    const std::string idx = tar + ".idx";
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

}    // namespace

ShardEntry shard_entry(const Sample& sample, std::string_view bytes, std::uint64_t offset)
{
    ShardEntry entry{
        sample.key, sample.extension, offset + tar_block, sample.picture.size(), sha256(sample.picture), 0, 0, ""};
    const std::uint64_t json = whole_blocks(tar_block + sample.picture.size());    // its header
    std::uint64_t size = 0;
    std::from_chars(bytes.data() + json + 124, bytes.data() + json + 136, size, 8);
    entry.json_offset = offset + json + tar_block;
    entry.json_bytes = size;
    entry.json_sha256 = digest_of(bytes.substr(json + tar_block, size));
    return entry;
}

std::vector<ShardEntry> scan_shard(const std::string& tar)
{
    KeySet keys;
    ShardPass pass(tar, keys, false);
    std::vector<ShardEntry> entries;
    while (std::optional<RawSample> raw = pass.next()) {
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
            throw cell(0).refuse("no key");
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

std::vector<ShardEntry> read_shard_index(const std::string& tar)
{
    const Mapping mapping(tar);
    return index_of(tar, mapping.bytes());
}

void check_shard_layout(const std::string& tar, const std::vector<ShardEntry>& entries)
{
    const Mapping mapping(tar);
    const std::string_view archive = mapping.bytes();
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
            throw Error(tar, name + ": not where the index has it, at byte " + std::to_string(at));
        expect(archive_header(name, size), name + ": ", "damaged header");
        at += size;
        expect(std::string_view(zeros).substr(0, whole_blocks(at) - at), name + ": ",
               "bytes other than zero behind it");
    };
    for (const ShardEntry& e : entries) {
        member(e.key + "." + e.extension, e.picture_offset, e.picture_bytes);
        member(e.key + ".json", e.json_offset, e.json_bytes);
    }
    expect(archive_end(at), "", "data after the end of the archive");
    if (at < archive.size())
        throw Error(tar, "data after the end of the archive at byte " + std::to_string(at));
}

struct Shard::State {
    // What of an entry the archive does not say itself: 24 bytes a sample.
    struct Place {
        std::uint64_t picture_offset, json_offset;
        std::uint32_t picture_bytes, json_bytes;
    };
    std::string path;
    Mapping mapping;
    std::vector<Place> places;

    std::string digest;

    State(const std::string& tar, std::string name) : path(std::move(name)), mapping(tar)
    {
        const std::vector<ShardEntry> entries = index_of(tar, mapping.bytes());
        Sha256 sum;
        for (const ShardEntry& e : entries)
            add_text(sum, e.key + " " + e.picture_sha256 + " " + e.json_sha256 + "\n");
        digest = sum.hex();
        places.reserve(entries.size());
        for (const ShardEntry& e : entries)
            places.push_back(
                {e.picture_offset, e.json_offset, std::uint32_t(e.picture_bytes), std::uint32_t(e.json_bytes)});
    }

    std::string_view named(std::size_t i, std::uint64_t offset, std::uint64_t size) const
    {
        const std::string_view name = name_before(mapping.bytes(), offset, size);
        const auto dot = name.find('.');
        if (dot == std::string_view::npos || !is_sample_key(name.substr(0, dot)))
            throw Error(path, "sample " + std::to_string(i) + " is not where the index has it");
        return name;
    }
    // Key and extension, the two members' headers being what they must be.
    std::pair<std::string, std::string> names(std::size_t i) const
    {
        const Place& p = places.at(i);
        const std::string_view picture = named(i, p.picture_offset, p.picture_bytes);
        const std::string_view json = named(i, p.json_offset, p.json_bytes);
        const auto dot = picture.find('.');
        std::pair result{std::string(picture.substr(0, dot)), std::string(picture.substr(dot + 1))};
        if (!is_picture_extension(result.second) || json != result.first + ".json")
            throw Error(path, "sample " + std::to_string(i) + " is not where the index has it");
        return result;
    }
};

// What is no file to map is copied to one without a name first; messages say what it was.
static bool is_stream(const std::string& path)
{
    struct stat status {
    };
    return path == "-" || (stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)));
}

Shard::Shard(const std::string& tar)
{
    if (!is_stream(tar)) {
        state_ = std::make_unique<State>(tar, tar);
        return;
    }
    Input in(tar);
    Spool spool;
    std::vector<std::byte> buffer(std::size_t(1) << 20);
    while (const std::size_t n = in.read_some(buffer))
        spool.write({buffer.data(), n});
    const int fd = spool.release();
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    try {
        state_ = std::make_unique<State>(path, in.name());
    } catch (const Error& e) {
        ::close(fd);
        std::string subject = e.subject();
        if (subject.starts_with(path))
            subject = in.name() + subject.substr(path.size());
        throw Error(subject, e.reason(), e.status());
    }
    ::close(fd);    // the mapping stays
}
Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
const std::string& Shard::name() const { return state_->path; }
const std::string& Shard::digest() const { return state_->digest; }
std::size_t Shard::count() const { return state_->places.size(); }
std::string Shard::key(std::size_t i) const { return state_->names(i).first; }
std::string Shard::extension(std::size_t i) const { return state_->names(i).second; }

std::span<const std::byte> Shard::picture(std::size_t i) const
{
    state_->names(i);
    const State::Place& p = state_->places[i];
    return std::as_bytes(std::span(state_->mapping.bytes().substr(p.picture_offset, p.picture_bytes)));
}

std::string_view Shard::json(std::size_t i) const
{
    state_->names(i);
    const State::Place& p = state_->places[i];
    return state_->mapping.bytes().substr(p.json_offset, p.json_bytes);
}

Sample Shard::sample(std::size_t i) const
{
    const auto [key, extension] = state_->names(i);
    const State::Place& p = state_->places[i];
    const std::string_view bytes = state_->mapping.bytes();
    return to_sample(key, extension, bytes.substr(p.picture_offset, p.picture_bytes),
                     bytes.substr(p.json_offset, p.json_bytes), state_->path, key + ".json");
}

ShardSet::ShardSet(const std::vector<std::string>& paths)
{
    for (const std::string& path : paths)
        for (const std::string& tar : is_built_set(path) ? built_set_shards(path) : std::vector{path}) {
            shards_.emplace_back(tar);
            starts_.push_back(starts_.back() + shards_.back().count());
        }
}

const Shard& ShardSet::shard_of(std::size_t i, std::size_t& within) const
{
    if (i >= count())
        throw std::out_of_range("sample of a set");
    const std::size_t shard = std::size_t(std::upper_bound(starts_.begin(), starts_.end(), i) - starts_.begin()) - 1;
    within = i - starts_[shard];
    return shards_[shard];
}

std::string ShardSet::digest() const
{
    if (shards_.size() == 1)
        return shards_.front().digest();
    Sha256 sum;
    for (const Shard& shard : shards_)
        add_text(sum, shard.digest() + "\n");
    return sum.hex();
}

std::span<const std::byte> ShardSet::picture(std::size_t i) const
{
    std::size_t within = 0;
    const Shard& shard = shard_of(i, within);
    return shard.picture(within);
}

Sample ShardSet::sample(std::size_t i) const
{
    std::size_t within = 0;
    const Shard& shard = shard_of(i, within);
    return shard.sample(within);
}

bool is_built_set(const std::string& path)
{
    std::error_code error;
    return path != "-" && std::filesystem::is_regular_file(path + "/set.json", error);
}

std::string shard_name(std::int64_t number)
{
    char text[32];
    std::snprintf(text, sizeof text, "%06lld.tar", static_cast<long long>(number));
    return text;
}

// Whether somebody holds the lock of a set that is being written.
static bool is_locked(const std::string& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool held = fd >= 0 && ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        ::close(fd);
    return held;
}

std::vector<std::string> built_set_shards(const std::string& folder)
{
    namespace fs = std::filesystem;
    if (!is_built_set(folder))
        throw Error(folder, "a folder, but no built set (no set.json in it)");
    std::error_code error;
    for (const char* const unfinished : {"journal.jsonl", "removal.jsonl"})
        if (fs::exists(folder + "/" + unfinished, error)) {
            if (is_locked(folder + "/lock"))
                throw Error(folder, "a run is at work here: wait for its end", ExitStatus::locked);
            throw Error(folder,
                        std::string("its last run is unfinished (there is a ") + unfinished + "): run it again");
        }
    std::int64_t count = 0, last = -1;
    for (fs::directory_iterator i(folder + "/shards", error), end; !error && i != end; i.increment(error)) {
        const std::string name = i->path().filename().string();
        std::int64_t number = -1;
        const auto [stop, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (failure == std::errc() && name == shard_name(number)) {
            ++count;
            last = std::max(last, number);
        }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        errno = error.value();
        throw Error(folder + "/shards", errno_reason());
    }
    std::vector<std::string> shards;
    for (std::int64_t number = 0; number <= last; ++number) {
        shards.push_back(folder + "/shards/" + shard_name(number));
        if (count != last + 1 && !fs::exists(shards.back(), error))
            throw Error(shards.back(), "missing");
    }
    return shards;
}

Sample RawSample::sample(const std::string& archive) const
{
    return to_sample(entry.key, entry.extension, picture(), json(), archive, json_name);
}

struct ShardPass::State {
    TarStream tar;
    KeySet& keys;
};

ShardPass::ShardPass(const std::string& tar, KeySet& keys, bool digested)
    : state_(new State{TarStream(tar, digested), keys})
{
}
ShardPass::~ShardPass() = default;
const std::string& ShardPass::name() const { return state_->tar.name(); }
std::uint64_t ShardPass::reached() const { return state_->tar.reached(); }
std::uint64_t ShardPass::size() const { return state_->tar.size(); }
std::string_view ShardPass::bytes_at(std::uint64_t offset, std::uint64_t size) const
{
    return state_->tar.bytes(offset, size);
}
const std::string& ShardPass::last() const { return state_->tar.last(); }
std::string ShardPass::digest() const { return state_->tar.digest(); }

std::optional<RawSample> ShardPass::next()
{
    std::optional<TarPair> pair = state_->tar.next(state_->keys);
    if (!pair)
        return std::nullopt;
    RawSample raw;
    raw.begin = pair->begin;
    raw.bytes = state_->tar.bytes(pair->begin, pair->end - pair->begin);
    raw.entry = {std::move(pair->key),
                 std::move(pair->extension),
                 pair->picture.offset,
                 pair->picture.bytes,
                 "",
                 pair->json.offset,
                 pair->json.bytes,
                 ""};
    raw.picture_name = std::move(pair->picture.name);
    raw.json_name = std::move(pair->json.name);
    return raw;
}

}    // namespace nonna
