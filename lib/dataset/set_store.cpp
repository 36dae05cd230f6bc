#include "dataset/set_store.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/digest.h"
#include "io/output.h"
#include "io/shard.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

constexpr const char* no_set = "not a set made by nonna-dataset build";
constexpr const char* lock_file = "lock";
constexpr const char* settings_file = "set.json";
constexpr const char* manifest_file = "manifest.jsonl";
constexpr const char* journal_file = "journal.jsonl";
constexpr const char* removal_file = "removal.jsonl";

// A descriptor and the name that errors about it carry.
struct File {
    int fd = -1;
    std::string name;

    File() = default;
    File(const std::string& path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0666)), name(path)
    {
        if (fd < 0)
            throw Error(path, errno_reason());
    }
    File(File&& other) noexcept : fd(std::exchange(other.fd, -1)), name(std::move(other.name)) {}
    File& operator=(File&& other) noexcept
    {
        std::swap(fd, other.fd);
        std::swap(name, other.name);
        return *this;
    }
    ~File() { close(); }

    explicit operator bool() const { return fd >= 0; }
    void close()
    {
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }
    void check(bool good) const
    {
        if (!good)
            throw Error(name, errno_reason());
    }
    void append(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t n = ::write(fd, text.data(), text.size());
            if (n < 0 && errno == EINTR)
                continue;
            check(n >= 0);
            text.remove_prefix(std::size_t(n));
        }
    }
    void sync() { check(::fdatasync(fd) == 0); }
    std::uint64_t size() const
    {
        const off_t end = ::lseek(fd, 0, SEEK_END);
        check(end >= 0);
        return std::uint64_t(end);
    }
    // Cuts the file to what is known to be whole, which must be there.
    void cut(std::uint64_t size)
    {
        if (this->size() < size)
            throw Error(name, "shorter than the journal says: the set is damaged");
        check(::ftruncate(fd, off_t(size)) == 0 && ::lseek(fd, 0, SEEK_END) >= 0);
    }
};

void sync_folder(const std::string& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        ::fsync(fd);    // some file systems cannot; the files themselves are safe
        ::close(fd);
    }
}

bool exists(const std::string& path)
{
    std::error_code error;
    return fs::exists(path, error);
}

void write_text(const std::string& path, const std::string& text)
{
    Output out(path, Output::Kind::text);
    out.write(text);
    out.commit();
}

// ".NAME.PID-N", where a program that was killed was writing NAME (io/output.h).
bool is_leftover(const std::string& name)
{
    const std::size_t dash = name.rfind('-'), dot = name.rfind('.');
    const auto digits = [&](std::size_t from, std::size_t to) {
        return from < to && name.find_first_not_of("0123456789", from) >= to;
    };
    return name.starts_with('.') && dot != 0 && dash != name.npos && dot < dash && digits(dot + 1, dash) &&
           digits(dash + 1, name.size());
}

int lock_set(const std::string& folder, int flags, int how)
{
    const std::string path = set_path(folder, lock_file);
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);    // flock needs no right to write
    if (fd < 0)
        throw Error(path, errno_reason());
    if (::flock(fd, how | LOCK_NB) != 0) {
        const bool held = errno == EWOULDBLOCK;
        const std::string reason = held ? "another run is at work here" : errno_reason();
        ::close(fd);
        throw Error(folder, reason, held ? ExitStatus::locked : ExitStatus::failed);
    }
    return fd;
}

Settings settings_of(const std::string& folder)
{
    const std::string path = set_path(folder, settings_file);
    if (!exists(path))
        throw Error(folder, no_set);
    return read_settings(path);
}

// As the option that gives it.
std::string option_text(const std::string& name, const std::string& value)
{
    if (name != "shard-bytes")
        return "--" + (name == "pictures" ? "format" : name) + " " + value;
    char text[64];
    std::snprintf(text, sizeof text, "--shard-size %.9g", std::strtod(value.c_str(), nullptr) / 1e6);
    return text;
}

// What the journal's last whole line says: how much is whole, and of which shard.
struct Progressed {
    std::uint64_t manifest = 0, part = 0;
    std::int64_t shard = -1;    // -1: no part
    bool sealed = false;
    std::uint64_t journal = 0;    // bytes of the journal up to the end of this line, where it was read

    std::string line() const
    {
        Settings s = {{"manifest", std::to_string(manifest)}};
        if (shard >= 0) {
            s["shard"] = std::to_string(shard);
            s["part"] = std::to_string(part);
        }
        if (sealed)
            s["sealed"] = "yes";
        return settings_line(s);
    }
    // Nothing where the first line, which is on the disk before anything else is written, is not whole.
    static std::optional<Progressed> read(const std::string& path)
    {
        const std::string text = read_whole_file(path, std::size_t(1) << 30);
        const std::size_t end = text.rfind('\n');
        if (end == std::string::npos)
            return std::nullopt;
        const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
        const std::size_t begin = before == std::string::npos ? 0 : before + 1;
        const Settings s = settings_from_line(std::string_view(text).substr(begin, end + 1 - begin), path);
        Progressed p;
        try {
            p.manifest = std::stoull(s.at("manifest"));
            if (s.contains("shard")) {
                p.shard = std::stoll(s.at("shard"));
                p.part = std::stoull(s.at("part"));
            }
        } catch (const std::exception&) {
            throw Error(path, "not a journal: the set is damaged");
        }
        p.sealed = s.contains("sealed");
        p.journal = end + 1;
        return p;
    }
};

}    // namespace

std::string set_path(const std::string& folder, const std::string& name) { return (fs::path(folder) / name).string(); }

SetReading::SetReading(const std::string& folder) : folder_(folder), settings_(settings_of(folder))
{
    lock_ = lock_set(folder, O_RDONLY, LOCK_SH);
    for (const char* const unfinished : {journal_file, removal_file})
        if (exists(set_path(folder, unfinished))) {
            ::close(lock_);
            throw Error(folder, "its last run was cut short: run it again first");
        }
}

SetReading::~SetReading()
{
    if (lock_ >= 0)
        ::close(lock_);
}

SetReading::SetReading(SetReading&& other) noexcept
    : folder_(std::move(other.folder_)), settings_(std::move(other.settings_)), lock_(std::exchange(other.lock_, -1))
{
}

struct SetStore::State {
    std::string folder, shards, manifest_path;
    std::uint64_t shard_bytes = 0;
    File lock, manifest, journal, part;    // journal is open while a run has something under way, part with a shard
    Progressed now;                        // what is written, not all of it on the disk yet
    std::int64_t shard_count = 0;          // sealed ones; the last of them may be open again as a part
    std::size_t waiting = 0;               // units since the last line of the journal
    std::chrono::steady_clock::time_point journaled;

    std::string tar(std::int64_t shard) const { return set_path(shards, shard_name(shard)); }
    std::string part_path(std::int64_t shard) const
    {
        return set_path(shards, shard_name(shard).substr(0, 6) + ".part");
    }

    void open(const std::string& where)
    {
        folder = where;
        shards = set_path(folder, "shards");
        std::error_code error;
        fs::create_directory(shards, error);    // refusals show when a shard is opened
        recover();
        manifest_path = set_path(folder, manifest_file);
        if (!exists(manifest_path))
            File(manifest_path, O_RDWR | O_CREAT);
        if (exists(set_path(folder, removal_file)))
            carry_out_removal();
        while (exists(tar(shard_count)))
            ++shard_count;
        const Settings settings = settings_of(folder);
        if (const auto bytes = settings.find("shard-bytes"); bytes != settings.end())
            shard_bytes = std::strtoull(bytes->second.c_str(), nullptr, 10);
    }

    // Back to rest after a run that was cut short.
    void recover()
    {
        const std::string path = set_path(folder, journal_file);
        if (exists(path)) {
            if (const std::optional<Progressed> last = Progressed::read(path))
                go_back_to(*last, path);
            journal.close();
            ::unlink(path.c_str());
            sync_folder(folder);
        }
        for (const std::string& where : {folder, shards}) {
            std::error_code error;
            for (fs::directory_iterator i(where, error), end; !error && i != end; i.increment(error))
                if (i->path().extension() == ".part" || is_leftover(i->path().filename().string()))
                    ::unlink(i->path().c_str());    // a part here never got a line in the journal
        }
    }

    void go_back_to(const Progressed& last, const std::string& path)
    {
        File lines(set_path(folder, manifest_file), O_RDWR);
        lines.cut(last.manifest);
        lines.sync();
        if (last.sealed) {
            publish(last.shard);
        } else if (last.shard >= 0) {
            part = File(part_path(last.shard), O_RDWR);
            part.cut(last.part);
            journal = File(path, O_RDWR | O_APPEND);
            journal.cut(last.journal);    // a torn line would spoil the next
            now = last;
            seal();
        }
    }

    void begin()
    {
        if (journal)
            return;
        manifest = File(manifest_path, O_RDWR | O_APPEND);
        journal = File(set_path(folder, journal_file), O_WRONLY | O_CREAT | O_APPEND | O_TRUNC);
        now = {.manifest = manifest.size()};
        checkpoint();
        sync_folder(folder);
    }

    void checkpoint()
    {
        if (part)
            part.sync();
        if (manifest)
            manifest.sync();
        journal.append(now.line());
        journal.sync();
        waiting = 0;
        journaled = std::chrono::steady_clock::now();
    }

    // Takes up the last shard again when `bytes` more fit, else begins the next.
    void open_part(std::uint64_t bytes)
    {
        std::int64_t number = shard_count;
        std::uint64_t content = 0;
        if (shard_count > 0) {
            const std::vector<ShardEntry> entries = read_shard_index(tar(shard_count - 1));
            if (!entries.empty())
                content = (entries.back().json_offset + entries.back().json_bytes + 511) / 512 * 512;
            if (content + bytes <= shard_bytes || content == 0)
                --number;
            else
                content = 0;
        }
        part = File(part_path(number), O_RDWR | O_CREAT | O_TRUNC);
        if (number < shard_count) {
            const File from(tar(number), O_RDONLY);
            for (std::uint64_t copied = 0; copied < content;) {
                off_t at = off_t(copied);
                const ssize_t n = ::copy_file_range(from.fd, &at, part.fd, nullptr, content - copied, 0);
                if (n == 0)
                    throw Error(from.name, "truncated");
                part.check(n > 0);
                copied += std::uint64_t(n);
            }
        }
        now.shard = number;
        now.part = content;
    }

    void seal()
    {
        part.append(archive_end(now.part));
        part.check(::fsync(part.fd) == 0);
        if (manifest)
            manifest.sync();
        Progressed sealed = now;
        sealed.sealed = true;
        journal.append(sealed.line());
        journal.sync();
        part.close();
        publish(now.shard);
        now.shard = -1;
        now.part = 0;
    }

    // From the line "sealed" on; may be repeated at will.
    void publish(std::int64_t shard)
    {
        const std::string from = part_path(shard), to = tar(shard);
        if (exists(from)) {
            if (std::rename(from.c_str(), to.c_str()) != 0)
                throw Error(to, errno_reason());
            sync_folder(shards);
        }
        describe(shard);
        shard_count = std::max(shard_count, shard + 1);
    }

    // Index and digest of a shard.
    void describe(std::int64_t shard)
    {
        write_shard_index(tar(shard) + ".idx", scan_shard(tar(shard)));
        write_text(tar(shard) + ".sha256", sha256_file(tar(shard)) + "  " + shard_name(shard) + "\n");
    }

    // All lines, each through `change`, which may alter it or say that it goes.
    void rewrite_manifest(const std::function<bool(UnitRecord&)>& change)
    {
        Output out(manifest_path, Output::Kind::text);
        ManifestReader reader(manifest_path);
        while (std::optional<UnitRecord> record = reader.next())
            if (change(*record))
                out.write(manifest_line(*record));
        out.commit();
    }

    // What removal.jsonl lists. Shards first, the manifest last: repeated after a crash it ends the same.
    void carry_out_removal()
    {
        const std::string path = set_path(folder, removal_file), list = read_whole_file(path, std::size_t(1) << 30);
        std::set<std::string> ids;
        for (std::size_t at = 0; at < list.size();) {
            const std::size_t end = std::min(list.find('\n', at), list.size() - 1);
            ids.insert(settings_from_line(std::string_view(list).substr(at, end + 1 - at), path)["id"]);
            at = end + 1;
        }
        std::map<std::int64_t, std::set<std::string>> keys;
        ManifestReader reader(set_path(folder, manifest_file));
        while (const std::optional<UnitRecord> record = reader.next())
            if (record->status == UnitRecord::Status::ok && ids.contains(record->id))
                keys[record->shard].insert(record->keys.begin(), record->keys.end());
        for (const auto& [shard, gone] : keys) {
            ImageReader from(tar(shard));
            ImageWriter to(tar(shard));
            while (const std::optional<Sample> sample = from.next())
                if (!gone.contains(sample->key))
                    to.write(*sample);
            to.commit();
            describe(shard);
        }
        rewrite_manifest([&](UnitRecord& record) {
            if (ids.contains(record.id)) {
                record.status = UnitRecord::Status::rejected;
                record.reason = "removed";
                record.of.clear();
                record.keys.clear();
                record.shard = -1;
            }
            return true;
        });
        ::unlink(path.c_str());
        sync_folder(folder);
    }
};

SetStore::SetStore(const std::string& folder, const Settings& settings) : state_(std::make_unique<State>())
{
    std::error_code error;
    if (!exists(folder))
        fs::create_directories(folder, error);
    if (!fs::is_directory(folder))
        throw error ? Error(folder, (errno = error.value(), errno_reason()))
                    : Error(folder, "not a folder", ExitStatus::usage);
    const bool made = exists(set_path(folder, settings_file));
    if (!made)
        for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
            if (entry.path().filename() != lock_file && !is_leftover(entry.path().filename().string()))
                throw Error(folder, "neither empty nor a set", ExitStatus::usage);
    state_->lock.fd = lock_set(folder, exists(set_path(folder, lock_file)) ? O_RDONLY : O_RDONLY | O_CREAT, LOCK_EX);
    if (!exists(set_path(folder, settings_file)))
        write_text(set_path(folder, settings_file), settings_text(settings));
    Settings had = settings_of(folder);
    for (const auto& [name, value] : settings) {
        const auto old = had.find(name);
        if (name != "version" && (old == had.end() || old->second != value))
            throw Error(folder,
                        old == had.end()
                            ? "made without " + option_text(name, value)
                            : "made with " + option_text(name, old->second) + ", not " + option_text(name, value),
                        ExitStatus::usage);
        had.erase(name);
    }
    if (!had.empty())
        throw Error(folder, "made with " + option_text(had.begin()->first, had.begin()->second), ExitStatus::usage);
    state_->open(folder);
}

SetStore::SetStore(const std::string& folder) : state_(std::make_unique<State>())
{
    settings_of(folder);
    state_->lock.fd = lock_set(folder, O_RDONLY, LOCK_EX);
    state_->open(folder);
}

SetStore::~SetStore() = default;

void SetStore::each(const std::function<void(const UnitRecord& record, std::uint64_t offset)>& visit) const
{
    ManifestReader reader(state_->manifest_path);
    while (const std::optional<UnitRecord> record = reader.next()) {
        throw_if_interrupted();
        if (record->shard >= state_->shard_count)
            throw Error(state_->tar(record->shard), "missing, and the manifest has samples of it: the set is damaged");
        visit(*record, reader.begin());
    }
}

UnitRecord SetStore::at(std::uint64_t offset) const { return manifest_line_at(state_->manifest_path, offset); }

std::uint64_t SetStore::add(UnitRecord record, const std::vector<Sample>& samples)
{
    State& s = *state_;
    s.begin();
    if (record.status == UnitRecord::Status::ok) {
        std::string bytes;
        record.keys.clear();
        for (const Sample& sample : samples) {
            bytes += archive_bytes(sample, s.folder);
            record.keys.push_back(sample.key);
        }
        if (s.part && s.now.part > 0 && s.now.part + bytes.size() > s.shard_bytes)
            s.seal();
        if (!s.part)
            s.open_part(bytes.size());
        s.part.append(bytes);
        s.now.part += bytes.size();
        record.shard = s.now.shard;
    }
    const std::uint64_t offset = s.now.manifest;
    const std::string line = manifest_line(record);
    s.manifest.append(line);
    s.now.manifest += line.size();
    // Time decides how much is done again after a crash, never what comes out.
    if (++s.waiting >= 16 || std::chrono::steady_clock::now() - s.journaled > std::chrono::milliseconds(500))
        s.checkpoint();
    return offset;
}

void SetStore::finish()
{
    State& s = *state_;
    if (!s.journal)
        return;
    if (s.part)
        s.seal();
    else
        s.manifest.sync();
    s.journal.close();
    ::unlink(set_path(s.folder, journal_file).c_str());
    sync_folder(s.folder);
}

void SetStore::forget(const std::set<std::string>& ids)
{
    state_->rewrite_manifest([&](UnitRecord& record) { return !ids.contains(record.id); });
}

void SetStore::remove(const std::set<std::string>& ids)
{
    std::string list;
    for (const std::string& id : ids)
        list += settings_line({{"id", id}});
    write_text(set_path(state_->folder, removal_file), list);
    state_->carry_out_removal();
}

}    // namespace nonna
