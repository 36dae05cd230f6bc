// A stream of pictures shown to a model on behalf of some neurons.
#pragma once

#include "analysis/extremes.h"
#include "images/picture_set.h"
#include "model/model_file.h"
#include "model/neuron.h"

#include <functional>
#include <string>

// The pictures of a batch, in the stream's order; what the neurons responded, (picture, neuron); and what the network
// saw.
using Watch = std::function<void(const nonna::PictureSet& pictures, std::span<const float> responses,
                                 std::span<const float> preprocessed)>;

// One pass over `data`, a batch in memory.
void watch_pictures(const nonna::Model& model, std::span<const nonna::NeuronId> neurons, const std::string& data,
                    nonna::Pool& pool, const Watch& watch);

// (neurons, rows, columns, channels), as .npy: what `of` has of each, shaped like the network's input.
void write_inputs(const std::string& path, const nonna::Architecture& architecture, std::size_t neurons,
                  const std::function<std::span<const float>(std::size_t neuron)>& of);

void take(nonna::Extremes& extremes, const nonna::PictureSet& pictures, std::span<const float> responses);

// Of a neuron that responds to all pictures alike there is nothing to show: it is named, and not among those returned,
// by their numbers. Error where none is left.
std::vector<std::size_t> living(std::span<const nonna::NeuronId> neurons, const std::string& data,
                                const std::function<bool(std::size_t neuron)>& dead);
// Dead to what `extremes` saw: its strongest picture is its weakest.
bool dead(const nonna::Extremes& extremes, std::size_t neuron);
