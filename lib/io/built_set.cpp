#include "io/built_set.h"

#include "base/error.h"
#include "base/interrupt.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>

namespace nonna
{

namespace fs = std::filesystem;

static constexpr const char* part_ending = ".part";

std::string BuiltSetFiles::in_folder(const std::string& name) const { return (fs::path(folder_) / name).string(); }

// A dot first: `merge parts/*` must not take it for a set.
std::string BuiltSetFiles::digests() const
{
    std::error_code error;
    fs::path folder = fs::weakly_canonical(fs::absolute(folder_, error), error);
    if (!folder.has_filename())    // a slash at the end
        folder = folder.parent_path();
    std::string name(".");
    name.append(folder.filename().string()).append(".digests");
    return (folder.parent_path() / name).string();
}

std::string BuiltSetFiles::shard(std::int64_t number) const
{
    return (fs::path(shards()) / shard_name(number)).string();
}

std::string BuiltSetFiles::part(std::int64_t number) const
{
    return fs::path(shard(number)).replace_extension(part_ending).string();
}

std::string shard_name(std::int64_t number)
{
    char text[32];
    std::snprintf(text, sizeof text, "%06lld.tar", static_cast<long long>(number));
    return text;
}

std::optional<std::int64_t> shard_number(const std::string& file_name)
{
    std::int64_t number = -1;
    const auto [end, failure] = std::from_chars(file_name.data(), file_name.data() + file_name.size(), number);
    if (failure != std::errc() || number < 0 || file_name != shard_name(number))    // "1.tar" is no shard's name
        return std::nullopt;
    return number;
}

bool is_part_name(const std::string& file_name) { return fs::path(file_name).extension() == part_ending; }

std::string shard_index_path(const std::string& tar) { return tar + ".idx"; }
std::string shard_digest_path(const std::string& tar) { return tar + ".sha256"; }

bool is_built_set(const std::string& path)
{
    std::error_code error;
    return !path.empty() && path != "-" && fs::is_regular_file(BuiltSetFiles(path).settings(), error);
}

// A shared lock can be had beside other readers: only a run that writes is in its way.
static bool is_being_written(const BuiltSetFiles& set)
{
    const Descriptor lock = Descriptor::try_open(set.lock(), O_RDONLY);
    return lock && !lock.try_lock(true);
}

void check_at_rest(const std::string& folder)
{
    const BuiltSetFiles set(folder);
    std::error_code error;
    for (const std::string& unfinished : {set.journal(), set.removal()}) {
        if (!fs::exists(unfinished, error))
            continue;
        if (is_being_written(set))
            throw Error(folder, "a run is at work here: wait for its end", ExitStatus::locked);
        throw Error(folder, "its last run is unfinished (there is a " + fs::path(unfinished).filename().string() +
                                "): run it again");
    }
}

std::vector<std::string> built_set_shards(const std::string& folder)
{
    if (!is_built_set(folder))
        throw Error(folder, "a folder, but not a built set (it has no set.json)");
    check_at_rest(folder);
    const BuiltSetFiles set(folder);
    std::error_code error;
    std::int64_t count = 0, last = -1;
    for (fs::directory_iterator i(set.shards(), error), end; !error && i != end; i.increment(error))
        if (const auto number = shard_number(i->path().filename().string())) {
            ++count;
            last = std::max(last, *number);
        }
    if (error && error != std::errc::no_such_file_or_directory)
        throw Error(set.shards(), errno_reason(error.value()));
    std::vector<std::string> shards;
    for (std::int64_t number = 0; number <= last; ++number) {
        shards.push_back(set.shard(number));
        if (count != last + 1 && !fs::exists(shards.back(), error))
            throw Error(shards.back(), "missing");
    }
    return shards;
}

Descriptor lock_built_set(const std::string& folder, SetAccess access)
{
    const std::string path = BuiltSetFiles(folder).lock();
    Descriptor lock = Descriptor::try_open(path, O_RDONLY);    // flock needs no right to write
    if (!lock)
        lock = Descriptor::open(path, access == SetAccess::writing ? O_RDONLY | O_CREAT : O_RDONLY);
    // Where a run was killed in the moment in which it made a child, the child has the lock until it comes to close it,
    // or to see that its parent is gone.
    for (int turns = 0; !lock.try_lock(access == SetAccess::reading); ++turns) {
        if (turns == 40)
            throw Error(folder, "another run is at work here", ExitStatus::locked);
        throw_if_interrupted();
        ::poll(nullptr, 0, 50);
    }
    return lock;
}

}    // namespace nonna
