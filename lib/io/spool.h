// Bytes set aside on disk: what comes from a pipe and is needed twice, or is more than memory should hold.
//
// Model: a temporary file in $TMPDIR (/tmp) without a name: gone when closed, whatever happens. Appended to, read
// anywhere. Failures are Errors. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace nonna
{

class Spool
{
  public:
    Spool();
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    void write(std::span<const std::byte> bytes);                           // at the end
    void read_at(std::uint64_t offset, std::span<std::byte> into) const;    // what was written
    std::uint64_t size() const { return size_; }
    int release();    // the descriptor, the caller's from now on

  private:
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

// Fills `into` from `offset` of an open file on. Error naming `name`: also "truncated", where the file ends before.
void read_whole(int fd, const std::string& name, std::uint64_t offset, std::span<std::byte> into);

}    // namespace nonna
