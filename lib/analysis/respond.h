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
#include <memory>
#include <span>
#include <vector>

namespace nonna
{

class Pool;

// Pictures at the network's size: side * side * channels bytes each, concatenated. Not owned.
struct PictureBytes {
    std::span<const std::uint8_t> pixels;
    std::size_t count = 0;
};

// Called once a batch and wanted layer: pictures first .. first + count - 1, `layer` an index into the wanted ones.
using TakeResponses =
    std::function<void(std::size_t layer, std::size_t first, std::size_t count, std::span<const float> responses)>;

// Keeps the network between pictures that come piece by piece, from a stream. The model must outlive it.
class LayerResponder
{
  public:
    // At most that many pictures at a time through the network; 0: as suits it.
    LayerResponder(const Model& model, std::vector<LayerId> layers, Pool& pool, std::size_t batch = 0);
    ~LayerResponder();

    std::size_t batch() const;
    // `first`: the number of the first of these pictures in the stream, for `take`.
    void respond(const PictureBytes& pictures, std::size_t first, const TakeResponses& take);
    // The last batch as the network saw it: for `take` to look at.
    std::span<const float> preprocessed() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The same for single neurons of any layers. The model must outlive it.
class NeuronResponder
{
  public:
    // `with_numerators`: those of normalised neurons, too (analysis/numerator.h).
    NeuronResponder(const Model& model, std::span<const NeuronId> neurons, Pool& pool, bool with_numerators = false);

    std::size_t batch() const { return responder_.batch(); }
    // Of at most batch() pictures: (picture, neuron), valid until the next call. Error naming the neuron where one is
    // not a finite number.
    std::span<const float> respond(const PictureBytes& pictures);
    std::span<const float> preprocessed() const { return responder_.preprocessed(); }
    // Of the last pictures, likewise (picture, neuron); 0 where a neuron has none. Empty where nobody asked.
    std::span<const float> numerators() const { return numerators_; }

  private:
    struct Term {
        std::size_t unit;
        double weight;
    };
    std::vector<NeuronId> neurons_;
    std::vector<LayerId> layers_;
    std::vector<std::size_t> sizes_, layer_of_, offset_;    // of each layer; of each neuron
    LayerResponder responder_;
    std::vector<float> responses_, numerators_;
    std::vector<std::size_t> below_;          // of each neuron, the layer of its terms
    std::vector<std::vector<Term>> terms_;    // of each neuron; empty: none asked for
};

void respond(const Model& model, const PictureBytes& pictures, std::span<const LayerId> layers, Pool& pool,
             const TakeResponses& take);

// One neuron's response to every picture.
std::vector<float> respond(const Model& model, const PictureBytes& pictures, NeuronId neuron, Pool& pool);

// What the network sees: (picture, row, column, channel).
std::vector<float> preprocess(const Model& model, const PictureBytes& pictures, Pool& pool);

}    // namespace nonna
