// nonna-stimulus top: the pictures of a stream that neurons respond to most, and least.
#include "base/parallel.h"
#include "io/table.h"
#include "jobs.h"
#include "report/stimulus_picture.h"
#include "watch.h"

using namespace nonna;

namespace
{

struct TopJob {
    NeuronChoice choice;
    std::string model, data, output, weakest, tsv;
    std::optional<std::size_t> count;
    int threads = 0;

    ExitStatus run();
};

ExitStatus TopJob::run()
{
    keep_apart({output, weakest, tsv}, {model, data, choice.table});
    const Model m = load_model(model);
    const std::vector<NeuronId> neurons = choose_neurons(choice, m);
    Pool pool(threads);
    const std::size_t kept = count.value_or(neurons.size() == 1 ? 48 : 12);
    Extremes extremes(neurons.size(), kept, weakest.empty() ? 0 : kept);
    watch_pictures(m, neurons, data, pool, extremes, nullptr);

    std::vector<ExtremesRow> strong, weak;
    for (std::size_t n = 0; n < neurons.size(); ++n) {
        const Area area = visible_area(neurons[n], m.architecture);
        strong.push_back({neuron_name(neurons[n]), area, extremes.strongest(n)});
        weak.push_back({neuron_name(neurons[n]), area, extremes.weakest(n)});
    }
    if (!tsv.empty()) {
        TableWriter table(tsv, {"neuron", "end", "rank", "key", "source", "response", "label"});
        for (std::size_t n = 0; n < neurons.size(); ++n)
            for (const auto* row : {&strong[n], &weak[n]})
                for (std::size_t i = 0; i < row->pictures.size(); ++i) {
                    const Extreme& e = row->pictures[i];
                    table.cell(row->name).cell(row == &strong[n] ? "strongest" : "weakest").cell(i + 1);
                    table.cell(e.picture->key).cell(e.picture->source).cell(e.response);
                    table.cell(e.picture->label.value_or("")).end_row();
                }
        table.commit();
    }
    if (!weakest.empty())
        write_png(weakest, extremes_sheet(m.preprocessing, weak));
    write_png(output, extremes_sheet(m.preprocessing, strong));
    return ExitStatus::done;
}

}    // namespace

void add_top(Command& program)
{
    static TopJob o;
    Command& job =
        program.subcommand("top", "draw the strongest pictures of a set, as a sheet", [] { return o.run(); });
    job.positional("MODEL", o.model, "model file");
    choice_options(job, o.choice);
    job.option("--data", o.data, "SET.tar", "the pictures; `-` is standard input").required();
    job.option("-o,--output", o.output, "OUT.png", "the sheet; for several neurons a row each").required();
    job.option("--weakest", o.weakest, "W.png", "also a sheet of the weakest");
    job.option("--tsv", o.tsv, "T.tsv", "rank, key, source, response and label of each");
    job.option("--count", o.count, "N", "pictures for a neuron (default: 48, or 12 for several)", 1, 10'000);
    job.threads(o.threads);
}
