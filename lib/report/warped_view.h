// The warps under which a neuron is watched, and how a picture looks to the network under each.
//
// Model to hold in mind: the network looks at a square of the source picture, its *view* (the largest centred one, or
// its middle `crop`), reduced to side x side pixels. A warp moves the picture below that view, about the view's middle:
//
//     translate_x   amount in pixels of the network's input, positive: the picture moves right
//     translate_y   likewise, positive: down
//     scale         factor, above 1: the picture is enlarged
//     rotate        degrees, positive: anticlockwise as seen
//
// The source's own pixels are used, once, by cubic resampling to the network's size (media/resample.h): what is behind
// the view comes into sight as it is, as far as the picture goes, and is mirrored, or of the picture's mean colour,
// beyond. Where the view has the network's size, the warp that changes nothing gives the view's bytes.
#pragma once

#include "base/names.h"
#include "media/picture.h"

#include <string>
#include <vector>

namespace nonna
{

enum class Warp { translate_x, translate_y, scale, rotate };

template <>
inline constexpr auto names_of<Warp> = names<Warp>({
    {Warp::translate_x, "translate-x"},
    {Warp::translate_y, "translate-y"},
    {Warp::scale, "scale"},
    {Warp::rotate, "rotate"},
});

struct WarpView {
    int side = 0;            // of the network's input
    double crop = 0;         // of the picture: above 1 pixels, (0, 1] a share of the shorter side; 0: all of that
    bool mirrored = true;    // beyond the picture; else its mean colour
};

// Error naming `subject` when the picture is smaller than the crop.
Picture warped(const Picture& source, Warp warp, double amount, const WarpView& view, const std::string& subject);

// Amounts from "EXTENT[/COUNT]" (-EXTENT .. EXTENT) or "LEAST:MOST[/COUNT]", equally spaced, ends included. COUNT is
// at least 2, or 1 where the ends are equal; without it amounts are about `step` apart,
// and 0 is one of them where it is in the middle. Error (usage) naming `option`.
// Amounts are rounded to 1e-9, so that the middle of 0.4:1.6 is 1.
struct AmountLimits {
    double least = 0, most = 0;
    bool symmetric = true;    // may be one number
};
std::vector<double> parse_amounts(const std::string& text, const std::string& option, const AmountLimits& limits,
                                  double step);

}    // namespace nonna
