// What is in the part of an input that a neuron sees: which values these are, and what pictures have there.
//
// Inputs are as the network takes them, preprocessed, (row, column, channel) of the whole input.
#pragma once

#include "analysis/extremes.h"
#include "model/model_file.h"
#include "model/neuron.h"

#include <cstddef>
#include <span>
#include <vector>

namespace nonna
{

class Pool;

// Indices into the input of the values in the neuron's visible area, ascending.
std::vector<std::size_t> visible_values(const Architecture& architecture, NeuronId neuron);

// What whitened images have in a neuron's visible area: the expected norm of unit-variance noise there.
double expected_norm(const Architecture& architecture, NeuronId neuron);

// The median norm, over the pictures of a stream, of the part in each neuron's visible area: 8 bytes a picture and
// area.
class MedianNorms
{
  public:
    MedianNorms(const Architecture& architecture, std::span<const NeuronId> neurons);
    void take(std::span<const float> whitened, Pool& pool);    // pictures as the network sees them
    double median(std::size_t neuron) const;
    // The same, to make a stimulus of. Error naming `data`, where the pictures come from, if they are flat there.
    double usable(std::size_t neuron, const std::string& data) const;

  private:
    std::size_t size_;
    std::vector<NeuronId> neurons_;
    std::vector<std::vector<std::size_t>> visible_;    // of each area
    std::vector<std::size_t> area_of_;                 // of each neuron
    std::vector<std::vector<double>> norms_;           // of each area
};

// +1 or -1: the sign of <x, mean of the pictures' visible areas>, to choose between x and -x.
int sign_like(const Model& model, std::span<const Extreme> pictures, NeuronId neuron, std::span<const float> x,
              Pool& pool);

}    // namespace nonna
