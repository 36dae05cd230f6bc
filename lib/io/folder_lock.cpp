#include "io/folder_lock.h"

#include "base/error.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace nonna
{

FolderLock::FolderLock(const std::string& folder, const std::string& file, const std::string& subject,
                       const std::string& reason)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        errno = error.value();
        throw Error(folder, errno_reason());
    }
    const std::string path = folder + "/" + file;
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0)
        throw Error(path, errno_reason());
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        const bool held = errno == EWOULDBLOCK;
        const std::string failure = errno_reason();
        ::close(fd_);
        throw held ? Error(subject, reason, ExitStatus::locked) : Error(path, failure);
    }
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock::~FolderLock()
{
    if (fd_ >= 0)
        ::close(fd_);
}

}    // namespace nonna
