// A stage's filters, the encoder's weights, as people can look at them: a row of the sheet a position, a tile a map,
// captioned ROW,COL,MAP.
//
// Zero is mid grey, positive weights are lighter, negative ones darker. Values are stretched until the 99.5th
// percentile of their sizes is black or white; what is beyond is cut. Each weight is a square of equal pixels, nothing
// is smoothed.
//     weights   one scale for the whole sheet, so that filters can be held against each other. A first-stage filter of
//               three channels is one colour picture; a filter over maps, which have no colours, is one grey picture
//               for each of its input maps, in rows, the first at the top left.
//     pixels    the first stage only: the filter, placed where it looks, divided by the whitening's regularised Fourier
//               response. The whitening takes nearly all of a picture's mean, and lowers frequencies unevenly, so
//               neither level nor size mean anything here: each filter has its own mean at mid grey, and its own scale.
#pragma once

#include "media/picture.h"
#include "model/model_file.h"

#include <span>
#include <vector>

namespace nonna
{

enum class FilterView { weights, pixels };

struct FilterPosition {
    int row = 0, column = 0;
};

// Error when a position is not one of the stage's. `stage` from 0.
Picture filter_sheet(const Model& model, int stage, std::span<const FilterPosition> positions, FilterView view,
                     Pool& pool);

// n x n positions, evenly over the stage from corner to corner, row by row; each once where there are fewer than n.
std::vector<FilterPosition> grid_of_positions(int n, const StageArchitecture& stage);

// "6,7" as a position of the stage; Error (usage) naming `text`.
FilterPosition parse_position(const std::string& text, const StageArchitecture& stage);

// The weights of one filter, (row, column, input map).
std::vector<float> encoder_filter(const Model& model, int stage, FilterPosition position, int map);

}    // namespace nonna
