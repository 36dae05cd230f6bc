// nonna-stimulus average: the mean of a stream's pictures, weighted by neurons' responses.
#include "analysis/response_average.h"
#include "analysis/visible_values.h"
#include "base/parallel.h"
#include "jobs.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"
#include "watch.h"

using namespace nonna;

namespace
{

struct AverageJob {
    NeuronChoice choice;
    std::string model, data, output, tsv, npy, error;
    int threads = 0;

    ExitStatus run();
};

ExitStatus AverageJob::run()
{
    keep_apart({output, tsv, npy, error}, {model, data, choice.table});
    check_picture_name(output);
    const Model m = load_model(model);
    const Architecture& a = m.architecture;
    const std::vector<NeuronId> asked = choose_neurons(choice, m);
    require_stimuli_picture(asked.size());
    Pool pool(threads);
    const std::size_t size = a.input().size();
    ResponseAverages sums(asked.size(), size);
    std::vector<float> normalised;
    watch_pictures(m, asked, data, pool,
                   [&](const PictureSet& set, std::span<const float> responses, std::span<const float>) {
                       normalised.resize(set.count() * size);
                       pool.for_each(set.count(), [&](std::size_t i, int) {
                           Preprocessing::normalise(set.image(i), std::span(normalised).subspan(i * size, size));
                       });
                       sums.take(normalised, responses, pool);
                   });
    if (sums.pictures() < 2)
        throw Error(data, "holds one picture: an average over responses needs two at least");
    std::vector<NeuronId> neurons;
    std::vector<ResponseAverage> averages;
    std::vector<std::vector<std::size_t>> seen;
    for (const std::size_t n : living(asked, data, [&](std::size_t k) { return !(sums.of(k).deviation > 0); })) {
        neurons.push_back(asked[n]);
        averages.push_back(sums.of(n));
        seen.push_back(visible_values(a, asked[n]));
    }
    std::vector<StimulusTile> tiles;
    for (std::size_t n = 0; n < neurons.size(); ++n)
        tiles.push_back(
            {neuron_name(neurons[n]), averages[n].signal(seen[n]), averages[n].average, visible_area(neurons[n], a)});
    if (!tsv.empty())
        write_averages(tsv, neurons, averages, sums.pictures(), seen);
    if (!npy.empty())
        write_inputs(npy, a, averages.size(), [&](std::size_t n) { return std::span(averages[n].average); });
    if (!error.empty())
        write_inputs(error, a, averages.size(), [&](std::size_t n) { return std::span(averages[n].error); });
    write_picture(output, stimuli_picture(m.preprocessing, tiles, true, pool));
    return ExitStatus::done;
}

}    // namespace

void add_average(Command& program)
{
    static AverageJob o;
    Command& job = program.subcommand("average", "draw the mean of a set's pictures, weighted by response",
                                      [] { return o.run(); });
    job.positional("MODEL", o.model, "model file");
    choice_options(job, o.choice);
    job.option("--data", o.data, "SET.tar", "the pictures; `-` is standard input").required();
    job.option("-o,--output", o.output, "OUT.png", "the average; for several neurons a sheet").required();
    job.option("--tsv", o.tsv, "T.tsv", "pictures, mean and deviation of the response, signal");
    job.option("--npy", o.npy, "A.npy", "the averages: (neurons, rows, columns, channels)");
    job.option("--error", o.error, "E.npy", "their standard errors");
    job.threads(o.threads);
}
