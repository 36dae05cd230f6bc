// One grid of a stage as a tile sees it: its own rectangle, and the larger one that it computes with.
//
//     spread     own to needed: the needed rectangle is put together from everybody's own
//     collect    needed to own, its adjoint: each gives back what it has made of a unit to the unit's owner, who adds
//                up what he gets, in the order of tiles
//
// Arrays are (row, column, map, lane), as in model/stage.h, and all lanes travel, so that padding stays what it was.
// With whom is known from all tiles' rectangles: whoever owns something that is needed here, wherever he lies, and
// "needed" may be the whole grid. Where a network is in one piece, or nothing but the own is needed, nothing is copied:
// the needed array is the own one.
#pragma once

#include "kernels/aligned.h"
#include "model/exchange.h"

#include <vector>

namespace nonna
{

template <class Real> class Halo
{
  public:
    Halo() = default;    // in one piece
    // `needed` says of each tile what it needs of `grid`.
    Halo(const TilePlace& place, const Shape& grid, const std::vector<Area>& needed);

    bool is_own() const { return own_only_; }    // the needed array is the own one
    std::size_t needed_size() const { return own_only_ ? 0 : shape_of(needed_, maps_).size(); }    // of one lane

    // Where the needed rectangle is written: `room`, or the own array itself.
    Real* needed(Real* own, Real* room) const { return own_only_ ? own : room; }
    const Real* needed(const Real* own, const Real* room) const { return own_only_ ? own : room; }
    // The needed rectangle, in `room` or where it is.
    const Real* spread(int lanes, const Real* own, Real* room);
    void collect(int lanes, const Real* needed, Real* own);

  private:
    struct Peer {
        int tile;
        Area theirs, mine;    // what of my own he needs, what of his own I need
    };
    Exchange* exchange_ = nullptr;
    bool own_only_ = true;
    int maps_ = 0;
    Area own_, needed_;
    std::vector<Peer> peers_;    // in the order of tiles; the tile itself among them
    Aligned<Real> message_;

    std::span<Real> message(const Area& area, int lanes);
};

extern template class Halo<float>;
extern template class Halo<double>;

}    // namespace nonna
