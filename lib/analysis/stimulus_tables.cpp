#include "analysis/stimulus.h"

#include "io/table.h"

namespace nonna
{

void write_starts(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found)
{
    TableWriter table(path, {"neuron", "start", "best", "iterations", "response", "cosine", "agreement", "norm",
                             "response_at_norm_1", "even"});
    for (std::size_t n = 0; n < neurons.size(); ++n)
        for (std::size_t s = 0; s < found[n].ends.size(); ++s) {
            const AscentEnd& end = found[n].ends[s];
            table.cell(neuron_name(neurons[n])).cell(s).cell(int(int(s) == found[n].best_start));
            table.cell(end.iterations).cell(end.response).cell(end.cosine).cell(found[n].agreement);
            table.cell(found[n].norm).cell(found[n].response_at_norm_1).cell(int(found[n].even)).end_row();
        }
    table.commit();
}

void write_steps(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found)
{
    TableWriter table(path, {"neuron", "start", "iteration", "step", "response"});
    for (std::size_t n = 0; n < neurons.size(); ++n)
        for (const AscentStep& s : found[n].steps)
            table.cell(neuron_name(neurons[n])).cell(s.start).cell(s.iteration).cell(s.step).cell(s.response).end_row();
    table.commit();
}

}    // namespace nonna
