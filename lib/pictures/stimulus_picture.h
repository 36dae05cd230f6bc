// What people see of a neuron: its optimal stimulus, its strongest pictures.
#pragma once

#include "analysis/stimulus.h"
#include "media/picture.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace nonna {

// The stimulus (row, column, channel) cut to `area`, its mean mid grey, stretched symmetrically so that the values'
// 99.5th percentile is black or white (beyond it they are cut), enlarged to at least 256 pixels. `whitened`: as the
// network sees it; otherwise as pixels, the whitening undone.
Picture stimulus_picture(const Preprocessing& preprocessing, std::span<const float> x, Area area, bool whitened);

// A sheet of the given pictures of a set, in that order, captioned with rank and response, the neuron's visible area
// outlined. Enlarged so that a picture is at least 96 pixels wide.
Picture strongest_sheet(const Preprocessing& preprocessing, const PictureBytes& pictures,
                        std::span<const float> responses, std::span<const std::size_t> chosen, Area area);

void write_png(const std::string& path, const Picture& picture);    // through io/output.h; "-" is standard output

}    // namespace nonna
