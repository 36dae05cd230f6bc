// nonna-stimulus optimal: the strongest input of a given norm, for one neuron or many.
#include "analysis/stimulus.h"
#include "analysis/visible_values.h"
#include "base/log.h"
#include "base/parallel.h"
#include "jobs.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"
#include "watch.h"

using namespace nonna;

namespace
{

struct OptimalJob {
    NeuronChoice choice;
    AscentOptions ascent;
    std::string model, output, tsv, steps, npy, data, whitened;
    std::optional<double> norm;
    int threads = 0;
    ExitStatus run();
    double wanted_norm(const Architecture&, NeuronId, double median) const;
    void write(const Model&, const std::vector<NeuronId>&, const std::vector<OptimalStimulus>&,
               const std::vector<StimulusTile>&, Pool&) const;
};

// As strong as what the neuron sees in pictures; without pictures, as strong as whitened noise is there.
double OptimalJob::wanted_norm(const Architecture& a, NeuronId neuron, double median) const
{
    if (norm)
        return *norm;
    if (data.empty())
        return expected_norm(a, neuron);
    if (!(median > 0))
        throw Error(data, "the pictures are flat in the area that " + neuron_name(neuron) + " sees: give --norm");
    return median;
}

void OptimalJob::write(const Model& m, const std::vector<NeuronId>& neurons, const std::vector<OptimalStimulus>& found,
                       const std::vector<StimulusTile>& tiles, Pool& pool) const
{
    if (!tsv.empty())
        write_starts(tsv, neurons, found);
    if (!steps.empty())
        write_steps(steps, neurons, found);
    if (!npy.empty())
        write_inputs(npy, m.architecture, found.size(), [&](std::size_t n) { return std::span(found[n].x); });
    if (!whitened.empty())
        write_picture(whitened, stimuli_picture(m.preprocessing, tiles, true, pool));
    write_picture(output, stimuli_picture(m.preprocessing, tiles, false, pool));
}

ExitStatus OptimalJob::run()
{
    keep_apart({output, tsv, steps, npy, whitened}, {model, data, choice.table});
    check_picture_name(output);
    check_picture_name(whitened);
    const Model m = load_model(model);
    const Architecture& a = m.architecture;
    const std::vector<NeuronId> asked = choose_neurons(choice, m);
    Pool pool(threads);
    require_stimuli_picture(asked.size());
    Extremes seen(asked.size(), 48, 1);    // enough pictures to tell a stimulus from its negative
    MedianNorms median(a, asked);
    const Watch look = [&](const PictureSet& set, std::span<const float> responses, std::span<const float> x) {
        take(seen, set, responses);
        if (!norm)
            median.take(x, pool);
    };
    if (!data.empty())
        watch_pictures(m, asked, data, pool, look);
    const std::vector<std::size_t> number = living(asked, data, [&](std::size_t n) { return dead(seen, n); });
    std::vector<NeuronId> neurons;
    std::vector<double> norms;
    for (const std::size_t n : number) {
        neurons.push_back(asked[n]);
        norms.push_back(wanted_norm(a, asked[n], median.median(n)));
    }
    std::vector<OptimalStimulus> found = optimal_stimuli(m, neurons, norms, ascent, pool);
    std::vector<StimulusTile> tiles;
    for (std::size_t n = 0; n < neurons.size(); ++n) {
        OptimalStimulus& f = found[n];
        // Where x and -x are alike to the neuron, the pictures it likes best say which of them is shown.
        if (!data.empty() && f.even && sign_like(m, seen.strongest(number[n]), neurons[n], f.x, pool) < 0)
            for (float& v : f.x)
                v = -v;
        tiles.push_back({neuron_name(neurons[n]), f.response, f.x, visible_area(neurons[n], a)});
    }
    write(m, neurons, found, tiles, pool);
    const auto strongest = data.empty() ? std::nullopt : std::optional<double>(seen.strongest(number[0])[0].response);
    say(stimulus_summary(found, neurons, ascent.starts, strongest));
    return ExitStatus::done;
}

}    // namespace

void add_optimal(Command& program)
{
    static OptimalJob o;
    Command& job =
        program.subcommand("optimal", "climb to the strongest input of a given norm", [] { return o.run(); });
    job.positional("MODEL", o.model, "model file");
    choice_options(job, o.choice);
    job.option("-o,--output", o.output, "OUT.png", "the picture; for several neurons a sheet").required();
    job.option("--whitened", o.whitened, "W.png", "also as the network sees it");
    job.option("--npy", o.npy, "X.npy", "the stimuli, whitened: (neurons, rows, columns, channels)");
    job.option("--tsv", o.tsv, "T.tsv", "response and agreement of every start");
    job.option("--ascent", o.steps, "A.tsv", "every step of every start");
    job.option("--data", o.data, "D.tar", "pictures for the norm and the sign shown");
    job.option("--norm", o.norm, "V", "norm (default: median in D.tar, or that of whitened noise)", 1e-6, 1e9);
    job.option("--starts", o.ascent.starts, "N", "random starts", 1, 1000);
    job.option("--iterations", o.ascent.iterations, "N", "most steps from a start", 1, 100'000);
    job.option("--seed", o.ascent.seed, "S", "seed of the starts");
    job.threads(o.threads);
}
