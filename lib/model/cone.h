// A cone: the part of a network that some neurons depend on, as a network of its own.
//
// Followed downward from the neurons, every window widens the part: positions of filters, their weights, pixels. What
// is cut out computes the neurons' responses, and the responses' gradient with respect to the pixels, as the whole
// network does. Weights are not shared between positions, so every place has its own cone; its parameters are copies.
//
// Contrast normalisation is why a cone is more than smaller windows. Its windows are cut at the picture's border and
// the weights left are renormalised, and a cut network would do the same at its own border, where the whole one has
// neighbours. Responses that close to a cut are not right; those that the neurons depend on lie two half windows
// further in, and only they are handed to the next stage (a window on the stage's last sublayer). At the picture's
// border itself nothing is dropped.
//
// A cone as large as the network is the network: nothing is copied then.
#pragma once

#include "model/model_file.h"
#include "model/network.h"

#include <memory>
#include <span>

namespace nonna
{

// Multiply-adds of the filters for one example's way up the cone: what it costs to look at it.
double cone_work(const Architecture& architecture, LayerId layer, Area positions);

// The model must outlive it. Not thread-safe, as Network.
class Cone
{
  public:
    // Of all neurons of `layer` at these positions.
    Cone(const Model& model, LayerId layer, Area positions, int batch, Pool& pool);
    // The whole network, to look at that layer.
    Cone(const Model& model, LayerId layer, int batch, Pool& pool);
    ~Cone();

    Area input() const;    // the pixels it sees; examples are (row, column, channel) of these
    std::size_t input_size() const;
    Network<float>& network();
    std::span<const float> parameters() const;
    std::size_t units() const;                  // of `layer` in the cone
    std::size_t unit(NeuronId neuron) const;    // its index there, (row, column, map)
    // Of the sublayer pool of `layer`'s stage, what of it is in the cone: how many units, and the index of one by its
    // place in the whole network. A neuron of the sublayer norm has its window there.
    std::size_t pooled_units() const;
    std::size_t pooled_unit(int row, int column, int map) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
