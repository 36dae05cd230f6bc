// The strongest and weakest pictures of neurons, as a table and as files of each neuron.
#pragma once

#include "report/neuron_folders.h"
#include "report/stimulus_picture.h"

#include <span>
#include <string>

namespace nonna
{

// neuron end rank key source response label, and, with_numerators, numerator: of each neuron the strongest, then the
// weakest. As many `weak` as `strong`, of the same neurons.
void write_extremes(const std::string& path, std::span<const ExtremesRow> strong, std::span<const ExtremesRow> weak,
                    bool with_numerators);

// One neuron's: strongest-01.png ..., weakest-01.png ..., and last top.tsv: end rank key source label response file,
// the numerator, and, where one is a frame of a film, time in seconds. Numbers have two digits, or as many as the last
// one needs.
void write_extremes(const NeuronFolders& folders, const Preprocessing& preprocessing, const ExtremesRow& strong,
                    const ExtremesRow& weak, bool with_numerators);

}    // namespace nonna
