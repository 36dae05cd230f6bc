#include "base/descriptor.h"

#include "base/error.h"
#include "base/interrupt.h"

#include <algorithm>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nonna
{

Descriptor::Descriptor(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

Descriptor::~Descriptor() { forget(); }

Descriptor::Descriptor(Descriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), borrowed_(other.borrowed_), name_(std::move(other.name_))
{
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept
{
    if (this != &other) {
        forget();
        fd_ = std::exchange(other.fd_, -1);
        borrowed_ = other.borrowed_;
        name_ = std::move(other.name_);
    }
    return *this;
}

void Descriptor::forget() noexcept
{
    if (fd_ >= 0 && !borrowed_)
        ::close(fd_);
    fd_ = -1;
}

void Descriptor::check(bool good) const
{
    if (!good)
        throw Error(name_, errno_reason());
}

// Until there is something to read, or room to write, or nobody at the other end any more. In short turns: a signal
// just before the call would not be seen in it.
static void wait_for(int fd, short what)
{
    for (;;) {
        pollfd waiting{fd, what, 0};
        const int ready = ::poll(&waiting, 1, 200);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return;    // the call that follows tells what is wrong
        throw_if_interrupted();
    }
}

// A FIFO's other end may never be opened, and a signal just before open(2) would not be seen in it. So nobody waits
// there: a reader waits with the first read, for poll(2) knows of a FIFO that nobody has opened yet, and a writer asks
// again and again.
static int open_fifo(const std::string& path, int flags)
{
    int fd = -1;
    while ((fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK)) < 0 && (errno == ENXIO || errno == EINTR)) {
        throw_if_interrupted();
        ::poll(nullptr, 0, 50);
    }
    if (fd >= 0)
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

Descriptor Descriptor::try_open(const std::string& path, int flags)
{
    struct stat status {
    };
    const bool waits = !(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_RDWR;
    if (waits && ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode))
        return {open_fifo(path, flags), path};
    return {uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }), path};
}

Descriptor Descriptor::open(const std::string& path, int flags)
{
    Descriptor opened = try_open(path, flags);
    opened.check(bool(opened));
    return opened;
}

Descriptor Descriptor::borrow(int fd, std::string name)
{
    Descriptor borrowed(fd, std::move(name));
    borrowed.borrowed_ = true;
    return borrowed;
}

std::string Descriptor::path_while_open() const { return "/proc/self/fd/" + std::to_string(fd_); }

std::uint64_t Descriptor::size() const
{
    struct stat status {
    };
    check(::fstat(fd_, &status) == 0);
    return std::uint64_t(status.st_size);
}

std::size_t Descriptor::read_some(std::span<std::byte> into)
{
    wait_for(fd_, POLLIN);
    const ssize_t n = uninterrupted([&] { return ::read(fd_, into.data(), into.size()); });
    check(n >= 0);
    return std::size_t(n);
}

std::size_t Descriptor::read(std::span<std::byte> into)
{
    std::size_t done = 0;
    while (done < into.size()) {
        const std::size_t n = read_some(into.subspan(done));
        if (n == 0)
            break;
        done += n;
    }
    return done;
}

void Descriptor::read_at(std::uint64_t offset, std::span<std::byte> into) const
{
    while (!into.empty()) {
        const ssize_t n = uninterrupted([&] { return ::pread(fd_, into.data(), into.size(), off_t(offset)); });
        check(n >= 0);
        if (n == 0)
            throw Error(name_, "truncated");
        offset += std::uint64_t(n);
        into = into.subspan(std::size_t(n));
    }
}

// Where there is room in a pipe there is room for PIPE_BUF bytes: so many are written without waiting.
void Descriptor::write(std::string_view text)
{
    struct stat status {
    };
    if (::fstat(fd_, &status) != 0 || S_ISREG(status.st_mode)) {
        check(write_all(fd_, text));
        return;
    }
    while (!text.empty()) {
        wait_for(fd_, POLLOUT);
        const std::string_view piece = text.substr(0, PIPE_BUF);
        check(write_all(fd_, piece));
        text.remove_prefix(piece.size());
    }
}

void Descriptor::write(std::span<const std::byte> bytes)
{
    write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void Descriptor::write_at(std::uint64_t offset, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = uninterrupted([&] { return ::pwrite(fd_, bytes.data(), bytes.size(), off_t(offset)); });
        check(n >= 0);
        offset += std::uint64_t(n);
        bytes = bytes.subspan(std::size_t(n));
    }
}

void Descriptor::append_copy(const Descriptor& from, std::uint64_t bytes)
{
    for (std::uint64_t copied = 0; copied < bytes;) {
        off_t at = off_t(copied);
        const ssize_t n =
            uninterrupted([&] { return ::copy_file_range(from.fd_, &at, fd_, nullptr, bytes - copied, 0); });
        if (n == 0)
            throw Error(from.name_, "truncated");
        check(n > 0);
        copied += std::uint64_t(n);
    }
}

void Descriptor::cut(std::uint64_t size)
{
    check(uninterrupted([&] { return ::ftruncate(fd_, off_t(size)); }) == 0);
    check(::lseek(fd_, off_t(size), SEEK_SET) >= 0);
}

void Descriptor::sync()
{
    check(uninterrupted([&] { return ::fsync(fd_); }) == 0);
}

void Descriptor::sync_data()
{
    check(uninterrupted([&] { return ::fdatasync(fd_); }) == 0);
}

bool Descriptor::try_lock(bool shared) const
{
    const int how = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    const bool locked = uninterrupted([&] { return ::flock(fd_, how); }) == 0;
    check(locked || errno == EWOULDBLOCK);
    return locked;
}

void Descriptor::close()
{
    if (fd_ < 0 || borrowed_)
        return;
    const int closed = ::close(std::exchange(fd_, -1));
    check(closed == 0 || errno == EINTR);    // Linux has closed it all the same, and another thread may have the number
}

Pipe open_pipe(const std::string& name)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw Error(name, errno_reason());
    return {{ends[0], name}, {ends[1], name}};
}

void sync_folder(const std::string& path)
{
    if (const Descriptor folder = Descriptor::try_open(path, O_RDONLY | O_DIRECTORY))
        ::fsync(folder.number());
}

std::string read_text(Descriptor& from, std::size_t limit)
{
    std::string text;
    for (;;) {
        const std::size_t before = text.size();
        const std::size_t piece = std::max<std::size_t>(64 * 1024, std::min<std::size_t>(before, 16 << 20));
        text.resize(before + piece);
        const std::size_t n = from.read(std::as_writable_bytes(std::span(text).subspan(before)));
        text.resize(before + n);
        if (text.size() > limit)
            throw Error(from.name(), "larger than " + std::to_string(limit) + " bytes");
        if (n < piece)
            return text;
    }
}

bool write_all(int fd, std::string_view text) noexcept
{
    while (!text.empty()) {
        const ssize_t n = uninterrupted([&] { return ::write(fd, text.data(), text.size()); });
        if (n <= 0)
            return false;
        text.remove_prefix(std::size_t(n));
    }
    return true;
}

}    // namespace nonna
