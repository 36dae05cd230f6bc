#include "io/folder_lock.h"

#include "base/error.h"

#include <fcntl.h>
#include <filesystem>

namespace nonna
{

FolderLock::FolderLock(const std::string& folder, const std::string& file, const std::string& subject,
                       const std::string& reason)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw Error(folder, errno_reason(error.value()));
    file_ = Descriptor::open(folder + "/" + file, O_RDWR | O_CREAT);
    if (!file_.try_lock(false))
        throw Error(subject, reason, ExitStatus::locked);
}

}    // namespace nonna
