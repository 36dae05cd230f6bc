// What nonna-respond was asked for, and its two ways: whole layers (layers.cpp), single neurons (neurons.cpp).
#pragma once

#include "analysis/neuron_choice.h"
#include "analysis/response_files.h"
#include "cli/run_tool.h"

#include <optional>
#include <string>
#include <vector>

struct RespondRun {
    std::string model, images, output, labels, table;
    std::vector<std::string> layers;
    nonna::NeuronChoice neurons;
    int threads = 0;

    bool single() const { return !neurons.names.empty() || !neurons.table.empty(); }
    void check() const;    // wrong usage
    nonna::ExitStatus run() const;
    void respond_layers(const nonna::Model&, std::optional<nonna::ImageTable>&, nonna::Pool&) const;
    void respond_neurons(const nonna::Model&, std::optional<nonna::ImageTable>&, nonna::Pool&) const;
};
