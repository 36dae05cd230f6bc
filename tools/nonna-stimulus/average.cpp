// nonna-stimulus average: the mean of a stream's pictures, weighted by neurons' responses.
#include "analysis/response_average.h"
#include "analysis/visible_values.h"
#include "base/parallel.h"
#include "jobs.h"
#include "report/neuron_folders.h"
#include "report/picture_file.h"
#include "report/stimulus_files.h"
#include "report/stimulus_picture.h"
#include "watch.h"

using namespace nonna;

namespace
{

struct AverageJob {
    NeuronChoice choice;
    std::string model, data, output, tsv, npy, error, each;
    int threads = 0;

    ExitStatus run();
};

ExitStatus AverageJob::run()
{
    keep_apart({output, tsv, npy, error}, {model, data, choice.table});
    check_picture_name(output);
    somewhere(output, each);
    const NeuronFolders folders(each);
    const Model m = load_model(model);
    const Architecture& a = m.architecture;
    const std::vector<NeuronId> asked = choose_neurons(choice, m);
    if (!output.empty())
        require_stimuli_picture(asked.size());
    Pool pool(threads);
    const std::size_t size = a.input().size();
    ResponseAverages sums(asked.size(), size);
    watch_pictures(m, asked, data, pool, [&](const Look& look) { sums.take(look.bytes(), look.responses, pool); });
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
    if (folders.wanted())
        pool.for_each(tiles.size(), [&](std::size_t n, int) {
            folders.write(tiles[n].name, "average.png",
                          stimulus_pixels(m.preprocessing, tiles[n].x, tiles[n].area, true));
        });
    if (!output.empty())
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
    job.option("-o,--output", o.output, "OUT.png", "the average; for several neurons a sheet");
    each_option(job, o.each, "average.png");
    job.option("--tsv", o.tsv, "T.tsv", "pictures, mean and deviation of the response, signal");
    job.option("--npy", o.npy, "A.npy", "the averages: (neurons, rows, columns, channels)");
    job.option("--error", o.error, "E.npy", "their standard errors");
    job.threads(o.threads);
}
