#include "dataset/build.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "dataset/duplicates.h"
#include "dataset/set_store.h"
#include "dataset/walk.h"
#include "io/digest.h"
#include "media/reason.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <unordered_map>

namespace nonna
{

namespace
{

using Status = UnitRecord::Status;

// A source that the set does not know, in few bytes: there may be ten million.
struct NewUnit {
    const std::string* source;
    std::uint64_t id;
    DigestBytes digest{};    // zeros: it could not be read, see Refusals
};
using Refusals = std::map<std::uint64_t, std::pair<std::string, std::string>>;    // by id: code, and text for people

bool readable(const NewUnit& unit) { return unit.digest != DigestBytes{}; }

bool same_content(const NewUnit& a, const NewUnit& b)
{
    return readable(a) &&
           std::equal(a.digest.begin(), a.digest.begin() + DuplicateIndex::told_apart_by, b.digest.begin());
}

std::uint64_t number_of(const std::string& id) { return std::stoull(id, nullptr, 16); }

Settings settings_of(const BuildOptions& o)
{
    const FrameRequest& r = o.unit.request;
    char span[64];
    std::snprintf(span, sizeof span, "%.9g:%.9g", r.span_begin, r.span_end);
    Settings s = {
        {"format", "nonna built set 1"},
        {"version", o.version},
        {"size", std::to_string(r.size)},
        {"pictures", o.unit.lossless ? "png" : "jpg"},
        {"pick", name_of(r.pick)},
        {"per-video", std::to_string(r.count)},
        {"span", span},
        {"seed", std::to_string(r.seed)},
        {"max-pixels", std::to_string(o.unit.max_pixels)},
        {"shard-bytes", std::to_string(o.shard_bytes)},
    };
    DuplicateIndex::add_settings(s, o.near_dup);
    if (o.parts > 0)
        s["part"] = std::to_string(o.part) + "/" + std::to_string(o.parts);
    return s;
}

// digests.jsonl: what was digested in this run so far. A file that changed since is digested again.
class Digests
{
  public:
    explicit Digests(const std::string& path) : path_(path)
    {
        std::ifstream lines(path);
        for (std::string line; std::getline(lines, line) && !lines.eof();)
            try {
                Settings s = settings_from_line(line + "\n", path);
                known_[number_of(s["id"])] = {s["state"], s["digest"]};
            } catch (const std::exception&) {    // torn by a crash
                break;
            }
    }

    std::string get(const NewUnit& unit) const    // empty: not known
    {
        const auto found = known_.find(unit.id);
        return found != known_.end() && found->second.first == state(*unit.source) ? found->second.second : "";
    }
    void put(const NewUnit& unit)
    {
        if (!out_.is_open())
            out_.open(path_, std::ios::app);
        out_ << settings_line(
            {{"id", unit_id(*unit.source)}, {"state", state(*unit.source)}, {"digest", digest_hex(unit.digest)}});
        if (++waiting_ % 256 == 0)
            out_.flush();
    }
    void forget()
    {
        out_.close();
        ::unlink(path_.c_str());
    }

  private:
    std::string path_;
    std::ofstream out_;    // a help, not a record: what is lost is digested again
    std::unordered_map<std::uint64_t, std::pair<std::string, std::string>> known_;
    std::size_t waiting_ = 0;

    static std::string state(const std::string& path)
    {
        struct stat s {
        };
        ::stat(path.c_str(), &s);
        return std::to_string(s.st_size) + " " + std::to_string(s.st_mtim.tv_sec) + "." +
               std::to_string(s.st_mtim.tv_nsec);
    }
};

// Digests all units and brings them into the order in which they are decided on. Reading is what this costs, so files
// are read on several threads; what is known from a run that was cut short is not read again. A file that cannot be
// read stays among the units, with zeros for a digest, and fails when its turn comes.
Refusals digest_all(std::vector<NewUnit>& units, Digests& digests, int threads)
{
    struct Digested {
        std::size_t unit = 0;
        std::string digest, code, reason;
        bool new_one = false;
    };
    Refusals refusals;
    Progress progress("digesting", units.size(), "files");
    std::size_t next = 0;
    in_order<std::size_t, Digested>(
        threads,
        [&](std::size_t& job) {
            throw_if_interrupted();
            job = next;
            return next++ < units.size();
        },
        [&](std::size_t& job, int) {
            Digested d{job, digests.get(units[job]), "", "", false};
            if (!d.digest.empty())
                return d;
            try {
                d.new_one = true;
                d.digest = video_digest(*units[job].source);
            } catch (const Error& e) {
                throw_if_interrupted();
                d.code = reason_code(reason_of(e));
                d.reason = e.reason();
            }
            return d;
        },
        [&](Digested& d) {
            NewUnit& unit = units[d.unit];
            unit.digest = digest_bytes(d.digest);
            if (!d.code.empty())
                refusals[unit.id] = {d.code, d.reason};
            else if (d.new_one)
                digests.put(unit);
            progress.advance();
        });
    std::sort(units.begin(), units.end(), [](const NewUnit& a, const NewUnit& b) {
        return std::tie(a.digest, *a.source) < std::tie(b.digest, *b.source);
    });
    return refusals;
}

// Names to sources: with `recursive`, folders to the files in them. What is no file and is named in a folder is a
// source all the same, and fails as one, once. What is named every time, as long as it is so: a name that leads nowhere
// where folders are expected (a disk that is not mounted), a folder where none are, one that cannot be read.
std::vector<std::string> sources_of(const std::vector<std::string>& paths, bool recursive, bool& failures,
                                    std::vector<std::pair<std::string, LeftOut>>& left_out)
{
    std::vector<std::string> files;
    std::error_code error;
    const auto refuse = [&](const std::string& path, const std::string& reason) {
        warn(path, reason + ", skipped");
        failures = true;
    };
    for (const std::string& path : paths) {
        const bool folder = std::filesystem::is_directory(path, error);
        if (path.empty()) {
            refuse("''", "an empty name");
        } else if (folder && !recursive) {
            refuse(path, "a folder: --recursive takes the files in it");
        } else if (recursive && !std::filesystem::exists(std::filesystem::symlink_status(path, error))) {
            refuse(path, errno_reason(error ? error.value() : ENOENT));
        } else if (!folder) {
            files.push_back(path);
        } else {
            Walk walk(path, [](std::string_view name) { return named_like_video(name) || named_like_picture(name); });
            while (std::optional<Walk::Found> found = walk.next()) {
                throw_if_interrupted();
                if (found->refusal && std::filesystem::is_directory(found->path, error))
                    refuse(found->path, found->refusal->reason());
                else
                    files.push_back(std::move(found->path));
            }
            left_out.emplace_back(path, walk.left_out());
        }
    }
    return files;
}

bool by_id(const NewUnit& a, const NewUnit& b) { return a.id < b.id; }

// What the list names, by id, each source once; of a part, those that fall to it.
std::vector<NewUnit> listed_units(const std::vector<std::string>& sources, const BuildOptions& o)
{
    std::vector<NewUnit> units;
    for (const std::string& source : sources) {
        const std::uint64_t id = number_of(unit_id(source));
        if (o.parts == 0 || int(id % std::uint64_t(o.parts)) == o.part)
            units.push_back({&source, id, {}});
    }
    std::stable_sort(units.begin(), units.end(), by_id);
    const auto same_id = [](const NewUnit& a, const NewUnit& b) { return a.id == b.id; };
    units.erase(std::unique(units.begin(), units.end(), same_id), units.end());
    return units;
}

// Units of the list that the set does not know yet, or is to try again. The set may have ten million: it is gone
// through line by line, and only the list is held in memory, sorted so that each line finds its unit.
std::vector<NewUnit> new_units(const std::vector<std::string>& sources, SetStore& store, DuplicateIndex& known,
                               const BuildOptions& o)
{
    std::vector<NewUnit> units = listed_units(sources, o);
    const auto offered = [&](const std::string& id) {
        const auto found = std::lower_bound(units.begin(), units.end(), NewUnit{nullptr, number_of(id), {}}, by_id);
        return found != units.end() && found->id == number_of(id) ? found - units.begin() : -1;
    };
    if (!o.retry.empty()) {
        std::set<std::string> again;
        store.each([&](const UnitRecord& record, std::uint64_t) {
            if (record.status == Status::failed && offered(record.id) >= 0 &&
                std::any_of(o.retry.begin(), o.retry.end(),
                            [&](const auto& r) { return r == "all" || r == record.reason; }))
                again.insert(record.id);
        });
        if (!again.empty())
            store.forget(again);
    }
    std::vector<bool> decided(units.size());
    store.each([&](const UnitRecord& record, std::uint64_t offset) {
        known.remember(record, offset);
        if (const auto at = offered(record.id); at >= 0)
            decided[std::size_t(at)] = true;
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < units.size(); ++i)
        if (!decided[i])
            units[kept++] = units[i];
    units.resize(kept);
    return units;
}

// Takes out what changed less than `minutes` ago: it may still be written. The time of the file's last change of any
// kind counts, because copying programs set the other one (mtime) back; a time to come is no reason to wait for it.
std::size_t leave_young(std::vector<NewUnit>& units, int minutes)
{
    const std::time_t now = std::time(nullptr);
    const auto young = [&](const NewUnit& unit) {
        struct stat about {
        };
        return ::stat(unit.source->c_str(), &about) == 0 && about.st_ctim.tv_sec <= now &&
               now - about.st_ctim.tv_sec < std::time_t(minutes) * 60;
    };
    return minutes > 0 ? std::erase_if(units, young) : 0;
}

// Decides on new units, one after another in the order of (digest, source), and writes down each decision.
//
// There are two cursors in that order: `handed_`, the next unit to be handed out to be decoded, and `at_`, the next to
// be decided on. What needs no decoding is stepped over by the first and decided on at once by the second, when it
// comes to it. Equal contents are neighbours, so a unit whose content is the one before it is a duplicate, or fails
// alike.
class Decisions
{
  public:
    Decisions(SetStore& store, DuplicateIndex& known, const std::vector<NewUnit>& fresh, const Refusals& refusals)
        : store_(store), known_(known), fresh_(fresh), refusals_(refusals), progress_("building", fresh.size(), "units")
    {
    }

    // The next unit to be decoded; false: no more.
    bool hand_out(UnitJob& job)
    {
        while (handed_ < fresh_.size() && needs_no_decoding(handed_))
            ++handed_;
        if (handed_ == fresh_.size())
            return false;
        const NewUnit& unit = fresh_[handed_++];
        job = {*unit.source, *unit.source, digest_hex(unit.digest), {}};
        return true;
    }

    void take_back(const Unit& unit)
    {
        while (*fresh_[at_].source != unit.source)
            decide_at_once();
        UnitRecord record = next_record();
        if (!unit.ok()) {
            record.reason = unit.code;
            return decide(record, {}, unit.reason);
        }
        record.hashes = unit.hashes;
        if (const std::optional<std::uint64_t> like = known_.look_alike(unit.hashes)) {
            record.status = Status::rejected;
            record.reason = reason_code(Reason::near_duplicate);
            record.of = store_.at(*like).source;
            return decide(record, {}, "");
        }
        record.status = Status::ok;
        decide(record, unit.samples, "");
    }

    void decide_the_rest()
    {
        while (at_ < fresh_.size())
            decide_at_once();
    }

    bool failures() const { return failures_; }

  private:
    SetStore& store_;
    DuplicateIndex& known_;
    const std::vector<NewUnit>& fresh_;
    const Refusals& refusals_;
    Progress progress_;
    std::size_t handed_ = 0, at_ = 0;
    bool failures_ = false;

    bool needs_no_decoding(std::size_t i) const
    {
        return !readable(fresh_[i]) || (i > 0 && same_content(fresh_[i], fresh_[i - 1])) ||
               known_.same_content(digest_hex(fresh_[i].digest));
    }

    UnitRecord next_record()
    {
        const NewUnit& unit = fresh_[at_++];
        progress_.advance();
        UnitRecord record;
        record.source = *unit.source;
        record.id = unit_id(record.source);
        record.digest = readable(unit) ? digest_hex(unit.digest) : "";
        return record;
    }

    // A unit that could not be read, or whose content is there already.
    void decide_at_once()
    {
        const NewUnit& unit = fresh_[at_];
        UnitRecord record = next_record();
        if (!readable(unit)) {
            const auto& [code, reason] = refusals_.at(unit.id);
            record.reason = code;
            return decide(record, {}, reason);
        }
        const UnitRecord other = store_.at(known_.same_content(record.digest).value());
        const bool removed = other.reason == reason_code(Reason::removed);
        record.status = Status::rejected;
        record.reason = reason_code(removed ? Reason::removed : Reason::duplicate);
        record.of = removed ? "" : other.source;
        decide(record, {}, "");
    }

    void decide(const UnitRecord& record, const std::vector<Sample>& samples, const std::string& reason)
    {
        if (record.status == Status::failed) {
            warn(record.source, skipped_text(reason, record.reason));
            failures_ = true;
        }
        known_.remember(record, store_.add(record, samples));
    }
};

}    // namespace

void BuildOptions::set_part(const std::string& text)
{
    if (text.empty())
        return;
    const char* const end = text.data() + text.size();
    const auto a = std::from_chars(text.data(), end, part);
    if (a.ec == std::errc() && a.ptr != end && *a.ptr == '/') {
        const auto b = std::from_chars(a.ptr + 1, end, parts);
        if (b.ec == std::errc() && b.ptr == end && 0 <= part && part < parts)
            return;
    }
    throw Error("--part", "must be I/N with 0 <= I < N", ExitStatus::usage);
}

ExitStatus build_set(const std::string& folder, const std::vector<std::string>& paths, const BuildOptions& o)
{
    for (const std::string& code : o.retry)
        if (code != "all" && !is_reason_code(code))
            throw Error("--retry", "no such code: " + code, ExitStatus::usage);
    if (is_built_set(folder))
        DuplicateIndex::check_hash_version(folder, read_settings(BuiltSetFiles(folder).settings()));
    SetStore store(folder, settings_of(o));
    bool failures = false;
    std::vector<std::pair<std::string, LeftOut>> left_out;
    const std::vector<std::string> sources = sources_of(paths, o.recursive, failures, left_out);
    DuplicateIndex known(o.parts == 0 ? o.near_dup : -1);
    std::vector<NewUnit> fresh = new_units(sources, store, known, o);
    const std::size_t young = leave_young(fresh, o.min_age);
    Digests digests(BuiltSetFiles(folder).digests());
    if (fresh.empty()) {
        digests.forget();    // of a run that was cut short at its very end
        return failures ? ExitStatus::skipped : ExitStatus::done;
    }
    if (young > 0)
        say(folder + ": " + std::to_string(young) + (young == 1 ? " file" : " files") + " changed less than " +
            std::to_string(o.min_age) + " minutes ago, left for another run");
    for (const auto& [path, some] : left_out)    // not in a run without news, which is silent
        some.tell(path);
    const Refusals refusals = digest_all(fresh, digests, o.unit.processes);

    Decisions decisions(store, known, fresh, refusals);
    UnitOptions unit_options = o.unit;
    unit_options.pictures = unit_options.hashes = true;
    try {
        decode_units(
            unit_options, [&](UnitJob& job) { return decisions.hand_out(job); },
            [&](Unit& unit) { decisions.take_back(unit); });
        throw_if_interrupted();
        decisions.decide_the_rest();
    } catch (...) {
        if (interrupted())
            store.finish();    // a shard sealed early is taken up again
        throw;
    }
    store.finish();
    digests.forget();
    say(folder + ": " + known.count().text() + ", " + std::to_string(fresh.size()) + " new");
    return failures || decisions.failures() ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
