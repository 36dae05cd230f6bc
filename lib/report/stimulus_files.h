// What nonna-stimulus writes of optimal stimuli: pictures, tables, arrays, each neuron's own files.
#pragma once

#include "analysis/stimulus.h"

#include <functional>
#include <span>
#include <string>

namespace nonna
{

// (neurons, rows, columns, channels), as .npy: what `of` has of each, shaped like the network's input.
void write_inputs(const std::string& path, const Architecture& architecture, std::size_t neurons,
                  const std::function<std::span<const float>(std::size_t neuron)>& of);

// Names of files; one that is empty is not written.
struct StimulusFiles {
    std::string output, whitened;    // one picture of all, as pixels and as the network sees it
    std::string tsv, steps, npy;     // write_starts, write_steps, the inputs themselves
    std::string each;                // a folder: NAME/optimal.png, as pixels, and NAME/optimal.tsv

    void write(const Model& model, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found,
               Pool& pool) const;
};

}    // namespace nonna
