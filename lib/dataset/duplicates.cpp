#include "dataset/duplicates.h"

#include "base/error.h"
#include "media/perceptual_hash.h"
#include "media/reason.h"

#include <algorithm>

namespace nonna
{

using Status = UnitRecord::Status;

static std::uint64_t prefix(const std::string& digest) { return std::stoull(digest.substr(0, 16), nullptr, 16); }

DuplicateIndex::DuplicateIndex(int near_dup) : near_(std::max(0, near_dup)), look_(near_dup >= 0) {}

void DuplicateIndex::add_settings(Settings& settings, int near_dup)
{
    settings["near-dup"] = near_dup < 0 ? "no" : std::to_string(near_dup);
    if (near_dup >= 0)
        settings["near-dup-hash"] = std::to_string(perceptual_hash_version);
}

void DuplicateIndex::check_hash_version(const std::string& folder, const Settings& settings)
{
    const auto near_dup = settings.find("near-dup");
    if (near_dup == settings.end() || near_dup->second == "no")
        return;
    const auto version = settings.find("near-dup-hash");
    const std::string had = version == settings.end() ? "1" : version->second;
    const std::string now = std::to_string(perceptual_hash_version);
    if (had != now)
        throw Error(folder,
                    "its near-duplicates were found by version " + had + " of the perceptual hash, and version " + now +
                        " cannot be compared with it: build a new set from the same sources",
                    ExitStatus::usage);
}

void DuplicateIndex::remember(const UnitRecord& record, std::uint64_t what)
{
    count_.add(record.status);
    // A duplicate's content is that of another unit, which may be tried again.
    if (!record.digest.empty() && record.reason != reason_code(Reason::duplicate))
        contents_.try_emplace(prefix(record.digest), what);
    // What was removed keeps out what looks like it as well.
    if (look_ && (record.status == Status::ok || record.reason == reason_code(Reason::removed)))
        for (const std::uint64_t hash : record.hashes)
            near_.add(hash, what);
}

std::optional<std::uint64_t> DuplicateIndex::same_content(const std::string& digest) const
{
    const auto found = contents_.find(prefix(digest));
    return found == contents_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> DuplicateIndex::look_alike(const std::vector<std::uint64_t>& hashes) const
{
    std::optional<std::uint64_t> first;
    for (const std::uint64_t hash : hashes) {
        const std::optional<std::uint64_t> found = look_ ? near_.find(hash) : std::nullopt;
        if (!found)
            return std::nullopt;
        first = first ? first : found;
    }
    return first;
}

}    // namespace nonna
