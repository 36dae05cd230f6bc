#include "io/spool.h"

#include "base/error.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace nonna
{

void read_whole(int fd, const std::string& name, std::uint64_t offset, std::span<std::byte> into)
{
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t n = ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error(name, errno_reason());
        if (n == 0)
            throw Error(name, "truncated");
        done += static_cast<std::size_t>(n);
    }
}

Spool::Spool()
{
    const char* set = std::getenv("TMPDIR");
    const std::string folder = set && *set ? set : "/tmp";
    std::string name = folder + "/nonna-XXXXXX";
    fd_ = mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0)
        throw Error(folder, "no temporary file: " + errno_reason());
    unlink(name.c_str());
}

Spool::~Spool()
{
    if (fd_ >= 0)
        ::close(fd_);
}

void Spool::write(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error("temporary file", errno_reason());
        size_ += static_cast<std::uint64_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

void Spool::read_at(std::uint64_t offset, std::span<std::byte> into) const
{
    read_whole(fd_, "temporary file", offset, into);
}

int Spool::release() { return std::exchange(fd_, -1); }

}    // namespace nonna
