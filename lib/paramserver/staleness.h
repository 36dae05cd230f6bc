// How old the values were that pushes were computed on: a histogram of whole numbers.
#pragma once

#include <array>
#include <cstdint>

namespace nonna
{

class Staleness
{
  public:
    static constexpr std::size_t most = 1024;    // this and more are counted together

    void add(std::uint64_t staleness)
    {
        ++counts_[staleness < most ? staleness : most];
        ++count_;
        sum_ += staleness;
    }
    std::uint64_t count() const { return count_; }
    std::uint64_t sum() const { return sum_; }
    std::uint64_t up_to(std::uint64_t staleness) const
    {
        std::uint64_t n = 0;
        for (std::size_t i = 0; i <= staleness && i <= most; ++i)
            n += counts_[i];
        return n;
    }
    // The least staleness that a part q of the pushes does not exceed; 0 of none.
    std::uint64_t quantile(double q) const
    {
        std::uint64_t n = 0, at = 0;
        while (at < most && double(n += counts_[at]) < q * double(count_))
            ++at;
        return at;
    }

  private:
    std::array<std::uint64_t, most + 1> counts_{};
    std::uint64_t count_ = 0, sum_ = 0;
};

}    // namespace nonna
