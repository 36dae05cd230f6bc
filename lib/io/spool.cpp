#include "io/spool.h"

#include "base/error.h"

#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace nonna
{

static Descriptor nameless_file()
{
    const char* const set = std::getenv("TMPDIR");
    const std::string folder = set && *set ? set : "/tmp";
    std::string name = folder + "/nonna-XXXXXX";
    Descriptor file(::mkostemp(name.data(), O_CLOEXEC), "temporary file");
    if (!file)
        throw Error(folder, "no temporary file: " + errno_reason());
    ::unlink(name.c_str());
    return file;
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
