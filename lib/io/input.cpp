#include "io/input.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/spool.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace nonna
{

Input::Input(const std::string& path) : name_(path)
{
    if (path == "-") {
        name_ = "standard input";
        fd_ = STDIN_FILENO;
        owned_ = false;
    } else {
        fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd_ < 0)
            throw Error(path, errno_reason());
    }
    struct stat status {
    };
    int failure = fstat(fd_, &status) == 0 ? 0 : errno;
    if (!failure && S_ISDIR(status.st_mode))
        failure = EISDIR;
    if (failure) {
        if (owned_)
            ::close(fd_);
        errno = failure;
        throw Error(name_, errno_reason());
    }
    regular_ = S_ISREG(status.st_mode);
    size_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Input::~Input()
{
    if (owned_)
        ::close(fd_);
}

std::size_t Input::read(std::span<std::byte> into)
{
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t n = ::read(fd_, into.data() + done, into.size() - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error(name_, errno_reason());
        if (n == 0)
            break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

std::size_t Input::read_some(std::span<std::byte> into)
{
    for (;;) {
        throw_if_interrupted();
        pollfd waiting{fd_, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, 200);    // a signal just before it costs that long at most
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        const ssize_t n = ::read(fd_, into.data(), into.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error(name_, errno_reason());
        return static_cast<std::size_t>(n);
    }
}

void Input::read_at(std::uint64_t offset, std::span<std::byte> into) const { read_whole(fd_, name_, offset, into); }

void Input::will_read(std::uint64_t offset, std::uint64_t bytes) const
{
    ::posix_fadvise(fd_, off_t(offset), off_t(bytes), POSIX_FADV_WILLNEED);
}

void Input::make_seekable()
{
    if (regular_)
        return;
    Spool spool;
    std::vector<std::byte> piece(1 << 20);
    while (const std::size_t n = read_some(piece))
        spool.write(std::span(piece).first(n));
    if (owned_)
        ::close(fd_);
    size_ = spool.size();
    fd_ = spool.release();
    owned_ = true;
    regular_ = true;
}

}    // namespace nonna
