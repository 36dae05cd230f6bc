// A model's responses to pictures, layer by layer, in the order of the pictures.
//
// Pictures go through the model's preprocessing and the network in batches; what is held at a time is one batch, never
// the whole set's responses. A response's value does not depend on the batch it was in, nor on the number of threads.
// Responses of a picture are (row, column, map), row-major, as in files.
#pragma once

#include "model/model_file.h"
#include "model/neuron.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nonna {

class Pool;

// Pictures at the network's size: side * side * channels bytes each, concatenated. Not owned.
struct PictureBytes {
    std::span<const std::uint8_t> pixels;
    std::size_t count = 0;
};

// Called once a batch and wanted layer: pictures first .. first + count - 1, `layer` an index into the wanted ones.
using TakeResponses =
    std::function<void(std::size_t layer, std::size_t first, std::size_t count, std::span<const float> responses)>;

void respond(const Model& model, const PictureBytes& pictures, std::span<const LayerId> layers, Pool& pool,
             const TakeResponses& take);

// One neuron's response to every picture.
std::vector<float> respond(const Model& model, const PictureBytes& pictures, NeuronId neuron, Pool& pool);

// What the network sees: (picture, row, column, channel).
std::vector<float> preprocess(const Model& model, const PictureBytes& pictures, Pool& pool);

}    // namespace nonna
