// The only file that includes xtensor. Arrays here have a fixed rank; write loops over raw pointers or operator(),
// never `auto` on xtensor expressions and no views in loops.
#pragma once

#include <xtensor/xtensor.hpp>

namespace nonna
{

template <class T, std::size_t Rank> using Tensor = xt::xtensor<T, Rank>;

}    // namespace nonna
