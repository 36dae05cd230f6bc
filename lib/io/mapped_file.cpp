#include "io/mapped_file.h"

#include "base/descriptor.h"
#include "base/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace nonna
{

MappedFile::MappedFile(const std::string& path)
{
    const Descriptor file = Descriptor::open(path, O_RDONLY);
    struct stat status {
    };
    if (::fstat(file.number(), &status) != 0)
        throw Error(path, errno_reason());
    if (!S_ISREG(status.st_mode))
        throw Error(path, "not a regular file");
    if (status.st_size == 0)
        throw Error(path, "empty file, not an image set");
    void* const data = ::mmap(nullptr, std::size_t(status.st_size), PROT_READ, MAP_SHARED, file.number(), 0);
    if (data == MAP_FAILED)
        throw Error(path, errno_reason());
    bytes_ = {static_cast<const char*>(data), std::size_t(status.st_size)};
}

MappedFile::~MappedFile() { ::munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }

}    // namespace nonna
