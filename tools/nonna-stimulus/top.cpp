// nonna-stimulus top: the pictures of a stream that neurons respond to most, and least.
#include "base/parallel.h"
#include "io/table.h"
#include "jobs.h"
#include "report/picture_file.h"
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
    check_picture_name(output);
    check_picture_name(weakest);
    const Model m = load_model(model);
    const std::vector<NeuronId> asked = choose_neurons(choice, m);
    Pool pool(threads);
    const std::size_t kept = count.value_or(asked.size() == 1 ? 48 : 12);
    require_extremes_sheet(m.preprocessing, asked.size(), kept, data);
    Extremes extremes(asked.size(), kept, weakest.empty() ? 1 : kept);
    watch_pictures(m, asked, data, pool,
                   [&](const PictureSet& set, std::span<const float> responses, std::span<const float>) {
                       take(extremes, set, responses);
                   });

    std::vector<ExtremesRow> strong, weak;
    for (const std::size_t n : living(asked, data, [&](std::size_t k) { return dead(extremes, k); })) {
        const Area area = visible_area(asked[n], m.architecture);
        strong.push_back({neuron_name(asked[n]), area, extremes.strongest(n)});
        weak.push_back({neuron_name(asked[n]), area, {}});
        if (!weakest.empty())
            weak.back().pictures = extremes.weakest(n);
    }
    if (!tsv.empty()) {
        TableWriter table(tsv, {"neuron", "end", "rank", "key", "source", "response", "label"});
        for (std::size_t n = 0; n < strong.size(); ++n)
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
        write_picture(weakest, extremes_sheet(m.preprocessing, weak));
    write_picture(output, extremes_sheet(m.preprocessing, strong));
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
