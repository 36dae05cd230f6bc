#include "analysis/stimulus.h"

#include "io/table.h"

#include <cstdio>

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

std::string stimulus_summary(std::span<const OptimalStimulus> found, std::span<const NeuronId> neurons, int starts,
                             std::optional<double> strongest_seen)
{
    double agreement = 0;
    for (const OptimalStimulus& f : found)
        agreement += f.agreement / double(found.size());
    char text[300], strongest[60] = "", others[80] = "";
    if (found.size() > 1 && starts == 1)
        return std::to_string(found.size()) + " neurons";
    if (found.size() > 1) {
        std::snprintf(text, sizeof text, "%zu neurons: best of %d starts each, mean cosine of the others %.3f",
                      found.size(), starts, agreement);
        return text;
    }
    const OptimalStimulus& f = found.front();
    if (strongest_seen)
        std::snprintf(strongest, sizeof strongest, "; strongest picture %.4g", *strongest_seen);
    if (starts > 1)
        std::snprintf(others, sizeof others, "; the best of %d starts is number %d, mean cosine of the others %.3f",
                      starts, f.best_start, agreement);
    std::snprintf(text, sizeof text, "%s: response %.4g at norm %.4g, %.4g at norm 1%s%s",
                  neuron_name(neurons.front()).c_str(), f.response, f.norm, f.response_at_norm_1, others, strongest);
    return text;
}

}    // namespace nonna
