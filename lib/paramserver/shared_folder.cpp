#include "paramserver/shared_folder.h"

#include "base/error.h"
#include "io/output.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace nonna
{

namespace fs = std::filesystem;

std::vector<std::string> names_in(const std::string& folder)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

bool same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

bool is_ours(const struct stat& status) { return S_ISREG(status.st_mode) && status.st_uid == ::geteuid(); }

std::string reason_against(const struct stat& status)
{
    if (S_ISLNK(status.st_mode))
        return "a link, which is not followed";
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if (status.st_uid != ::geteuid())
        return "belongs to another user";
    if (status.st_mode & 022)
        return "others may write it";
    return "";
}

// What it is, is looked at before it is opened, as opening alone may wait (a FIFO) or do something (a device), and once
// more behind it.
Descriptor open_ours(const std::string& path, int flags)
{
    struct stat before {
    }, opened{};
    if (::lstat(path.c_str(), &before) != 0 || !is_ours(before))
        return {};
    Descriptor file = Descriptor::try_open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (file && (::fstat(file.number(), &opened) != 0 || !same_file(before, opened)))
        return {};
    return file;
}

bool lock_if_any(const Descriptor& file, bool without)
{
    try {
        return file.try_lock(false);
    } catch (const Error&) {
        return without;
    }
}

static void remove_leftovers(const std::string& folder, const std::string& name)
{
    for (const std::string& other : names_in(folder))
        if (other.starts_with("." + name + ".") && is_output_leftover(other)) {
            const std::string path = folder + "/" + other;
            const Descriptor file = open_ours(path, O_RDONLY);
            if (file && lock_if_any(file, false))
                ::unlink(path.c_str());
        }
}

// One that is taken for a leftover by another process, in the moment before it is locked, is left to that.
Descriptor open_temporary(const std::string& folder, const std::string& name, unsigned mode, std::string& path)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        throw Error(folder, errno_reason(error.value()));
    remove_leftovers(folder, name);
    for (int i = 0;; ++i) {
        path = folder + "/." + name + "." + std::to_string(::getpid()) + "-" + std::to_string(i);
        Descriptor file(
            uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode); }), path);
        if (i == 1000 || (!file && errno != EEXIST))
            throw Error(folder + "/" + name, errno_reason());
        struct stat status {
        };
        if (file && lock_if_any(file, true) && ::fstat(file.number(), &status) == 0 && status.st_nlink > 0)
            return file;
    }
}

}    // namespace nonna
