// Pictures of a stream at a network's input size, a batch at a time: memory does not grow with the stream.
//
// An archive, a built set's folder, a pipe or "-". Pictures come in the stream's order, decoded on the pool's threads
// and brought to size as read_pictures (images/picture_set.h) does; a batch is overwritten by the next.
#pragma once

#include "images/picture_set.h"

#include <cstddef>
#include <functional>
#include <string>

namespace nonna
{

// `take` gets the pictures from number `first` on, at most `batch` of them; those that are not wanted are not counted.
// Returns how many there were. Error when the stream is empty, truncated or holds a wanted picture that does not
// decode.
std::size_t stream_pictures(const std::string& path, const PictureForm& form, std::size_t batch, Pool& pool,
                            const std::function<void(const PictureSet& pictures, std::size_t first)>& take,
                            const WantSample& want = {});

}    // namespace nonna
