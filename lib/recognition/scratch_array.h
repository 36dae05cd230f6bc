// An array of numbers that may be larger than memory: zeroed, in memory, or in an unlinked file in $TMPDIR that is
// mapped.
//
// Model to hold in mind: of a mapped one only what is worked on need be in memory. `rest` says that a part will not be
// looked at for a while: its pages leave this process, and the file keeps them. The file's room on the disk is taken at
// once, so that a full disk is an Error then, not a signal later. One owner; threads may write different parts.
#pragma once

#include "base/descriptor.h"
#include "kernels/aligned.h"

#include <cstddef>
#include <span>

namespace nonna
{

class ScratchArray
{
  public:
    ScratchArray() = default;    // none
    ScratchArray(std::size_t count, bool mapped);
    ~ScratchArray();
    ScratchArray(ScratchArray&& other) noexcept;
    ScratchArray& operator=(ScratchArray&& other) noexcept;

    float* data() { return data_; }
    const float* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::span<float> span() { return {data_, size_}; }
    std::span<const float> span() const { return {data_, size_}; }
    void rest(std::size_t first, std::size_t count);    // nothing, where it is in memory

  private:
    Aligned<float> memory_;
    Descriptor file_;
    float* data_ = nullptr;
    std::size_t size_ = 0;
};

}    // namespace nonna
