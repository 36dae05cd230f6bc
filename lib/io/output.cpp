#include "io/output.h"

#include "base/error.h"
#include "base/shown_text.h"
#include "io/input.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

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

// Whether the path still leads to this file.
bool is_at(const Descriptor& file, const std::string& path)
{
    struct stat here {
    }, there{};
    return ::fstat(file.number(), &here) == 0 && ::lstat(path.c_str(), &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

// flock(2), where the file system has it.
bool lock(const Descriptor& file) { return ::flock(file.number(), LOCK_EX | LOCK_NB) == 0; }

// ".NAME.PID-N" beside the target; is_output_leftover knows it again. It is locked for as long as it is written, by
// which one of a program that was killed is told from one that somebody is at work on, be it on another machine.
// open(O_EXCL) rather than mkostemp: the kernel applies the umask to 0666, which cannot be asked for without a race.
Descriptor open_temporary(const std::string& target, std::string& temporary)
{
    static std::atomic<unsigned> counter{0};
    const std::string name = target.substr(target.rfind('/') + 1).substr(0, NAME_MAX - 32);
    remove_output_leftovers(folder_of(target), name + ".");
    for (;;) {
        temporary = folder_of(target) + "/." + name + "." + std::to_string(getpid()) + "-" + std::to_string(++counter);
        Descriptor file = Descriptor::try_open(temporary, O_RDWR | O_CREAT | O_EXCL);
        if (!file && errno != EEXIST)
            return file;
        if (file && (lock(file), is_at(file, temporary)))    // else another took it for a leftover before it was locked
            return file;
    }
}

}    // namespace

Output::Output(std::string path, Kind kind)
{
    if (path != "-") {
        open(path);
        file_.rename(std::move(path));
    } else
        file_ = Descriptor::borrow(STDOUT_FILENO, "standard output");
    terminal_ = temporary_.empty() && isatty(file_.number()) == 1;
    if (kind == Kind::binary && terminal_)
        throw Error(name(), "binary data is not written to a terminal", ExitStatus::usage);
}

// What can be replaced is written beside its place; a device or a FIFO has no place to be renamed to.
void Output::open(const std::string& path)
{
    struct stat status {
    };
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        throw Error(path, errno_reason(EISDIR));
    if (exists && !S_ISREG(status.st_mode)) {
        file_ = Descriptor::open(path, O_WRONLY | O_NOCTTY);
        return;
    }
    target_ = path;
    if (exists) {
        if (::access(path.c_str(), W_OK) != 0)
            throw Error(path, errno_reason());
        // The file that a symbolic link points to is replaced, not the link.
        const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
        if (real)
            target_ = real.get();
    }
    if (target_.empty() || target_.back() == '/')
        throw Error(path, errno_reason(target_.empty() ? ENOENT : EISDIR));
    std::string temporary;
    file_ = open_temporary(target_, temporary);
    if (!file_)
        throw Error(path, errno_reason());
    temporary_ = std::move(temporary);    // from here on the destructor removes it
    if (exists) [[maybe_unused]]
        const int ignored = ::fchmod(file_.number(), status.st_mode & 07777);    // as far as we may
}

Output::Output(Output&& other) noexcept
    : file_(std::move(other.file_)), target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})),
      buffer_(std::move(other.buffer_)), terminal_(other.terminal_)
{
}

Output::~Output()
{
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
}

void Output::write(std::span<const std::byte> bytes)
{
    write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void Output::write(std::string_view text)
{
    if (terminal_) {
        file_.write(shown_text(text, "\t\n"));
        return;
    }
    if (buffer_.size() + text.size() > buffer_limit)
        flush();
    if (text.size() > buffer_limit)
        file_.write(text);
    else
        buffer_ += text;
}

void Output::flush()
{
    file_.write(buffer_);
    buffer_.clear();
}

void Output::overwrite(std::size_t offset, std::span<const std::byte> bytes)
{
    flush();
    file_.write_at(offset, bytes);
}

void Output::commit()
{
    flush();
    if (temporary_.empty()) {
        file_.close();
        return;
    }
    // The bytes first, then the name, then the name's place: a crash in between leaves the old file or the new one,
    // never the new name with half of its bytes. The lock is kept until the name is another, by a second descriptor of
    // the same open file; some file systems tell of a failed write at the close of the first.
    file_.sync();
    const Descriptor locked(::fcntl(file_.number(), F_DUPFD_CLOEXEC, 0), name());
    file_.close();
    if (std::rename(temporary_.c_str(), target_.c_str()) != 0)
        throw Error(name(), errno_reason());
    temporary_.clear();
    sync_folder(folder_of(target_));
}

bool is_output_leftover(const std::string& name)
{
    const std::size_t dash = name.rfind('-'), dot = name.rfind('.');
    const auto digits = [&](std::size_t from, std::size_t to) {
        return from < to && name.find_first_not_of("0123456789", from) >= to;
    };
    return name.starts_with('.') && dot != 0 && dash != name.npos && dot < dash && digits(dot + 1, dash) &&
           digits(dash + 1, name.size());
}

void remove_output_leftovers(const std::string& folder, const std::string& beginning)
{
    std::error_code error;
    for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
        const std::string name = i->path().filename().string(), path = i->path().string();
        if (!name.starts_with("." + beginning) || !is_output_leftover(name))
            continue;
        struct stat status {
        };
        if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
            continue;
        const Descriptor file = Descriptor::try_open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
        if (file && lock(file) && is_at(file, path))
            ::unlink(path.c_str());
    }
}

void write_whole_file(const std::string& path, std::string_view text)
{
    Output out(path, Output::Kind::text);
    out.write(text);
    out.commit();
}

std::string read_whole_file(const std::string& path, std::size_t limit)
{
    Input input(path);
    if (input.regular() && input.size() > limit)
        throw Error(input.name(), "larger than " + std::to_string(limit) + " bytes");
    return read_text(input.descriptor(), limit);
}

}    // namespace nonna
