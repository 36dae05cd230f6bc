// A file that appears complete or not at all.
//
// Bytes go to a temporary name in the target's folder; `commit` flushes, fsyncs, renames and fsyncs the folder. An
// Output destroyed without commit leaves nothing behind and an existing target untouched. "-" is standard output
// (no rename; binary data to a terminal is refused with status usage). Every write is checked: a full disk is an Error
// naming the target.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace nonna {

class Output {
  public:
    enum class Kind { binary, text };
    Output(std::string path, Kind kind);
    ~Output();
    Output(Output&& other) noexcept;
    Output& operator=(Output&&) = delete;

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text);
    void overwrite(std::size_t offset, std::span<const std::byte> bytes);    // not for "-"
    void commit();
    const std::string& name() const { return path_; }    // as given; "standard output" for "-"

  private:
    std::string path_, temporary_;
    int fd_ = -1;
    std::string buffer_;
    void flush();
};

std::string read_whole_file(const std::string& path, std::size_t limit);    // Error when larger than limit; "-" = stdin

}    // namespace nonna
