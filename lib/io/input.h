// Bytes from a file, a pipe or standard input ("-"), private to this room.
//
// Model: one owned descriptor. `read` goes on where the last one ended and is complete unless the end was reached;
// `read_at` needs a regular file: `make_seekable` copies anything else into an unlinked temporary file first. Failures
// are Errors that name the input.
#pragma once

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
    ~Input();
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    const std::string& name() const { return name_; }    // the path; "standard input" for "-"
    bool regular() const { return regular_; }
    std::uint64_t size() const { return size_; }    // of a regular file

    std::size_t read(std::span<std::byte> into);    // less than asked: the end
    // What is there now, waiting for it; 0: the end. An interrupt ends the waiting: Error, as throw_if_interrupted.
    std::size_t read_some(std::span<std::byte> into);
    void read_at(std::uint64_t offset, std::span<std::byte> into) const;    // less than asked: Error "truncated"
    void will_read(std::uint64_t offset, std::uint64_t bytes) const;        // soon: the system may begin
    void make_seekable();

  private:
    std::string name_;
    int fd_ = -1;
    bool owned_ = true, regular_ = false;
    std::uint64_t size_ = 0;
};

}    // namespace nonna
