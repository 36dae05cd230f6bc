#include "analysis/stimulus.h"

#include "io/table.h"

#include <cmath>
#include <cstdio>

namespace nonna
{

std::string pictures_text(std::size_t seen, std::size_t of, std::uint64_t seed)
{
    const std::string text = std::to_string(seen);
    return seen == of ? text + " pictures"
                      : text + " of " + std::to_string(of) + " pictures, seed " + std::to_string(seed);
}

void write_starts(const std::string& path, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found)
{
    std::vector<std::string> columns = {"neuron", "start",     "best", "iterations",         "response",
                                        "cosine", "agreement", "norm", "response_at_norm_1", "even"};
    const bool beside = !found.empty() && found[0].beside;
    if (beside)
        columns.insert(columns.end(), {"climbed", "reached", "literal_response", "literal_reached", "ceiling"});
    columns.push_back("norm_from");
    TableWriter table(path, columns);
    for (std::size_t n = 0; n < neurons.size(); ++n)
        for (std::size_t s = 0; s < found[n].ends.size(); ++s) {
            const OptimalStimulus& f = found[n];
            const AscentEnd& end = f.ends[s];
            table.cell(neuron_name(neurons[n])).cell(s).cell(int(int(s) == f.best_start));
            table.cell(end.iterations).cell(end.response).cell(end.cosine).cell(f.agreement);
            table.cell(f.norm).cell(f.response_at_norm_1).cell(int(f.even));
            if (beside) {
                table.cell(f.beside->of_numerator ? "numerator" : "response").cell(end.reached);
                table.cell(f.beside->literal_response).cell(f.beside->literal_reached);
                table.cell(f.ceiling.value_or(std::nan("")));
            }
            table.cell(f.norm_from).end_row();
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

namespace
{

// One neuron's figures, or of many the share of its literal optimum's response that each has.
std::string beside_summary(std::span<const OptimalStimulus> found, std::span<const NeuronId> neurons,
                           std::optional<double> strongest_seen)
{
    char text[300], strongest[60] = "";
    std::size_t numerators = 0;
    double share = 0;
    for (const OptimalStimulus& f : found) {
        numerators += f.beside->of_numerator;
        share += f.response / f.beside->literal_response / double(found.size());
    }
    if (found.size() > 1) {
        std::snprintf(text, sizeof text, "%zu neurons: responses are %.3f of the literal optima's on average",
                      found.size(), share);
        return text + (numerators > 0 ? "; of " + std::to_string(numerators) + " the numerator was climbed" : "");
    }
    const OptimalStimulus& f = found.front();
    if (strongest_seen)
        std::snprintf(strongest, sizeof strongest, "; strongest picture %.4g", *strongest_seen);
    std::snprintf(text, sizeof text, "%s: response %.4g at norm %.4g, the literal optimum's %.4g%s%s",
                  neuron_name(neurons.front()).c_str(), f.response, f.norm, f.beside->literal_response,
                  f.beside->of_numerator ? "; the numerator was climbed" : "", strongest);
    return text;
}

}    // namespace

std::string stimulus_summary(std::span<const OptimalStimulus> found, std::span<const NeuronId> neurons, int starts,
                             std::optional<double> strongest_seen)
{
    if (!found.empty() && found[0].beside)
        return beside_summary(found, neurons, strongest_seen);
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
