// Pictures of a stream at a network's input size, a batch at a time: memory does not grow with the stream.
//
// An archive, a built set's folder, a pipe or "-". Pictures come in the stream's order, decoded on the pool's threads
// and brought to size as read_pictures (images/picture_set.h) does; a batch is overwritten by the next.
#pragma once

#include "base/random.h"
#include "images/picture_set.h"

#include <cstddef>
#include <cstdint>
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

// Pictures of a set drawn by a seed, each as likely, in the set's order; all of them where there are not more than are
// asked for.
struct PictureSample {
    std::size_t count = 0;
    std::uint64_t seed = 0;
    Purpose purpose;
};

// The same of a sample, of which alone pictures are read; a pipe is copied to a temporary file first. Returns how many
// pictures the set has.
std::size_t stream_sample(const std::string& path, const PictureSample& sample, const PictureForm& form,
                          std::size_t batch, Pool& pool,
                          const std::function<void(const PictureSet& pictures, std::size_t first)>& take);

}    // namespace nonna
