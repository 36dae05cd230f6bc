#include "dataset/build.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "dataset/changed_content.h"
#include "dataset/digest_cache.h"
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
#include <map>
#include <set>
#include <sys/stat.h>
#include <tuple>

namespace nonna
{

namespace
{

using Status = UnitRecord::Status;

// A source of the list, in few bytes: there may be ten million.
struct OfferedUnit {
    const std::string* source;
    std::uint64_t id;
    DigestBytes digest{};    // of its content now; zeros: not known, or it could not be read, see Refusals
    // What the set has of it (see() below).
    bool known = false;      // a line
    bool changed = false;    // of another content
    bool held = false;       // and samples
    bool left = false;       // it stays as it is, this time
    bool failed = false;     // what is there now could not take the place of these, which was said
};
using Refusals = std::map<std::uint64_t, std::pair<std::string, std::string>>;    // by id: code, and text for people

bool readable(const OfferedUnit& unit) { return unit.digest != DigestBytes{}; }

bool keeps_failing(const OfferedUnit& unit) { return unit.held && unit.failed; }

bool same_content(const OfferedUnit& a, const OfferedUnit& b)
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

// Digests from the cache, of those sources whose files are as they were.
void recall(std::vector<OfferedUnit>& units, DigestCache& cache, const BuildOptions& o)
{
    cache.each([&](const DigestCache::Line& line) {
        throw_if_interrupted();
        const auto unit = std::lower_bound(units.begin(), units.end(), line.id,
                                           [](const OfferedUnit& u, std::uint64_t id) { return u.id < id; });
        if (unit == units.end() || unit->id != line.id)
            return true;
        const bool seen = readable(*unit) || unit->failed;
        if (line.state != DigestCache::state(*unit->source))
            return false;
        unit->digest = line.digest;
        unit->failed = !line.code.empty() && !o.tries_again(line.code);
        return !seen;
    });
}

// Digests what the cache did not know. Reading is what this costs, so files are read on several threads. A file that
// cannot be read has zeros for a digest. False: there was nothing to do.
bool digest_all(std::vector<OfferedUnit>& units, DigestCache& cache, int threads, Refusals& refusals)
{
    struct Digested {
        std::size_t unit = 0;
        std::string state, digest, code, reason;
    };
    std::vector<std::size_t> unread;
    for (std::size_t i = 0; i < units.size(); ++i)
        if (!units[i].left && !readable(units[i]) && !keeps_failing(units[i]))
            unread.push_back(i);
    Progress progress("digesting", unread.size(), "files");
    std::size_t next = 0;
    in_order<std::size_t, Digested>(
        threads,
        [&](std::size_t& job) {
            throw_if_interrupted();
            if (next == unread.size())
                return false;
            job = unread[next++];
            return true;
        },
        [&](std::size_t& job, int) {
            const std::string& source = *units[job].source;
            Digested d{job, DigestCache::state(source), "", "", ""};
            try {
                d.digest = video_digest(source);
            } catch (const Error& e) {
                throw_if_interrupted();
                d.code = reason_code(reason_of(e));
                d.reason = e.reason();
            }
            if (d.state != DigestCache::state(source) || DigestCache::may_change_unseen(d.state))
                d.state.clear();    // what was read may not be what is there
            return d;
        },
        [&](Digested& d) {
            OfferedUnit& unit = units[d.unit];
            unit.digest = digest_bytes(d.digest);
            if (!d.code.empty())
                refusals[unit.id] = {d.code, d.reason};
            else if (!d.state.empty())
                cache.put({unit.id, d.state, unit.digest, ""});
            progress.advance();
        });
    return !unread.empty();
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

std::uint64_t bytes_of_shards(const std::string& folder)
{
    std::uint64_t bytes = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator i(BuiltSetFiles(folder).shards(), error), end; !error && i != end;
         i.increment(error))
        if (shard_number(i->path().filename().string())) {
            std::error_code gone;
            const std::uintmax_t size = i->file_size(gone);
            bytes += gone ? 0 : size;
        }
    return bytes;
}

bool by_id(const OfferedUnit& a, const OfferedUnit& b) { return a.id < b.id; }

// What the list names, by id, each source once; of a part, those that fall to it.
std::vector<OfferedUnit> listed_units(const std::vector<std::string>& sources, const BuildOptions& o)
{
    std::vector<OfferedUnit> units;
    for (const std::string& source : sources) {
        const std::uint64_t id = number_of(unit_id(source));
        if (o.parts == 0 || int(id % std::uint64_t(o.parts)) == o.part)
            units.push_back({&source, id, {}});
    }
    std::stable_sort(units.begin(), units.end(), by_id);
    const auto same_id = [](const OfferedUnit& a, const OfferedUnit& b) { return a.id == b.id; };
    units.erase(std::unique(units.begin(), units.end(), same_id), units.end());
    return units;
}

// Holds the list against the set, and the set against `known`. The set may have ten million units: it is gone through
// line by line, and only the list is held in memory, sorted so that each line finds its unit.
// Gives the number of the set's pictures.
std::uint64_t see(std::vector<OfferedUnit>& units, const SetStore& store, DuplicateIndex& known)
{
    std::uint64_t pictures = 0;
    for (OfferedUnit& unit : units)
        unit.known = unit.changed = unit.held = false;
    store.each([&](const UnitRecord& record, std::uint64_t offset) {
        known.remember(record, offset);
        pictures += record.keys.size();
        const auto unit =
            std::lower_bound(units.begin(), units.end(), OfferedUnit{nullptr, number_of(record.id), {}}, by_id);
        if (unit == units.end() || unit->id != number_of(record.id))
            return;
        unit->known = true;
        unit->held = record.status == Status::ok;
        unit->changed = readable(*unit) && digest_bytes(record.digest) != unit->digest;
        unit->left = unit->left || record.reason == reason_code(Reason::removed);
    });
    return pictures;
}

// Units of the list that failed in an earlier run and are to be tried again are forgotten.
void forget_failures(const std::vector<OfferedUnit>& units, SetStore& store, const BuildOptions& o)
{
    std::set<std::string> again;
    store.each([&](const UnitRecord& record, std::uint64_t) {
        if (record.status == Status::failed && o.tries_again(record.reason) &&
            std::binary_search(units.begin(), units.end(), OfferedUnit{nullptr, number_of(record.id), {}}, by_id))
            again.insert(record.id);
    });
    if (!again.empty())
        store.forget(again);
}

// Leaves alone what would be looked at and changed less than `minutes` ago: it may still be written. The time of the
// file's last change of any kind counts, because copying programs set the other one (mtime) back; a time to come is no
// reason to wait for it.
std::size_t leave_young(std::vector<OfferedUnit>& units, int minutes)
{
    const std::time_t now = std::time(nullptr);
    std::size_t young = 0;
    for (OfferedUnit& unit : units) {
        struct stat about {
        };
        const bool as_it_was = keeps_failing(unit) || (unit.known && !unit.changed && readable(unit));
        if (minutes > 0 && !unit.left && !as_it_was && ::stat(unit.source->c_str(), &about) == 0 &&
            about.st_ctim.tv_sec <= now && now - about.st_ctim.tv_sec < std::time_t(minutes) * 60) {
            unit.left = true;
            ++young;
        }
    }
    return young;
}

// Names what is wrong with a source of which the set has samples, and leaves these in the set. What became of the
// content is remembered with it, so that it is named once.
void keep_what_is_there(OfferedUnit& unit, const std::string& reason, const std::string& code, DigestCache& cache)
{
    warn(*unit.source, skipped_text(reason, code) + "; the set keeps what it had of it");
    unit.left = true;
    const std::string state = DigestCache::state(*unit.source);
    if (code != reason_code(Reason::unreadable) && !state.empty() && !DigestCache::may_change_unseen(state))
        cache.put({unit.id, state, unit.digest, code});
}

// What the set has samples of goes only for something that can be used. So contents that are to take their place are
// decoded first; of a set that grows night by night these are few. Those that fail are named and left; how many.
std::size_t try_changed(std::vector<OfferedUnit>& units, const SetStore& store, const DuplicateIndex& known,
                        const Refusals& refusals, const BuildOptions& o, DigestCache& cache)
{
    std::size_t failures = 0;
    const auto keep = [&](OfferedUnit& unit, const std::string& reason, const std::string& code) {
        keep_what_is_there(unit, reason, code, cache);
        ++failures;
    };
    std::vector<OfferedUnit*> tried;
    for (OfferedUnit& unit : units) {
        if (!unit.held || unit.left)
            continue;
        const auto refusal = refusals.find(unit.id);
        if (unit.failed) {    // named before
            unit.left = true;
        } else if (!readable(unit)) {    // what is not there any more has gone from the list only
            if (refusal != refusals.end() && !DigestCache::state(*unit.source).empty())
                keep(unit, refusal->second.second, refusal->second.first);
            unit.left = true;
        } else if (unit.changed) {
            const std::optional<std::uint64_t> same = known.same_content(digest_hex(unit.digest));
            const UnitRecord there = same ? store.at(*same) : UnitRecord{};
            if (!same)
                tried.push_back(&unit);
            else if (there.status == Status::failed)
                keep(unit, "the same as " + there.source, there.reason);
        }
    }
    if (tried.empty())
        return failures;
    UnitOptions unit_options = o.unit;
    unit_options.pictures = true;
    std::size_t next = 0, at = 0;
    decode_units(
        unit_options,
        [&](UnitJob& job) {
            if (next == tried.size())
                return false;
            const OfferedUnit& unit = *tried[next++];
            job = {*unit.source, *unit.source, digest_hex(unit.digest), {}};
            return true;
        },
        [&](Unit& unit) {
            OfferedUnit& own = *tried[at++];
            if (!unit.ok())
                keep(own, unit.reason, unit.code);
        });
    throw_if_interrupted();
    return failures;
}

// What is to be decided on, in the order in which it is.
std::vector<OfferedUnit> fresh_units(std::vector<OfferedUnit>& units)
{
    std::erase_if(units, [](const OfferedUnit& unit) { return unit.left || unit.known; });
    std::sort(units.begin(), units.end(), [](const OfferedUnit& a, const OfferedUnit& b) {
        return std::tie(a.digest, *a.source) < std::tie(b.digest, *b.source);
    });
    return std::move(units);
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
    Decisions(SetStore& store, DuplicateIndex& known, const std::vector<OfferedUnit>& fresh, const Refusals& refusals)
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
        const OfferedUnit& unit = fresh_[handed_++];
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

    const UnitCounts& decided() const { return decided_; }
    std::uint64_t pictures() const { return pictures_; }    // of those that are ok

  private:
    SetStore& store_;
    DuplicateIndex& known_;
    const std::vector<OfferedUnit>& fresh_;
    const Refusals& refusals_;
    Progress progress_;
    std::size_t handed_ = 0, at_ = 0;
    UnitCounts decided_;
    std::uint64_t pictures_ = 0;

    bool needs_no_decoding(std::size_t i) const
    {
        return !readable(fresh_[i]) || (i > 0 && same_content(fresh_[i], fresh_[i - 1])) ||
               known_.same_content(digest_hex(fresh_[i].digest));
    }

    UnitRecord next_record()
    {
        const OfferedUnit& unit = fresh_[at_++];
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
        const OfferedUnit& unit = fresh_[at_];
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
        if (record.status == Status::failed)
            warn(record.source, skipped_text(reason, record.reason));
        decided_.add(record.status);
        pictures_ += samples.size();
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

bool BuildOptions::tries_again(const std::string& code) const
{
    return std::any_of(retry.begin(), retry.end(), [&](const auto& r) { return r == "all" || r == code; });
}

ExitStatus build_set(const std::string& folder, const std::vector<std::string>& paths, const BuildOptions& o,
                     BuildReport& report)
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
    std::vector<OfferedUnit> units = listed_units(sources, o);
    DigestCache cache(BuiltSetFiles(folder).digests());
    recall(units, cache, o);
    const int near_dup = o.parts == 0 ? o.near_dup : -1;
    DuplicateIndex known(near_dup);
    std::uint64_t pictures = 0;
    const auto see_again = [&] {
        known = DuplicateIndex(near_dup);
        pictures = see(units, store, known);
    };
    see_again();
    const std::size_t young = leave_young(units, o.min_age);
    Refusals refusals;
    if (digest_all(units, cache, o.unit.processes, refusals))
        see_again();
    const std::size_t kept = try_changed(units, store, known, refusals, o, cache);
    failures = failures || kept > 0;
    std::set<std::string> changed;
    std::size_t replaced = 0;
    for (const OfferedUnit& unit : units)
        if (unit.changed && !unit.left) {
            changed.insert(unit_id(*unit.source));
            replaced += unit.held ? 1 : 0;
        }
    if (!changed.empty())
        store.change(leaving_units(store, changed, near_dup));
    if (!o.retry.empty())
        forget_failures(units, store, o);
    if (!changed.empty() || !o.retry.empty())
        see_again();
    const std::size_t offered = units.size();
    std::vector<OfferedUnit> fresh = fresh_units(units);
    report.run = {offered, young + fresh.size(), {0, 0, kept}};
    report.set = {known.count(), pictures, bytes_of_shards(folder)};
    if (fresh.empty()) {
        cache.close();
        return failures ? ExitStatus::skipped : ExitStatus::done;
    }
    if (young > 0)
        say(folder + ": " + std::to_string(young) + (young == 1 ? " file" : " files") + " changed less than " +
            std::to_string(o.min_age) + " minutes ago, left for another run");
    for (const auto& [path, some] : left_out)    // not in a run without news, which is silent
        some.tell(path);

    Decisions decisions(store, known, fresh, refusals);
    UnitOptions unit_options = o.unit;
    unit_options.pictures = unit_options.hashes = true;
    const auto take_down = [&] {
        report.run->decided = decisions.decided();
        report.run->decided.failed += kept;
        report.run->left = young + fresh.size() - decisions.decided().all();
        report.set = {known.count(), pictures + decisions.pictures(), bytes_of_shards(folder)};
    };
    try {
        decode_units(
            unit_options, [&](UnitJob& job) { return decisions.hand_out(job); },
            [&](Unit& unit) { decisions.take_back(unit); });
        throw_if_interrupted();
        decisions.decide_the_rest();
    } catch (...) {
        if (interrupted())
            store.finish();    // a shard sealed early is taken up again
        take_down();
        throw;
    }
    store.finish();
    cache.close();
    take_down();
    say(folder + ": " + known.count().text() + ", " + std::to_string(fresh.size()) + " new" +
        (replaced == 0 ? "" : ", " + std::to_string(replaced) + " of them in place of what the set had"));
    return failures || decisions.decided().failed > 0 ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
