// Progress of a long job on stderr: a line redrawn in place with rate and time left on a terminal, one plain line a
// minute otherwise, nothing with --quiet. Thread-safe. The clock is used for display only, never for results.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace nonna
{

class Progress
{
  public:
    // total 0: unknown, no time left is shown. `unit` is a plural noun: "images", "steps".
    Progress(std::string label, std::uint64_t total, std::string unit);
    ~Progress();    // clears the line

    void advance(std::uint64_t n = 1);
    void note(const std::string& text);    // short remark shown behind the counts ("cost 12.3")

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
