// A folder that one run at a time works in: made where it is missing, and locked by a file in it as long as this lives.
// The lock is the kernel's (flock), so it goes with the process, however that ends; the file stays.
#pragma once

#include "base/descriptor.h"

#include <string>

namespace nonna
{

class FolderLock
{
  public:
    // Error with status locked, about `subject` for `reason`, where another process has it.
    FolderLock(const std::string& folder, const std::string& file, const std::string& subject,
               const std::string& reason);

  private:
    Descriptor file_;
};

}    // namespace nonna
