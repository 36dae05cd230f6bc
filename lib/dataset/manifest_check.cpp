#include "dataset/set_folder.h"

#include "base/error.h"
#include "io/output.h"
#include "io/shard.h"

#include <filesystem>
#include <set>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

std::vector<std::string> checked_shards(const std::string& folder)
{
    if (is_built_set(folder))
        read_settings(folder + "/set.json");
    const std::vector<std::string> shards = built_set_shards(folder);
    std::error_code error;
    std::set<std::string> expected, found;
    for (const std::string& shard : shards)
        for (const char* const suffix : {"", ".idx", ".sha256"}) {
            if (!fs::exists(shard + suffix, error))
                throw Error(shard + suffix, "missing");
            expected.insert(fs::path(shard).filename().string() + suffix);
        }
    for (fs::directory_iterator i(folder + "/shards", error), end; !error && i != end; i.increment(error))
        found.insert(i->path().filename().string());
    for (const std::string& file : found)
        if (!expected.contains(file))
            throw Error(folder + "/shards/" + file, "no part of the set");
    return shards;
}

}    // namespace

SetFolder::SetFolder(const std::string& path)
    : path_(path), shards_(checked_shards(path)), manifest_(path + "/manifest.jsonl")
{
}

std::string SetFolder::line() const { return path_ + "/manifest.jsonl line " + std::to_string(manifest_.number()); }

bool SetFolder::due()
{
    while (!ended_ && key_ == unit_.keys.size()) {
        std::optional<UnitRecord> unit = manifest_.next();
        key_ = 0;
        unit_ = {};
        if (!unit) {
            ended_ = true;
            break;
        }
        unit_ = std::move(*unit);
        if (!units_.insert(unit_.id))
            throw Error(path_ + "/manifest.jsonl",
                        "line " + std::to_string(manifest_.number()) + ": the unit occurs twice");
        ++counts_[int(unit_.status)];
    }
    return !ended_;
}

void SetFolder::take(const std::string& key, const std::string& picture, std::int64_t shard, const std::string& archive,
                     std::string& source, std::string& digest)
{
    if (!due())
        throw Error(archive, picture + ": not in the manifest");
    if (unit_.keys[key_] != key || unit_.shard != shard)
        throw Error(archive, picture + ": the manifest has " + unit_.keys[key_] + " of shard " +
                                 std::to_string(unit_.shard) + " in its place (" + line() + ")");
    source = unit_.source;
    digest = unit_.digest;
    ++key_;
}

void SetFolder::end_shard(std::int64_t shard, const std::string& archive)
{
    if (due() && unit_.shard <= shard)
        throw Error(archive, unit_.keys[key_] + ": not in the archive, but in the manifest (" + line() + ")");
}

void SetFolder::finish(std::uint64_t& ok, std::uint64_t& rejected, std::uint64_t& failed)
{
    if (due())
        throw Error(path_ + "/shards/" + shard_name(unit_.shard),
                    "missing, it has " + unit_.keys[key_] + " (" + line() + ")");
    ok = counts_[int(UnitRecord::Status::ok)];
    rejected = counts_[int(UnitRecord::Status::rejected)];
    failed = counts_[int(UnitRecord::Status::failed)];
}

std::string read_digest_file(const std::string& tar)
{
    const std::string name = tar + ".sha256", text = read_whole_file(name, 4096);
    const std::string digest = text.substr(0, 64);
    if (text != digest + "  " + fs::path(tar).filename().string() + "\n" || digest.size() != 64 ||
        digest.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw Error(name, "not what sha256sum says of " + fs::path(tar).filename().string());
    return digest;
}

}    // namespace nonna
