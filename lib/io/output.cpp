#include "io/output.h"

#include "base/error.h"
#include "io/input.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr std::size_t buffer_limit = 256 * 1024;

std::string folder_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// open(O_EXCL) rather than mkostemp: the kernel applies the umask to 0666, which cannot be asked for without a race.
int open_temporary(const std::string& target, std::string& temporary)
{
    static std::atomic<unsigned> counter{0};
    const std::string name = target.substr(target.rfind('/') + 1).substr(0, NAME_MAX - 32);
    for (;;) {
        temporary = folder_of(target) + "/." + name + "." + std::to_string(getpid()) + "-" + std::to_string(++counter);
        const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
}

}    // namespace

Output::Output(std::string path, Kind kind) : path_(std::move(path))
{
    if (path_ == "-") {
        path_ = "standard output";
        if (kind == Kind::binary && isatty(STDOUT_FILENO))
            throw Error(path_, "binary data is not written to a terminal", ExitStatus::usage);
        fd_ = STDOUT_FILENO;
        owned_ = false;
        return;
    }
    target_ = path_;
    struct stat status {
    };
    const bool exists = stat(path_.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        throw Error(path_, errno_reason());
    }
    if (exists && !S_ISREG(status.st_mode)) {    // a device or a FIFO: nothing to rename
        fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd_ < 0)
            throw Error(path_, errno_reason());
        return;
    }
    if (exists) {
        if (access(path_.c_str(), W_OK) != 0)
            throw Error(path_, errno_reason());
        // The file a symbolic link points to is replaced, not the link.
        const std::unique_ptr<char, decltype(&std::free)> real(realpath(path_.c_str(), nullptr), &std::free);
        if (real)
            target_ = real.get();
    }
    if (target_.empty() || target_.back() == '/') {
        errno = target_.empty() ? ENOENT : EISDIR;
        throw Error(path_, errno_reason());
    }
    fd_ = open_temporary(target_, temporary_);
    if (fd_ < 0) {
        temporary_.clear();
        throw Error(path_, errno_reason());
    }
    if (exists) [[maybe_unused]]
        const int ignored = fchmod(fd_, status.st_mode & 07777);    // as far as we may
}

Output::Output(Output&& other) noexcept
    : path_(std::move(other.path_)), target_(std::move(other.target_)), temporary_(std::move(other.temporary_)),
      fd_(other.fd_), owned_(other.owned_), buffer_(std::move(other.buffer_))
{
    other.fd_ = -1;
    other.temporary_.clear();
}

Output::~Output()
{
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
    if (fd_ >= 0 && owned_)
        ::close(fd_);
}

void Output::write(std::span<const std::byte> bytes)
{
    write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void Output::write(std::string_view text)
{
    if (buffer_.size() + text.size() > buffer_limit)
        flush();
    if (text.size() > buffer_limit)
        write_through(text);
    else
        buffer_ += text;
}

void Output::flush()
{
    write_through(buffer_);
    buffer_.clear();
}

void Output::write_through(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t n = ::write(fd_, text.data(), text.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error(path_, errno_reason());
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

void Output::overwrite(std::size_t offset, std::span<const std::byte> bytes)
{
    flush();
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error(path_, errno_reason());
        offset += static_cast<std::size_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

void Output::commit()
{
    flush();
    if (!owned_)
        return;
    if (!temporary_.empty() && fsync(fd_) != 0)
        throw Error(path_, errno_reason());
    const int closed = ::close(fd_);
    fd_ = -1;
    if (closed != 0 && errno != EINTR)
        throw Error(path_, errno_reason());
    if (temporary_.empty())
        return;
    if (std::rename(temporary_.c_str(), target_.c_str()) != 0)
        throw Error(path_, errno_reason());
    temporary_.clear();
    const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);    // some file systems cannot; the file itself is safe
        ::close(folder);
    }
}

std::string read_whole_file(const std::string& path, std::size_t limit)
{
    Input input(path);
    if (input.regular() && input.size() > limit)
        throw Error(input.name(), "larger than " + std::to_string(limit) + " bytes");
    std::string text;
    for (;;) {
        const std::size_t before = text.size();
        const std::size_t piece = std::max<std::size_t>(64 * 1024, std::min<std::size_t>(before, 16 << 20));
        text.resize(before + piece);
        const std::size_t n = input.read(std::as_writable_bytes(std::span(text).subspan(before)));
        text.resize(before + n);
        if (text.size() > limit)
            throw Error(input.name(), "larger than " + std::to_string(limit) + " bytes");
        if (n < piece)
            return text;
    }
}

}    // namespace nonna
