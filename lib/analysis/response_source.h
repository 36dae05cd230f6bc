// Where a sweep's responses come from: a model looking at pictures, a baseline, or a file of responses (.npy).
//
// A source can be asked more than once and says the same each time; it holds one batch of images, not the set. Some can
// be read anywhere (a file); others make everything anew each time they are asked (a model), and are kept for that: in
// memory where they fit, in a temporary file where they do not.
#pragma once

#include "analysis/respond.h"
#include "kernels/segment.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct ResponseLayer {
    std::string name;    // "3.norm"
    Shape shape;
};

struct ResponseSource {
    std::string name;    // in messages
    std::size_t images = 0;
    std::vector<ResponseLayer> layers;
    // Streams the wanted layers (indices into `layers`), batches of images in order; `layer` in TakeResponses is an
    // index into `wanted`. Empty where the source can `read`.
    std::function<void(std::span<const std::size_t> wanted, const TakeResponses& take)> stream;
    // Responses of some neurons of a layer to some images, (image, neuron); from any thread. Empty where the source
    // cannot do it.
    std::function<void(std::size_t layer, std::size_t first_neuron, std::size_t neurons, std::size_t first_image,
                       std::size_t images, std::span<float> into)>
        read;
    std::size_t held = 0;    // bytes of memory that it keeps for this

    std::size_t neurons() const;
};

// Responses that come once, batch by batch, and are read often: in at most `memory` bytes of memory, or, as soon as
// they are more, in an unlinked file in $TMPDIR.
class ResponseKeeper
{
  public:
    ResponseKeeper(std::string name, std::vector<ResponseLayer> layers, std::size_t memory);
    ~ResponseKeeper();
    // Batches of a layer in order, as TakeResponses.
    void take(std::size_t layer, std::size_t first, std::size_t count, std::span<const float> batch);
    ResponseSource source() const;    // of what came so far; outlives the keeper

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// A source that can `read`: itself, or what it streams, kept.
ResponseSource readable(const ResponseSource& source, std::size_t memory);

std::vector<ResponseLayer> response_layers(const Architecture& architecture, std::span<const LayerId> layers);

// (images, rows, columns, maps), or (images, neurons): one row, one column, that many maps.
ResponseSource file_responses(const std::string& path, const std::string& layer);

}    // namespace nonna
