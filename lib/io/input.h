// Bytes from a file, a pipe or standard input ("-"), private to this room.
//
// Model: one descriptor. `read` goes on where the last one ended and is complete unless the end was reached;
// `read_at` needs a regular file: `make_seekable` copies anything else into an unlinked temporary file first. Failures
// are Errors that name the input.
#pragma once

#include "base/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace nonna
{

class Input
{
  public:
    explicit Input(const std::string& path);
    const std::string& name() const { return file_.name(); }    // the path; "standard input" for "-"
    bool regular() const { return regular_; }
    std::uint64_t size() const { return size_; }    // of a regular file

    Descriptor& descriptor() { return file_; }
    std::size_t read(std::span<std::byte> into) { return file_.read(into); }    // less than asked for: the end
    // What is there now, waiting for it; 0: the end. For long copies: an interrupt ends them, waiting or not.
    std::size_t read_some(std::span<std::byte> into);
    void read_at(std::uint64_t offset, std::span<std::byte> into) const { file_.read_at(offset, into); }
    void will_read(std::uint64_t offset, std::uint64_t bytes) const;    // soon: the system may begin
    Descriptor copy();                                                  // the rest of it, as a file without a name
    void make_seekable();

  private:
    Descriptor file_;
    bool regular_ = false;
    std::uint64_t size_ = 0;
};

}    // namespace nonna
