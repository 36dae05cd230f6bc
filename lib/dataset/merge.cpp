#include "dataset/merge.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "dataset/duplicates.h"
#include "dataset/set_store.h"
#include "io/digest.h"
#include "io/image_shard.h"
#include "media/reason.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <unordered_set>

namespace nonna
{

namespace
{

using Status = UnitRecord::Status;

// Where a unit's line is, ordered by its digest; no digest, of a source that could not be read, is all zeros.
struct Line {
    DigestBytes digest;
    std::uint32_t input;
    std::uint64_t offset;
};

struct Member {
    UnitRecord record;
    std::size_t input;
};

// Samples of the inputs by shard and key. One shard of each input is kept open: units come nearly in its order.
class Samples
{
  public:
    explicit Samples(const std::vector<SetReading>& inputs) : inputs_(inputs), open_(inputs.size()) {}

    std::vector<Sample> of(const Member& member)
    {
        Open& o = open_[member.input];
        const std::string path = inputs_[member.input].files().shard(member.record.shard);
        if (o.number != member.record.shard) {
            o.shard.emplace(path);
            o.number = member.record.shard;
            o.places.clear();
            for (std::size_t i = 0; i < o.shard->count(); ++i)
                o.places.emplace_back(o.shard->key(i), i);
            std::sort(o.places.begin(), o.places.end());
        }
        std::vector<Sample> samples;
        for (const std::string& key : member.record.keys) {
            const auto found = std::lower_bound(o.places.begin(), o.places.end(), std::pair(key, std::size_t(0)));
            if (found == o.places.end() || found->first != key)
                throw Error(path, key + ": in the manifest, not in the shard");
            samples.push_back(o.shard->sample(found->second));
        }
        return samples;
    }

  private:
    struct Open {
        std::int64_t number = -1;
        std::optional<ImageShard> shard;
        std::vector<std::pair<std::string, std::size_t>> places;
    };
    const std::vector<SetReading>& inputs_;
    std::vector<Open> open_;
};

// All lines by digest; `removed`: the ids of what any input has removed, whatever content the others had under the
// name.
std::vector<Line> all_lines(const std::vector<SetReading>& inputs, std::unordered_set<std::string>& removed)
{
    std::vector<Line> lines;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        ManifestReader reader(inputs[i].files().manifest());
        while (const std::optional<UnitRecord> record = reader.next()) {
            throw_if_interrupted();
            if (record->reason == reason_code(Reason::removed))
                removed.insert(record->id);
            lines.push_back({digest_bytes(record->digest), std::uint32_t(i), reader.begin()});
        }
    }
    std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
        return std::tie(a.digest, a.input, a.offset) < std::tie(b.digest, b.input, b.offset);
    });
    return lines;
}

// The settings of the result: those of the inputs, which are the same but for the part. Gives false when parts are
// missing.
bool common_settings(const std::vector<SetReading>& inputs, Settings& settings)
{
    std::map<int, std::vector<bool>> parts;    // by their number
    settings = inputs.front().settings();
    settings.erase("part");
    for (const SetReading& input : inputs) {
        Settings own = input.settings();
        DuplicateIndex::check_hash_version(input.folder(), own);
        if (const auto part = own.find("part"); part != own.end()) {
            int i = 0, n = 0;
            if (std::sscanf(part->second.c_str(), "%d/%d", &i, &n) != 2 || i < 0 || n <= i || n > 1'000'000)
                throw Error(input.folder(), "made with '--part " + part->second + "', which cannot be");
            parts[n].resize(std::size_t(n));
            parts[n][std::size_t(i)] = true;
            own.erase(part);
        }
        own["version"] = settings["version"];
        for (const auto& [name, value] : settings)
            if (own[name] != value)
                throw Error(input.folder(), "made with " + name + " " + own[name] + ", not " + value + " as " +
                                                inputs.front().folder());
        if (own.size() != settings.size())
            throw Error(input.folder(), "made with other settings than " + inputs.front().folder());
    }
    bool whole = true;
    for (const auto& [n, there] : parts)
        for (std::size_t i = 0; i < there.size(); ++i)
            if (!there[i]) {
                warn("part " + std::to_string(i) + "/" + std::to_string(n), "not among the sets, left out");
                whole = false;
            }
    return whole;
}

void reject(UnitRecord& record, Reason reason, const std::string& of)
{
    record.status = Status::rejected;
    record.reason = reason_code(reason);
    record.of = of;
    record.keys.clear();
    record.shard = -1;
}

// The units of one content, by source; a source that several inputs had, once, as what it is in the first of: removed,
// ok, rejected, failed.
std::vector<Member> group_of(const std::vector<Line>& lines, std::size_t begin, std::size_t end,
                             const std::vector<SetReading>& inputs, const std::unordered_set<std::string>& removed)
{
    std::vector<Member> group;
    for (std::size_t i = begin; i < end; ++i) {
        group.push_back({manifest_line_at(inputs[lines[i].input].files().manifest(), lines[i].offset), lines[i].input});
        UnitRecord& record = group.back().record;
        if (removed.contains(record.id))
            reject(record, Reason::removed, "");
    }
    std::stable_sort(group.begin(), group.end(), [](const Member& a, const Member& b) {
        return std::tie(a.record.source, a.record.id, a.record.status) <
               std::tie(b.record.source, b.record.id, b.record.status);
    });
    group.erase(std::unique(group.begin(), group.end(),
                            [](const Member& a, const Member& b) { return a.record.id == b.record.id; }),
                group.end());
    return group;
}

// Decides on the units of one content, looks aside. Gives the member whose samples the first one gets, where it is ok.
//
// The first by name stands for the content; what any of the inputs knows of it decides: removed by one, it is removed
// for all; ok in one, it is ok, with that one's samples; else it is what the first that was looked at says. The others
// are its duplicates.
std::optional<Member> decide(std::vector<Member>& group)
{
    const auto find = [&](auto&& wanted) {
        const auto found = std::find_if(group.begin(), group.end(), [&](const Member& m) { return wanted(m.record); });
        return found == group.end() ? std::nullopt : std::optional(*found);
    };
    const bool removed = find([](const UnitRecord& r) { return r.reason == reason_code(Reason::removed); }).has_value();
    const auto stored = find([](const UnitRecord& r) { return r.status == Status::ok; });
    const auto hashed = find([](const UnitRecord& r) { return !r.hashes.empty(); });
    const auto original = find([](const UnitRecord& r) { return r.reason != reason_code(Reason::duplicate); });

    UnitRecord& first = group.front().record;
    for (Member& member : group)
        if (removed)
            reject(member.record, Reason::removed, "");
        else if (&member.record != &first)
            reject(member.record, Reason::duplicate, first.source);
    if (!removed && stored) {
        first.status = Status::ok;
        first.reason = "";
        first.of = "";
    } else if (!removed && original) {    // failed, or a near-duplicate already
        first.status = original->record.status;
        first.reason = original->record.reason;
        first.of = original->record.of;
    }
    for (Member& member : group)
        member.record.hashes.clear();
    if (hashed)
        first.hashes = hashed->record.hashes;
    return removed ? std::nullopt : stored;
}

// The merge itself: content by content, each decided on anew, each decision added to the output. What is there of an
// earlier run of this very merge is gone through and found the same, and adding goes on behind it.
class Merge
{
  public:
    Merge(const std::vector<SetReading>& inputs, SetStore& store, int near_dup, const std::string& output)
        : inputs_(inputs), store_(store), output_(output), known_(near_dup), samples_(inputs),
          lines_(all_lines(inputs, removed_))
    {
        store.each([&](const UnitRecord& record, std::uint64_t offset) {
            known_.remember(record, offset);
            done_.push_back(record.id);
        });
    }

    void run()
    {
        Progress progress("merging", lines_.size(), "units");
        for (std::size_t begin = 0, end; begin < lines_.size(); begin = end) {
            throw_if_interrupted();
            for (end = begin + 1; end < lines_.size() && lines_[end].digest == lines_[begin].digest;)
                ++end;
            merge_content(begin, end);
            progress.advance(end - begin);
        }
        if (next_ < done_.size())
            throw another_merge();
    }

    bool added() const { return next_ > done_.size(); }
    std::string counts() const { return known_.count().text(); }

  private:
    const std::vector<SetReading>& inputs_;
    SetStore& store_;
    const std::string& output_;
    DuplicateIndex known_;
    Samples samples_;
    std::unordered_set<std::string> removed_, seen_;    // ids
    const std::vector<Line> lines_;
    std::vector<std::string> done_;    // ids, as an earlier run of this merge left them
    std::size_t next_ = 0;             // units decided on so far

    Error another_merge() const
    {
        return {output_, "holds another merge: make a new folder, with this one among the sets", ExitStatus::usage};
    }

    void merge_content(std::size_t begin, std::size_t end)
    {
        std::vector<Member> group = group_of(lines_, begin, end, inputs_, removed_);
        // Another content under a name that came before, of another input, has no say.
        std::erase_if(group, [&](const Member& m) { return !seen_.insert(m.record.id).second; });
        // Sources that could not be read have no content in common: each stays what it is.
        const bool unread = lines_[begin].digest == DigestBytes{};
        const std::optional<Member> from = unread || group.empty() ? std::nullopt : decide(group);
        for (Member& member : group)
            if (!was_done(member.record))
                add(member.record, from);
    }

    bool was_done(const UnitRecord& record)
    {
        if (next_ < done_.size() && done_[next_] != record.id)
            throw another_merge();
        return next_++ < done_.size();
    }

    void add(UnitRecord& record, const std::optional<Member>& from)
    {
        std::vector<Sample> own;
        if (from && record.status == Status::ok) {
            if (const std::optional<std::uint64_t> like = known_.look_alike(record.hashes))
                reject(record, Reason::near_duplicate, store_.at(*like).source);
            else
                own = samples_.of(*from);
            for (Sample& sample : own)
                sample.meta.source = record.source;
        }
        known_.remember(record, store_.add(record, own));
    }
};

}    // namespace

ExitStatus merge_sets(const std::vector<std::string>& folders, const std::string& output)
{
    std::vector<SetReading> inputs;
    for (const std::string& folder : folders) {
        std::error_code error;
        if (std::filesystem::equivalent(folder, output, error))
            throw Error(output, "is one of the sets to be merged", ExitStatus::usage);
        inputs.emplace_back(folder);
    }
    Settings settings;
    const bool whole = common_settings(inputs, settings);
    SetStore store(output, settings);
    const int near_dup = settings["near-dup"] == "no" ? -1 : std::atoi(settings["near-dup"].c_str());
    Merge merge(inputs, store, near_dup, output);
    try {
        merge.run();
    } catch (...) {
        if (interrupted())
            store.finish();
        throw;
    }
    store.finish();
    if (merge.added())
        say(output + ": " + merge.counts());
    return whole ? ExitStatus::done : ExitStatus::skipped;
}

}    // namespace nonna
