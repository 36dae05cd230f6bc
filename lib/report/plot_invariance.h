// Response minus threshold under warps, one small plot a warp: the mean over the pictures, and a band of one deviation
// to either side. Dashed: the threshold; dotted: the amount that changes nothing. All share their vertical axis, so
// that curves can be compared. Light and dark pages, errors: as in plot.h.
#pragma once

#include "analysis/invariance.h"

#include <span>
#include <string>

namespace nonna
{

// `points` as response_curves and read_curves give them, at least one.
std::string plot_invariance(const std::string& title, std::span<const CurvePoint> points);

}    // namespace nonna
