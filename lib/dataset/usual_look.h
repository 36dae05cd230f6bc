// The usual look of a fixed camera's places: the pixelwise median of a source's frames, and how far a frame is from it.
//
// Detectors miss some of what they look for. Where a source's frames share a background, a frame that looks in a
// square as the source looks there most of the time has nothing passing through it. Frames are compared as thumbnails
// of at most `thumbnail` pixels a side; the median is over all frames, or over `most` spread evenly. Where the camera
// moves the distance says little, and is still the same for the same frames.
#pragma once

#include "io/image_stream.h"

#include <cstdint>
#include <vector>

namespace nonna
{

class UsualLook
{
  public:
    // All frames have the first one's size. Decodes every frame once, on `threads` threads.
    UsualLook(const std::vector<const Sample*>& frames, int threads);

    // Mean absolute difference between frame `index` and the median in a square of the frame's pixels, in levels.
    double difference(std::size_t index, int x, int y, int side) const;

    // Is it no more than the median of all frames' differences there?
    bool usual(std::size_t index, int x, int y, int side) const;

    static constexpr int thumbnail = 96;
    static constexpr std::size_t most = 201;

  private:
    int width_ = 0, height_ = 0;    // of a thumbnail
    double sx_ = 1, sy_ = 1;        // thumbnail's pixels a frame's pixel
    std::vector<std::vector<std::uint32_t>>
        sums_;    // summed-area tables of |frame - median|, (height + 1) x (width + 1)
};

}    // namespace nonna
