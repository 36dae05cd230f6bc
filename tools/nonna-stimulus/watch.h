// A stream of pictures shown to a model on behalf of some neurons.
#pragma once

#include "analysis/visible_values.h"

#include <string>

// One pass over `data`, a batch in memory: what the neurons respond to goes to `extremes`, the norms of the pictures'
// parts that they see to `norms`, unless null.
void watch_pictures(const nonna::Model& model, std::span<const nonna::NeuronId> neurons, const std::string& data,
                    nonna::Pool& pool, nonna::Extremes& extremes, nonna::MedianNorms* norms);
