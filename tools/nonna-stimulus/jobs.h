// The jobs of nonna-stimulus: each declares its options on the program and binds what it does. What the options are
// bound to lives as long as the process.
#pragma once

#include "analysis/neuron_choice.h"
#include "cli/run_tool.h"

void add_optimal(nonna::Command& program);
void add_average(nonna::Command& program);
void add_top(nonna::Command& program);
void add_filters(nonna::Command& program);

// --neuron, --from, --by, --layer, --neurons: the same in every job that has them.
void choice_options(nonna::Command& job, nonna::NeuronChoice& choice);
// --each: files of each neuron; and wrong usage where neither these nor a picture of all are wanted.
void each_option(nonna::Command& job, std::string& folder, const std::string& files);
void somewhere(const std::string& output, const std::string& folder);
