// Progress of a long job on stderr: a line redrawn in place with rate and time left on a terminal, one plain line a
// minute otherwise, nothing with --quiet. Thread-safe. The clock is used for display only, never for results.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace nonna
{

// How far it is. Where nobody knows how many there are, but how many bytes hold them all, the bytes say what is left.
struct Advance {
    std::string label, unit, note;
    std::uint64_t done = 0, total = 0;    // total 0: unknown
    std::uint64_t bytes = 0, of = 0;      // of 0: unknown
};
// "reading a.tar: 1200 images (3.4/18.5 GB), 340/s, 0:42 left", after so many seconds.
std::string progress_text(const Advance& advance, double seconds);

class Progress
{
  public:
    // total 0: unknown, no time left is shown. `unit` is a plural noun: "images", "steps".
    Progress(std::string label, std::uint64_t total, std::string unit);
    ~Progress();    // clears the line

    void advance(std::uint64_t n = 1);
    void read(std::uint64_t bytes, std::uint64_t of);    // so far, of so many; of 0: unknown
    void note(const std::string& text);                  // short remark shown behind the counts ("cost 12.3")

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
