// Bytes set aside on disk: what comes from a pipe and is needed twice, or is more than memory should hold.
//
// Model: a temporary file in $TMPDIR (/tmp) without a name: gone when closed, whatever happens. Appended to, read
// anywhere. Failures are Errors that name the folder. One thread at a time.
#pragma once

#include "base/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace nonna
{

std::string temporary_folder();    // $TMPDIR, else /tmp

class Spool
{
  public:
    Spool();

    void write(std::span<const std::byte> bytes);    // at the end
    void read_at(std::uint64_t offset, std::span<std::byte> into) const { file_.read_at(offset, into); }
    std::uint64_t size() const { return size_; }
    Descriptor release(std::string name);    // the file, the caller's from now on, and what it is called in errors

  private:
    Descriptor file_;
    std::uint64_t size_ = 0;
};

}    // namespace nonna
