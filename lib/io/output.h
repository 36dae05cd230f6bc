// A file that appears complete or not at all.
//
// Bytes go to a temporary name in the target's folder; `commit` flushes, fsyncs, renames and fsyncs the folder. An
// Output destroyed without commit leaves nothing behind and an existing target untouched. "-" is standard output
// (no rename; binary data to a terminal is refused with status usage); devices and FIFOs are written directly. Every
// write is checked: a full disk is an Error naming the target. A replaced file keeps its mode, a symbolic link stays
// and the file behind it is replaced. A closed pipe kills the process by SIGPIPE, quietly. One thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace nonna
{

class Output
{
  public:
    enum class Kind { binary, text };
    Output(std::string path, Kind kind);
    ~Output();
    Output(Output&& other) noexcept;
    Output& operator=(Output&&) = delete;

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text);
    void overwrite(std::size_t offset, std::span<const std::byte> bytes);    // only if can_overwrite()
    bool can_overwrite() const { return !temporary_.empty(); }               // false for "-", devices and FIFOs
    void commit();
    const std::string& name() const { return path_; }    // as given; "standard output" for "-"

  private:
    std::string path_, target_, temporary_;    // target_: path_ with links resolved
    int fd_ = -1;
    bool owned_ = true;    // false: standard output
    std::string buffer_;
    void flush();
    void write_through(std::string_view text);
};

std::string read_whole_file(const std::string& path, std::size_t limit);    // Error when larger than limit; "-" = stdin

}    // namespace nonna
