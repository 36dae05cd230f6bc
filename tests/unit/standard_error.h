// What is said on stderr goes to a file while this lives: for tests in which much is said, or something must be.
#pragma once

#include "files.h"

#include <fcntl.h>
#include <unistd.h>

namespace nonna::test
{

class StandardError
{
  public:
    explicit StandardError(const std::string& path) : path_(path), before_(::dup(2))
    {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(file, 2);
        ::close(file);
    }
    ~StandardError()
    {
        ::dup2(before_, 2);
        ::close(before_);
    }
    StandardError(const StandardError&) = delete;
    std::string text() const { return read_bytes(path_); }

  private:
    std::string path_;
    int before_;
};

}    // namespace nonna::test
