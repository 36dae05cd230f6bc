// nonna-stimulus top: the pictures of a stream that neurons respond to most, and least.
#include "analysis/numerator.h"
#include "base/parallel.h"
#include "jobs.h"
#include "report/extremes_files.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"
#include "watch.h"

using namespace nonna;

namespace
{

// What pictures that have reached the ceiling are told apart by.
enum class Order { response, numerator };

struct TopJob {
    NeuronChoice choice;
    std::string model, data, output, weakest, tsv, each;
    std::optional<std::size_t> count;
    Distinct distinct = Distinct::no;
    Order order = Order::response;
    int threads = 0;

    ExitStatus run();
};

ExitStatus TopJob::run()
{
    keep_apart({output, weakest, tsv}, {model, data, choice.table});
    check_picture_name(output);
    check_picture_name(weakest);
    somewhere(output, each);
    const NeuronFolders folders(each);
    const Model m = load_model(model);
    const std::vector<NeuronId> asked = choose_neurons(choice, m);
    Pool pool(threads);
    const std::size_t kept = count.value_or(asked.size() == 1 ? 48 : 12);
    if (!output.empty() || !weakest.empty())
        require_extremes_sheet(m.preprocessing, asked.size(), kept, data);
    ExtremesRules rules{distinct != Distinct::no, {}};
    for (const NeuronId n : asked)
        if (order == Order::numerator)
            rules.ceilings.push_back(ceiling(n, m.architecture));
    Extremes extremes(asked.size(), kept, weakest.empty() && each.empty() ? 1 : kept, rules);
    watch_pictures(
        m, asked, data, pool, [&](const Look& look) { take(extremes, look, distinct); }, nullptr,
        order == Order::numerator);

    std::vector<ExtremesRow> strong, weak;
    for (const std::size_t n : living(asked, data, [&](std::size_t k) { return dead(extremes, k); })) {
        const Area area = visible_area(asked[n], m.architecture);
        strong.push_back({neuron_name(asked[n]), area, extremes.strongest(n)});
        weak.push_back({neuron_name(asked[n]), area, {}});
        if (!weakest.empty() || !each.empty())
            weak.back().pictures = extremes.weakest(n);
    }
    if (!tsv.empty())
        write_extremes(tsv, strong, weak, order == Order::numerator);
    if (folders.wanted())
        pool.for_each(strong.size(), [&](std::size_t n, int) {
            write_extremes(folders, m.preprocessing, strong[n], weak[n], order == Order::numerator);
        });
    if (!weakest.empty())
        write_picture(weakest, extremes_sheet(m.preprocessing, weak));
    if (!output.empty())
        write_picture(output, extremes_sheet(m.preprocessing, strong));
    return ExitStatus::done;
}

}    // namespace

template <>
inline constexpr auto nonna::names_of<Order> = nonna::names<Order>({
    {Order::response, "response"},
    {Order::numerator, "numerator"},
});

void add_top(Command& program)
{
    static TopJob o;
    Command& job =
        program.subcommand("top", "draw the strongest pictures of a set, as a sheet", [] { return o.run(); });
    job.positional("MODEL", o.model, "model file");
    choice_options(job, o.choice);
    job.option("--data", o.data, "SET.tar", "the pictures; `-` is standard input").required();
    job.option("-o,--output", o.output, "OUT.png", "the sheet; for several neurons a row each");
    each_option(job, o.each, "strongest-01.png ..., weakest-01.png ..., top.tsv");
    job.option("--weakest", o.weakest, "W.png", "also a sheet of the weakest");
    job.option("--tsv", o.tsv, "T.tsv", "rank, key, source, response and label of each");
    job.option("--count", o.count, "N", "pictures for a neuron (default: 48, or 12 for several)", 1, 10'000);
    job.choice("--distinct", o.distinct, "at most one picture of each source, folder or group");
    job.choice("--order", o.order, "pictures at the ceiling by response, or by the numerator below it");
    job.threads(o.threads);
}
