// A file that appears complete or not at all.
//
// Bytes go to a temporary name in the target's folder; `commit` flushes, fsyncs, renames and fsyncs the folder. An
// Output destroyed without commit leaves nothing behind and an existing target untouched; what a killed program left
// goes when the same target is written again. "-" is standard output (no rename; binary data to a terminal is refused
// with status usage, text from files is shown there, not obeyed: base/shown_text.h, for which each `write` has whole
// characters); devices and FIFOs are written directly. Every
// write is checked: a full disk is an Error naming the target. A replaced file keeps its mode, a symbolic link stays
// and the file behind it is replaced. A closed pipe kills the process by SIGPIPE, quietly. One thread at a time.
#pragma once

#include "base/descriptor.h"

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
    const std::string& name() const { return file_.name(); }    // as given; "standard output" for "-"

  private:
    Descriptor file_;
    std::string target_, temporary_;    // target_: the path with links resolved; empty where it is written directly
    std::string buffer_;
    bool terminal_ = false;    // it is written to one
    void open(const std::string& path);
    void flush();
};

// Whether a file is called as the temporary one of an Output that was killed before it could commit or clear up.
bool is_output_leftover(const std::string& name);
// Removes those in a folder whose targets' names begin so. One that a living program is writing stays.
void remove_output_leftovers(const std::string& folder, const std::string& beginning);

void write_whole_file(const std::string& path, std::string_view text);
std::string read_whole_file(const std::string& path, std::size_t limit);    // Error when larger than limit; "-" = stdin

}    // namespace nonna
