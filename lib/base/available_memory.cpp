#include "base/available_memory.h"

#include "base/error.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

// The number after `key` in a file of lines "key number [kB]".
std::optional<std::uint64_t> field(const std::string& path, const std::string& key)
{
    std::ifstream in(path);
    std::string name;
    std::uint64_t value = 0;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        if (words >> name >> value && name == key)
            return value;
    }
    return {};
}

std::optional<std::uint64_t> number_in(const std::string& path)    // none: "max", or no such file
{
    std::ifstream in(path);
    std::uint64_t value = 0;
    if (in >> value)
        return value;
    return {};
}

// What is left in a control group and all that hold it; files in the page cache can be dropped.
std::uint64_t left_in_groups(const std::string& root, std::string group, const char* limit, const char* used,
                             const char* inactive, const char* active)
{
    std::uint64_t left = unlimited;
    for (;;) {
        const std::string folder = root + (group == "/" ? "" : group) + "/";
        const auto most = number_in(folder + limit), now = number_in(folder + used);
        if (most && now) {
            const std::uint64_t cached =
                field(folder + "memory.stat", inactive).value_or(0) + field(folder + "memory.stat", active).value_or(0);
            left = std::min(left, less(*most, less(*now, cached)));
        }
        if (group.size() <= 1)
            return left;
        group.resize(std::max<std::size_t>(group.rfind('/'), 1));
        if (group.front() != '/')
            return left;
    }
}

std::uint64_t left_in_groups()
{
    std::ifstream in("/proc/self/cgroup");
    std::uint64_t left = unlimited;
    for (std::string line; std::getline(in, line);) {    // "0::/path" or "9:memory:/path"
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos)
            continue;
        const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
        if (controllers.empty())
            left = std::min(left, left_in_groups("/sys/fs/cgroup", group, "memory.max", "memory.current",
                                                 "inactive_file", "active_file"));
        else if (controllers == "memory")
            left = std::min(left, left_in_groups("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes",
                                                 "memory.usage_in_bytes", "total_inactive_file", "total_active_file"));
    }
    return left;
}

std::uint64_t left_of_limit(int resource, const char* used)
{
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return unlimited;
    return less(limit.rlim_cur, field("/proc/self/status", used).value_or(0) * 1024);
}

}    // namespace

std::uint64_t available_memory()
{
    const auto system = field("/proc/meminfo", "MemAvailable:");
    return std::min({system ? *system * 1024 : unlimited, left_in_groups(), left_of_limit(RLIMIT_AS, "VmSize:"),
                     left_of_limit(RLIMIT_DATA, "VmData:")});
}

std::uint64_t resident_memory() { return field("/proc/self/status", "VmRSS:").value_or(0) * 1024; }

std::string gigabytes(std::uint64_t bytes)
{
    char text[32];
    std::snprintf(text, sizeof text, bytes < 100000000 ? "%.3f GB" : "%.2f GB", double(bytes) / 1e9);
    return text;
}

void require_memory(const std::string& subject, std::uint64_t bytes, const std::string& purpose)
{
    const std::uint64_t available = available_memory();
    if (bytes > available)
        throw Error(subject, "needs " + gigabytes(bytes) + " of memory for " + purpose + "; " + gigabytes(available) +
                                 " are available");
}

}    // namespace nonna
