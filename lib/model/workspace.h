// Buffers whose contents live no longer than one stage's turn, shared by all stages of a network: its memory is then
// that of the activations that must live until the way down, and one stage's scratch, the largest.
//
// While the network is made each stage claims what it will need; a claim only raises the size. Buffers are reserved at
// their first use, and their pages touched when written. One user at a time: whoever reads what he wrote earlier must
// know that no other stage had its turn meanwhile (`turn`).
#pragma once

#include "kernels/aligned.h"
#include "kernels/bf16.h"

#include <array>
#include <cassert>

namespace nonna
{

// A buffer in the shape of
enum class Scratch : int {
    reconstruction,     // a stage's input: W'h, then the gradient with respect to it
    residual,           // a stage's input: r - x
    hidden_gradient,    // the filters' output
    pooled_gradient,    // the pooled activations
    pooled,             // the same: pooling's ratio, a normalisation on the full grid
    plane,
    plane2,    // one map of the pooled activations
    // Of a tile, whose arrays above are what it owns: what it makes of units that it needs (model/halo.h).
    needed_input,             // W'h, then the error's gradient
    needed_input_gradient,    // d cost / d input
    needed_hidden_gradient,
    needed_pooled_gradient,
};
inline constexpr int scratch_kinds = 11;

// Copies in bf16 of a kernel's operands (kernels/bf16.h).
enum class Narrow : int { pairs, lanes_x, lanes_a, lanes_e, lanes_b };
inline constexpr int narrow_kinds = 5;

template <class Real> class Workspace
{
  public:
    void claim(Scratch kind, std::size_t n) { raise(sizes_[int(kind)], n); }
    void claim(Narrow kind, std::size_t n) { raise(narrow_sizes_[int(kind)], n); }
    Real* operator[](Scratch kind) { return at(buffers_[int(kind)], sizes_[int(kind)]); }
    Bf16* operator[](Narrow kind) { return at(narrow_[int(kind)], narrow_sizes_[int(kind)]); }

    // All that was claimed, at once, for a plan of memory; what only gradients from above need where they come.
    void reserve_all(bool from_above)
    {
        for (int i = 0; i < scratch_kinds; ++i)
            if (from_above || (Scratch(i) != Scratch::pooled_gradient && Scratch(i) != Scratch::needed_input_gradient))
                (*this)[Scratch(i)];
        for (int i = 0; i < narrow_kinds; ++i)
            (*this)[Narrow(i)];
    }

    const void* turn = nullptr;    // the stage whose reconstruction is in the buffers; null: nobody's

  private:
    std::array<std::size_t, scratch_kinds> sizes_{};
    std::array<std::size_t, narrow_kinds> narrow_sizes_{};
    std::array<Aligned<Real>, scratch_kinds> buffers_;
    std::array<Aligned<Bf16>, narrow_kinds> narrow_;

    static void raise(std::size_t& size, std::size_t n) { size = std::max(size, n); }
    template <class T> static T* at(Aligned<T>& buffer, std::size_t size)
    {
        if (buffer.size() == 0 && size > 0)
            buffer = Aligned<T>(size);
        assert(buffer.size() == size);    // nobody claims after the first use
        return buffer.data();
    }
};

}    // namespace nonna
