// The best linear filter: does any single picture, used as a filter, tell the concept as well as a neuron does?
//
// Filter k is a random crop of a training picture, as large as the test images: picture and place are drawn by (seed,
// k), uniform over the pictures and then over the places inside. Its response to a test image t is the cosine
//     <w, t> / (|w| |t|),
// w and t prepared alike, by `pixels`:
//     raw       values as they are. All pictures then lie in one cone around grey: cosines are close to one another,
//               and how even a picture is counts beside its shapes.
//     centred   each picture's mean, one over all channels, is taken off: the cosine is their correlation, blind to
//               brightness and contrast.
//     whitened  as a network's preprocessing does (model/preprocess.h), fitted on the first crops: fine detail weighs
//               as much as coarse.
// A flat picture has no direction: its responses are 0.
//
// Crops are decoded when they are needed and never held at once: a block of them a thread, and as floats the test
// images of one batch. Whoever asks for the responses again pays for all products again.
#pragma once

#include "analysis/response_source.h"
#include "base/names.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

enum class LinearPixels { raw, centred, whitened };

template <>
inline constexpr auto names_of<LinearPixels> = names<LinearPixels>({
    {LinearPixels::raw, "raw"},
    {LinearPixels::centred, "centred"},
    {LinearPixels::whitened, "whitened"},
});

struct LinearOptions {
    std::int64_t filters = 100000;
    LinearPixels pixels = LinearPixels::centred;
    std::uint64_t seed = 0;
    std::size_t batch_bytes = std::size_t{1} << 29;    // of responses at a time, at least one image's
};

// Training pictures by number, at the size they were packed in; any number of threads at once.
struct CropSource {
    std::string name;    // in messages
    std::size_t pictures = 0;
    struct Pixels {
        int width = 0, height = 0;
        std::vector<std::uint8_t> values;    // (row, column, channel)
    };
    std::function<Pixels(std::size_t picture)> read;
    int channels = 3;    // 1: grey
};

class RandomCrops
{
  public:
    RandomCrops(CropSource source, int side, std::uint64_t seed) : source_(std::move(source)), side_(side), seed_(seed)
    {
    }

    int side() const { return side_; }
    int channels() const { return source_.channels; }
    std::size_t size() const { return std::size_t(side_) * side_ * source_.channels; }
    // Crop number `index`: side * side * channels bytes. A picture smaller than that is passed over, and another one
    // drawn; Error when a hundred in a row are.
    void read(std::size_t index, std::span<std::uint8_t> into) const;

    // Numbers of the pictures that were drawn so far and are too small; of those that fit exactly, in one way only.
    std::set<std::size_t> too_small() const;
    std::set<std::size_t> only_whole() const;

  private:
    CropSource source_;
    int side_;
    std::uint64_t seed_;
    mutable std::mutex mutex_;
    mutable std::set<std::size_t> small_, whole_;
};

// One layer, `linear`, of `filters` maps. `images` are test images of the crops' size and channels; their pixels, the
// crops and the pool must outlive the source.
ResponseSource linear_responses(const PictureBytes& images, const RandomCrops& crops, const LinearOptions& options,
                                const std::string& name, Pool& pool);

}    // namespace nonna
