// Pictures to learn from, by number: decoded when they are asked for, so that a run's memory does not grow with its
// sets.
//
// A picture comes as side * side * channels bytes, (row, column, channel), by decode_square (images/picture_set.h). Any
// number of threads may read at the same time.
#pragma once

#include "model/preprocess.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pictures
{
  public:
    virtual ~Pictures() = default;
    virtual std::string digest() const = 0;    // of all of them, as long as the set is not another
    virtual std::size_t count() const = 0;
    // Error naming file and member where the picture does not decode.
    virtual void read(std::size_t i, std::span<std::uint8_t> into) const = 0;
};

// An image set: an archive (with the index beside it, where there is one), a built set's folder, a pipe, or "-".
// Mapped, not read: 24 bytes of memory a picture. Error when it is empty, truncated or no image set; a picture's own
// faults show when it is read.
std::shared_ptr<const Pictures> open_pictures(const std::string& path, const PictureForm& form);

std::vector<std::shared_ptr<const Pictures>> open_all(const std::vector<std::string>& paths, const PictureForm& form);

// Every `of`-th of them, from the `first`-th on: a replica's portion. Error when none is left.
std::shared_ptr<const Pictures> portion(std::shared_ptr<const Pictures> all, std::size_t first, std::size_t of);

}    // namespace nonna
