#include "io/input.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace nonna
{

static Descriptor open_input(const std::string& path)
{
    return path == "-" ? Descriptor::borrow(STDIN_FILENO, "standard input")
                       : Descriptor::open(path, O_RDONLY | O_NOCTTY);
}

Input::Input(const std::string& path) : file_(open_input(path))
{
    struct stat status {
    };
    if (::fstat(file_.number(), &status) != 0)
        throw Error(name(), errno_reason());
    if (S_ISDIR(status.st_mode))
        throw Error(name(), errno_reason(EISDIR));
    regular_ = S_ISREG(status.st_mode);
    size_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::size_t Input::read_some(std::span<std::byte> into)
{
    throw_if_interrupted();
    return file_.read_some(into);
}

void Input::will_read(std::uint64_t offset, std::uint64_t bytes) const
{
    ::posix_fadvise(file_.number(), off_t(offset), off_t(bytes), POSIX_FADV_WILLNEED);
}

Descriptor Input::copy()
{
    Spool spool;
    std::vector<std::byte> piece(1 << 20);
    while (const std::size_t n = read_some(piece))
        spool.write(std::span(piece).first(n));
    return spool.release(name());
}

void Input::make_seekable()
{
    if (regular_)
        return;
    file_ = copy();
    size_ = file_.size();
    regular_ = true;
}

}    // namespace nonna
