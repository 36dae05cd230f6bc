#include "io/spool.h"

#include "base/error.h"

#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace nonna
{

// Named in errors by its folder, which is what a person can change.
static Descriptor nameless_file()
{
    const std::string folder = temporary_folder();
    const std::string subject = folder + ": temporary files (TMPDIR names another folder)";
    std::string name = folder + "/nonna-XXXXXX";
    const int number = ::mkostemp(name.data(), O_CLOEXEC);
    if (number < 0)
        throw Error(subject, errno_reason());
    ::unlink(name.c_str());
    return {number, subject};
}

std::string temporary_folder()
{
    const char* const set = std::getenv("TMPDIR");
    return set && *set ? set : "/tmp";
}

Spool::Spool() : file_(nameless_file()) {}

void Spool::write(std::span<const std::byte> bytes)
{
    file_.write(bytes);
    size_ += bytes.size();
}

Descriptor Spool::release(std::string name)
{
    file_.rename(std::move(name));
    return std::move(file_);
}

}    // namespace nonna
