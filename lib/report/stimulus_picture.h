// What people see of a neuron: its optimal stimulus, its strongest pictures.
#pragma once

#include "analysis/extremes.h"
#include "media/picture.h"
#include "model/neuron.h"
#include "model/preprocess.h"

#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

// The stimulus (row, column, channel) cut to `area`, its mean mid grey, stretched symmetrically so that the values'
// 99.5th percentile is black or white (beyond it they are cut), enlarged to at least 256 pixels. `whitened`: as the
// network sees it; otherwise as pixels, the whitening undone.
Picture stimulus_picture(const Preprocessing& preprocessing, std::span<const float> x, Area area, bool whitened);
// The same as it is, a pixel a value.
Picture stimulus_pixels(const Preprocessing& preprocessing, std::span<const float> x, Area area, bool whitened);
// What a neuron saw of a picture, a pixel a value.
Picture seen_pixels(const Preprocessing& preprocessing, const SeenPicture& picture, Area area);

// One neuron's optimal stimulus on a sheet of many.
struct StimulusTile {
    std::string name;
    double response = 0;
    std::span<const float> x;
    Area area;
};

// One alone as stimulus_picture has it; more on a sheet, captioned with the neuron's name and response, in their order.
Picture stimuli_picture(const Preprocessing& preprocessing, std::span<const StimulusTile> stimuli, bool whitened,
                        Pool& pool);

// What one neuron responded to most or least.
struct ExtremesRow {
    std::string name;
    Area area;    // what it sees
    std::span<const Extreme> pictures;
};

// One neuron: its pictures in their order, captioned with rank and response, the neuron's visible area outlined. More:
// a row a neuron, which opens with its name and area. Enlarged so that a picture is at least 96 pixels wide.
Picture extremes_sheet(const Preprocessing& preprocessing, std::span<const ExtremesRow> rows);

// Error where the picture of so many would be too large (report/sheet.h): asked before the work. `most`: pictures of a
// neuron, of those that the set has.
void require_extremes_sheet(const Preprocessing& preprocessing, std::size_t neurons, std::size_t most,
                            const std::string& set);
void require_stimuli_picture(std::size_t neurons);

}    // namespace nonna
