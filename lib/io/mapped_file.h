// Private to this room: a regular file in memory, looked at where it is asked for (mmap). Any thread.
//
// Whoever truncates the file, or loses the disk below it, ends this process by SIGBUS; a file that is replaced by
// rename lives on as long as it is mapped.
#pragma once

#include <string>
#include <string_view>

namespace nonna
{

class MappedFile
{
  public:
    explicit MappedFile(const std::string& path);    // Error where it is empty or no regular file
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    std::string_view bytes() const { return bytes_; }

  private:
    std::string_view bytes_;
};

}    // namespace nonna
