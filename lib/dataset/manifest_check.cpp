#include "dataset/manifest_check.h"

#include "base/error.h"
#include "io/output.h"

#include <filesystem>
#include <set>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

// The archives in order, where the folder holds what a set at rest holds and shards/ nothing else.
std::vector<std::string> checked_shards(const BuiltSetFiles& set)
{
    if (is_built_set(set.folder()))
        (void)read_settings(set.settings());    // Error where they are damaged
    const std::vector<std::string> shards = built_set_shards(set.folder());
    std::error_code error;
    std::set<std::string> expected, found;
    for (const std::string& shard : shards)
        for (const std::string& file : {shard, shard_index_path(shard), shard_digest_path(shard)}) {
            if (!fs::exists(file, error))
                throw Error(file, "missing");
            expected.insert(fs::path(file).filename().string());
        }
    for (fs::directory_iterator i(set.shards(), error), end; !error && i != end; i.increment(error))
        found.insert(i->path().filename().string());
    for (const std::string& file : found)
        if (!expected.contains(file))
            throw Error((fs::path(set.shards()) / file).string(), "does not belong to the set");
    return shards;
}

}    // namespace

ManifestCheck::ManifestCheck(const std::string& path)
    : files_(path), shards_(checked_shards(files_)), manifest_(files_.manifest())
{
}

std::string ManifestCheck::line() const { return files_.manifest() + " line " + std::to_string(manifest_.number()); }

bool ManifestCheck::due()
{
    while (!ended_ && key_ == unit_.keys.size()) {
        std::optional<UnitRecord> unit = manifest_.next();
        key_ = 0;
        if (!unit) {
            ended_ = true;
            break;
        }
        unit_ = std::move(*unit);
        if (!units_.insert(unit_.id))
            throw Error(files_.manifest(), "line " + std::to_string(manifest_.number()) + ": the unit occurs twice");
        counts_.add(unit_.status);
    }
    return !ended_;
}

const UnitRecord& ManifestCheck::take(const std::string& key, const std::string& picture, std::int64_t shard,
                                      const std::string& archive)
{
    if (!due())
        throw Error(archive, picture + ": not in the manifest");
    if (unit_.keys[key_] != key || unit_.shard != shard)
        throw Error(archive, picture + ": the manifest has " + unit_.keys[key_] + " of shard " +
                                 std::to_string(unit_.shard) + " in its place (" + line() + ")");
    ++key_;
    return unit_;
}

void ManifestCheck::end_shard(std::int64_t shard, const std::string& archive)
{
    if (due() && unit_.shard <= shard)
        throw Error(archive, unit_.keys[key_] + ": not in the archive, but in the manifest (" + line() + ")");
}

UnitCounts ManifestCheck::finish()
{
    if (due())
        throw Error(files_.shard(unit_.shard), "missing; it should hold " + unit_.keys[key_] + " (" + line() + ")");
    return counts_;
}

std::string read_digest_file(const std::string& tar)
{
    const std::string name = shard_digest_path(tar), text = read_whole_file(name, 4096);
    const std::string digest = text.substr(0, 64);
    if (text != digest + "  " + fs::path(tar).filename().string() + "\n" || digest.size() != 64 ||
        digest.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw Error(name, "not what sha256sum says of " + fs::path(tar).filename().string());
    return digest;
}

}    // namespace nonna
