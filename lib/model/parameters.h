// Parameters as networks and stages see them: floats, or split ones, and never the one taken for the other.
//
// A network in fp32 reads floats. One in bf16 reads filters whose matrices are split in place, each into its upper and
// its lower halves (kernels/bf16.h): as many bytes, of which the upper halves alone are what is multiplied. The bytes
// do not say which of the two they are, and each read as the other is numbers like any. So the type says it. Split
// weights are never behind a float* or a span of floats, but in a SplitParameters, which owns them, and behind a view
// that hands out a pointer only to who names what he expects. Biases are floats in both.
//
//     Parameters<const Real>    a view, for reading: what `up`, `cost` and `down` take
//     Parameters<Real>          the same, for who moves them
//     SplitParameters           a model's parameters while a bf16 network has them
//
// Whatever is a span of floats turns into a view of floats by itself, so that who knows of no bf16 need not care. A
// view owns nothing and is copied like a pointer.
#pragma once

#include "kernels/aligned.h"
#include "kernels/bf16.h"

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

namespace nonna
{

class Pool;
struct Architecture;

template <class Floats, class Real>
concept spanned_by = std::is_constructible_v<std::span<Real>, Floats&>;

template <class Real> class Parameters
{
  public:
    Parameters() = default;    // none
    template <spanned_by<Real> Floats> Parameters(Floats&& floats) : Parameters(std::span<Real>(floats), false) {}
    // Who may move them may read them.
    template <class Moved, class = std::enable_if_t<std::is_same_v<const Moved, Real>>>
    Parameters(const Parameters<Moved>& other) : Parameters(other.memory_, other.split_)
    {
    }

    bool empty() const { return memory_.empty(); }
    std::size_t size() const { return memory_.size(); }

    // Those from `first` on, `count` of them or all that follow. Cuts between matrices only, where they are split.
    Parameters from(std::size_t first, std::size_t count = std::dynamic_extent) const
    {
        return {memory_.subspan(first, count), split_};
    }

    // What is expected there, by name. Of the other kind it is a mistake of ours.
    Real* unsplit() const
    {
        assert(!split_);
        return memory_.data();
    }
    using Half = std::conditional_t<std::is_const_v<Real>, const Bf16, Bf16>;
    Half* halves() const    // of the first matrix: upper ones, then lower ones; then the next's
    {
        static_assert(sizeof(Real) == 2 * sizeof(Half));
        assert(split_);
        return reinterpret_cast<Half*>(memory_.data());
    }
    Real* biases() const { return memory_.data(); }

  private:
    friend class SplitParameters;
    friend class Parameters<const Real>;
    Parameters(std::span<Real> memory, bool split) : memory_(memory), split_(split) {}

    std::span<Real> memory_;    // where split, of as many bytes
    bool split_ = false;
};

// Takes a model's floats over, splits every filter's matrix where it lies, and gives them back, bit for bit. No more
// memory than the largest matrix a thread is used.
class SplitParameters
{
  public:
    SplitParameters(const Architecture& architecture, Aligned<float> floats, Pool& pool);
    Parameters<float> view() { return {std::span<float>(memory_), true}; }
    Aligned<float> join(const Architecture& architecture, Pool& pool) &&;

  private:
    Aligned<float> memory_;
};

}    // namespace nonna
