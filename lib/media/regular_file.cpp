#include "media/regular_file.h"

#include "media/reason.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace nonna
{

Descriptor open_regular(const std::string& path)
{
    Descriptor file = Descriptor::try_open(path, O_RDONLY | O_NONBLOCK);
    struct stat about {
    };
    if (!file || ::fstat(file.number(), &about) != 0)
        throw Refusal(path, Reason::unreadable, errno_reason());
    if (!S_ISREG(about.st_mode))
        throw Refusal(path, Reason::not_regular);
    if (about.st_size == 0)
        throw Refusal(path, Reason::empty);
    return file;
}

}    // namespace nonna
