// The paper's stage: local filters -> L2 pooling -> contrast normalisation, with the reconstruction topographic ICA
// cost
//
//     |r - x|^2 + lambda * sum of q,     r = alpha * sum over p, m of d[p, m] * h[p, m] placed at p
//
// tied (d = w, alpha the least-squares value from the averaged sums <W'h, x> and |W'h|^2, a constant in the gradient)
// or untied (d its own, alpha = 1). Parameters: encoder, then decoder when untied.
#pragma once

#include "model/architecture.h"
#include "model/exchange.h"
#include "model/stage.h"
#include "model/workspace.h"

#include <memory>

namespace nonna
{

template <class Real>
std::unique_ptr<Stage<Real>> make_local_stage(const StageArchitecture& stage, int batch, Precision,
                                              Workspace<Real>& workspace, Pool& pool, const TilePlace& place = {});

// alpha from the averaged sums; 1 before anything was seen.
inline double least_squares_scale(std::span<const double> sums) { return sums[1] > 0 ? sums[0] / sums[1] : 1.0; }

}    // namespace nonna
