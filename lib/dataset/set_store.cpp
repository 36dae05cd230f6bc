#include "dataset/set_store.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/output.h"
#include "io/shard_index.h"
#include "media/reason.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <unistd.h>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

// Cuts a file to what is known to be whole, which must be there.
void cut_to(Descriptor& file, std::uint64_t size)
{
    if (file.size() < size)
        throw Error(file.name(), "shorter than the journal says: the set is damaged");
    file.cut(size);
}

bool exists(const std::string& path)
{
    std::error_code error;
    return fs::exists(path, error);
}

Settings settings_of(const std::string& folder)
{
    if (!is_built_set(folder))
        throw Error(folder, "not a set made by nonna-dataset build");
    return read_settings(BuiltSetFiles(folder).settings());
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

// A line of the journal: how much is whole, and of which shard.
struct JournalLine {
    std::uint64_t manifest = 0, part = 0;
    std::int64_t shard = -1;    // -1: no part
    bool sealed = false;
    std::uint64_t journal = 0;    // bytes of the journal up to the end of this line, where it was read

    std::string text() const
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
    // The last whole line. Nothing where not even the first one is whole, which is on the disk before anything else is
    // written.
    static std::optional<JournalLine> last_of(const std::string& path)
    {
        const std::string text = read_whole_file(path, std::size_t(1) << 30);
        const std::size_t end = text.rfind('\n');
        if (end == std::string::npos)
            return std::nullopt;
        const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
        const std::size_t begin = before == std::string::npos ? 0 : before + 1;
        const Settings s = settings_from_line(std::string_view(text).substr(begin, end + 1 - begin), path);
        JournalLine p;
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

SetReading::SetReading(const std::string& folder)
    : files_(folder), settings_(settings_of(folder)), lock_(lock_built_set(folder, SetAccess::reading))
{
    check_at_rest(folder);
}

struct SetStore::State {
    BuiltSetFiles files;
    std::uint64_t shard_bytes = 0;
    Descriptor lock, manifest;
    Descriptor journal, part;        // open while a run has something under way, and while a shard is part of that
    JournalLine now;                 // what is written, not all of it on the disk yet
    std::int64_t shard_count = 0;    // sealed ones; the last of them may be open again as a part
    std::size_t waiting = 0;         // units since the last line of the journal
    std::chrono::steady_clock::time_point journaled;

    explicit State(const std::string& folder) : files(folder) {}

    // What follows once the lock is held: to rest, and ready to append.
    void open()
    {
        std::error_code error;
        fs::create_directory(files.shards(), error);    // refusals show when a shard is opened
        recover();
        if (!exists(files.manifest()))
            Descriptor::open(files.manifest(), O_RDWR | O_CREAT).close();
        if (exists(files.removal()))
            carry_out_removal();
        while (exists(files.shard(shard_count)))
            ++shard_count;
        const Settings settings = settings_of(files.folder());
        if (const auto bytes = settings.find("shard-bytes"); bytes != settings.end())
            shard_bytes = std::strtoull(bytes->second.c_str(), nullptr, 10);
    }

    // Back to rest after a run that was cut short. What the journal does not vouch for goes: lines and samples behind
    // what its last line says, parts that never got into it, temporary files.
    void recover()
    {
        if (exists(files.journal())) {
            if (const std::optional<JournalLine> last = JournalLine::last_of(files.journal()))
                go_back_to(*last);
            journal = {};
            ::unlink(files.journal().c_str());
            sync_folder(files.folder());
        }
        for (const std::string& where : {files.folder(), files.shards()}) {
            std::error_code error;
            for (fs::directory_iterator i(where, error), end; !error && i != end; i.increment(error)) {
                const std::string name = i->path().filename().string();
                if (is_part_name(name) || is_output_leftover(name))
                    ::unlink(i->path().c_str());
            }
        }
    }

    void go_back_to(const JournalLine& last)
    {
        Descriptor lines = Descriptor::open(files.manifest(), O_RDWR);
        cut_to(lines, last.manifest);
        lines.sync_data();
        if (last.sealed) {
            publish(last.shard);
        } else if (last.shard >= 0) {
            part = Descriptor::open(files.part(last.shard), O_RDWR);
            cut_to(part, last.part);
            journal = Descriptor::open(files.journal(), O_RDWR | O_APPEND);
            cut_to(journal, last.journal);    // a torn line would spoil the next
            now = last;
            seal();
        }
    }

    void begin()
    {
        if (journal)
            return;
        manifest = Descriptor::open(files.manifest(), O_RDWR | O_APPEND);
        journal = Descriptor::open(files.journal(), O_WRONLY | O_CREAT | O_APPEND | O_TRUNC);
        now = {.manifest = manifest.size()};
        checkpoint();
        sync_folder(files.folder());
    }

    // The journal may say only what is on the disk: so first part and manifest, then the line.
    void checkpoint()
    {
        if (part)
            part.sync_data();
        if (manifest)
            manifest.sync_data();
        journal.write(now.text());
        journal.sync_data();
        waiting = 0;
        journaled = std::chrono::steady_clock::now();
    }

    // Takes up the last shard again when `bytes` more fit, else begins the next.
    void open_part(std::uint64_t bytes)
    {
        std::int64_t number = shard_count;
        std::uint64_t content = 0;
        if (shard_count > 0) {
            content = samples_end(read_shard_index(files.shard(shard_count - 1)));
            if (content + bytes <= shard_bytes || content == 0)
                --number;
            else
                content = 0;
        }
        part = Descriptor::open(files.part(number), O_RDWR | O_CREAT | O_TRUNC);
        if (number < shard_count)
            part.append_copy(Descriptor::open(files.shard(number), O_RDONLY), content);
        now.shard = number;
        now.part = content;
    }

    void seal()
    {
        part.write(archive_end(now.part));
        part.sync();
        if (manifest)
            manifest.sync_data();
        JournalLine sealed = now;
        sealed.sealed = true;
        journal.write(sealed.text());
        journal.sync_data();
        part.close();
        publish(now.shard);
        now.shard = -1;
        now.part = 0;
    }

    // From the line "sealed" on; may be repeated at will.
    void publish(std::int64_t shard)
    {
        const std::string from = files.part(shard), to = files.shard(shard);
        if (exists(from)) {
            if (std::rename(from.c_str(), to.c_str()) != 0)
                throw Error(to, errno_reason());
            sync_folder(files.shards());
        }
        describe(shard);
        shard_count = std::max(shard_count, shard + 1);
    }

    // Index and digest of a shard.
    void describe(std::int64_t shard)
    {
        const std::string tar = files.shard(shard);
        write_shard_index(shard_index_path(tar), scan_shard(tar));
        write_whole_file(shard_digest_path(tar), sha256_file(tar) + "  " + shard_name(shard) + "\n");
    }

    // All lines, each through `change`, which may alter it or say that it goes.
    void rewrite_manifest(const std::function<bool(UnitRecord&)>& change)
    {
        Output out(files.manifest(), Output::Kind::text);
        ManifestReader reader(files.manifest());
        while (std::optional<UnitRecord> record = reader.next())
            if (change(*record))
                out.write(manifest_line(*record));
        out.commit();
    }

    // The removal list, by id.
    std::map<std::string, UnitChange> removal_list() const
    {
        const std::string list = read_whole_file(files.removal(), std::size_t(1) << 30);
        std::map<std::string, UnitChange> changes;
        for (std::size_t at = 0; at < list.size();) {
            const std::size_t end = std::min(list.find('\n', at), list.size() - 1);
            Settings line = settings_from_line(std::string_view(list).substr(at, end + 1 - at), files.removal());
            const auto what = line.contains("what") ? value_named<UnitChange::What>(line["what"])
                                                    : std::optional(UnitChange::What::removed);
            if (!what)
                throw Error(files.removal(), "asks for '" + line["what"] + "': made by a later version");
            changes[line["id"]] = {*what, line["source"], line["heir"]};
            at = end + 1;
        }
        return changes;
    }

    // Shards first, the manifest last, the list behind both: wherever a crash breaks it off, doing all of it again ends
    // the same, because the manifest still says which samples of which shards have to go.
    void carry_out_removal()
    {
        using What = UnitChange::What;
        const std::map<std::string, UnitChange> changes = removal_list();
        const auto change_of = [&](const UnitRecord& record) {
            const auto found = changes.find(record.id);
            return found == changes.end() ? nullptr : &found->second;
        };
        // Samples by shard and key: the source they have from now on, or null where they go.
        std::map<std::int64_t, std::map<std::string, const std::string*>> samples;
        ManifestReader reader(files.manifest());
        while (const std::optional<UnitRecord> record = reader.next())
            if (const UnitChange* const c = change_of(*record);
                c && c->what != What::repeats && record->status == UnitRecord::Status::ok)
                for (const std::string& key : record->keys)
                    samples[record->shard][key] = c->what == What::inherited ? &c->source : nullptr;
        for (const auto& [shard, changed] : samples) {
            ImageReader from(files.shard(shard));
            ImageWriter to(files.shard(shard));
            while (std::optional<Sample> sample = from.next()) {
                const auto found = changed.find(sample->key);
                if (found != changed.end() && !found->second)
                    continue;
                if (found != changed.end())
                    sample->meta.source = *found->second;
                to.write(*sample);
            }
            to.commit();
            describe(shard);
        }
        std::set<std::string> heirs;
        for (const auto& [id, change] : changes)
            if (change.what == What::inherited)
                heirs.insert(change.heir);
        rewrite_manifest([&](UnitRecord& record) {
            const UnitChange* const c = change_of(record);
            if (!c)    // an heir's own line goes; the one it took over, after a crash in this place, is no duplicate's
                return !heirs.contains(record.id) || record.reason != reason_code(Reason::duplicate);
            switch (c->what) {
            case What::gone:
                return false;
            case What::inherited:
                record.id = c->heir;
                record.source = c->source;
                break;
            case What::repeats:
                record.of = c->source;
                break;
            case What::removed:
                record.status = UnitRecord::Status::rejected;
                record.reason = reason_code(Reason::removed);
                record.of.clear();
                record.keys.clear();
                record.shard = -1;
                break;
            }
            return true;
        });
        ::unlink(files.removal().c_str());
        sync_folder(files.folder());
    }
};

namespace
{

// Makes the folder where there is none. One that is there must be a set, or empty but for what an earlier try left.
void prepare_folder(const std::string& folder)
{
    std::error_code error;
    if (!exists(folder))
        fs::create_directories(folder, error);
    if (error)
        throw Error(folder, errno_reason(error.value()));
    if (!fs::is_directory(folder))
        throw Error(folder, "not a folder", ExitStatus::usage);
    if (is_built_set(folder))
        return;
    const std::string lock = fs::path(BuiltSetFiles(folder).lock()).filename();
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name != lock && !is_output_leftover(name))
            throw Error(folder, "neither empty nor a set", ExitStatus::usage);
    }
}

// The settings that a set has must be those that are wanted, but for the program's version.
void check_settings(const std::string& folder, const Settings& wanted)
{
    Settings had = settings_of(folder);
    for (const auto& [name, value] : wanted) {
        const auto old = had.find(name);
        if (old == had.end() && name != "version")
            throw Error(folder, "made without " + option_text(name, value), ExitStatus::usage);
        if (old != had.end() && old->second != value && name != "version")
            throw Error(folder, "made with " + option_text(name, old->second) + ", not " + option_text(name, value),
                        ExitStatus::usage);
        had.erase(name);
    }
    if (!had.empty())
        throw Error(folder, "made with " + option_text(had.begin()->first, had.begin()->second), ExitStatus::usage);
}

}    // namespace

SetStore::SetStore(const std::string& folder, const Settings& settings) : state_(std::make_unique<State>(folder))
{
    prepare_folder(folder);
    state_->lock = lock_built_set(folder, SetAccess::writing);
    if (!is_built_set(folder))
        write_whole_file(state_->files.settings(), settings_text(settings));
    check_settings(folder, settings);
    state_->open();
}

SetStore::SetStore(const std::string& folder) : state_(std::make_unique<State>(folder))
{
    (void)settings_of(folder);    // Error where it is no set, before a lock is made in it
    state_->lock = lock_built_set(folder, SetAccess::writing);
    state_->open();
}

SetStore::~SetStore() = default;

void SetStore::each(const std::function<void(const UnitRecord& record, std::uint64_t offset)>& visit) const
{
    ManifestReader reader(state_->files.manifest());
    while (const std::optional<UnitRecord> record = reader.next()) {
        throw_if_interrupted();
        if (record->shard >= state_->shard_count)
            throw Error(state_->files.shard(record->shard),
                        "missing, though the manifest has samples in it: the set is damaged");
        visit(*record, reader.begin());
    }
}

UnitRecord SetStore::at(std::uint64_t offset) const { return manifest_line_at(state_->files.manifest(), offset); }

std::uint64_t SetStore::add(UnitRecord record, const std::vector<Sample>& samples)
{
    State& s = *state_;
    s.begin();
    if (record.status == UnitRecord::Status::ok) {
        std::string bytes;
        record.keys.clear();
        for (const Sample& sample : samples) {
            bytes += archive_bytes(sample, s.files.folder());
            record.keys.push_back(sample.key);
        }
        if (s.part && s.now.part > 0 && s.now.part + bytes.size() > s.shard_bytes)
            s.seal();
        if (!s.part)
            s.open_part(bytes.size());
        s.part.write(bytes);
        s.now.part += bytes.size();
        record.shard = s.now.shard;
    }
    const std::uint64_t offset = s.now.manifest;
    const std::string line = manifest_line(record);
    s.manifest.write(line);
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
        s.manifest.sync_data();
    s.journal.close();
    ::unlink(s.files.journal().c_str());
    sync_folder(s.files.folder());
}

void SetStore::forget(const std::set<std::string>& ids)
{
    state_->rewrite_manifest([&](UnitRecord& record) { return !ids.contains(record.id); });
}

void SetStore::change(const std::map<std::string, UnitChange>& changes)
{
    std::string list;
    for (const auto& [id, change] : changes) {
        Settings line = {{"id", id}};
        if (change.what != UnitChange::What::removed)
            line["what"] = name_of(change.what);
        if (!change.source.empty())
            line["source"] = change.source;
        if (!change.heir.empty())
            line["heir"] = change.heir;
        list += settings_line(line);
    }
    write_whole_file(state_->files.removal(), list);
    state_->carry_out_removal();
}

void SetStore::remove(const std::set<std::string>& ids)
{
    std::map<std::string, UnitChange> changes;
    for (const std::string& id : ids)
        changes[id] = {};
    change(changes);
}

}    // namespace nonna
