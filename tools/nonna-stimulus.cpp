// nonna-stimulus: what a neuron likes best: the optimal input, found by ascent, and the strongest pictures of a set.
#include "analysis/stimulus.h"
#include "base/log.h"
#include "base/parallel.h"
#include "cli/run_tool.h"
#include "io/table.h"
#include "pictures/stimulus_picture.h"
#include "train/picture_set.h"

#include <algorithm>
#include <cstdio>

namespace {

using namespace nonna;

struct Options {
    std::string model, neuron, output, tsv, data, whitened;
    std::optional<double> norm;
    std::int64_t starts = 5, iterations = 100, count = 48, threads = 0;
    std::uint64_t seed = 0;
};

ExitStatus optimal(const Options& o)
{
    keep_apart({o.output, o.tsv, o.whitened}, {o.model, o.data});
    const Model model = load_model(o.model);
    const Architecture& a = model.architecture;
    const NeuronId neuron = parse_neuron(o.neuron, a);
    Pool pool{int(o.threads)};
    PictureSet set;
    if (!o.data.empty())
        set = read_pictures(o.data, a.side, a.channels, pool);
    const PictureBytes pictures{set.pixels, set.count()};
    AscentOptions ascent;
    ascent.norm = o.norm            ? *o.norm
                  : set.count() > 0 ? median_norm(model, pictures, neuron, pool)
                                    : expected_norm(a, neuron);
    if (!(ascent.norm > 0))
        throw Error(o.data, "the pictures are black where the neuron looks: give --norm");
    ascent.starts = int(o.starts);
    ascent.iterations = int(o.iterations);
    ascent.seed = o.seed;
    OptimalStimulus found = optimal_stimulus(model, neuron, ascent, pool);
    std::string strongest_text;
    if (set.count() > 0) {
        const std::vector<float> responses = respond(model, pictures, neuron, pool);
        char text[60];
        std::snprintf(text, sizeof text, "; strongest picture %.4g", *std::max_element(responses.begin(), responses.end()));
        strongest_text = text;
        if (found.even && sign_like_strongest(model, pictures, responses, neuron, found.x, 48, pool) < 0)
            for (float& v : found.x)
                v = -v;
    }
    if (!o.tsv.empty()) {
        TableWriter table(o.tsv, {"start", "iteration", "step", "response"});
        for (const AscentStep& s : found.steps)
            table.cell(s.start).cell(s.iteration).cell(s.step).cell(s.response).end_row();
        table.commit();
    }
    const Area area = visible_area(neuron, a);
    if (!o.whitened.empty())
        write_png(o.whitened, stimulus_picture(model.preprocessing, found.x, area, true));
    write_png(o.output, stimulus_picture(model.preprocessing, found.x, area, false));
    char text[300];
    std::snprintf(text, sizeof text,
                  "%s: response %.4g at norm %.4g, %.4g at norm 1; best of %d starts is %d, mean cosine of the others %.3f%s",
                  neuron_name(neuron).c_str(), found.response, ascent.norm, found.response_at_norm_1, ascent.starts,
                  found.best_start, found.agreement, strongest_text.c_str());
    say(text);
    return ExitStatus::done;
}

ExitStatus top(const Options& o)
{
    keep_apart({o.output, o.tsv}, {o.model, o.data});
    const Model model = load_model(o.model);
    const NeuronId neuron = parse_neuron(o.neuron, model.architecture);
    Pool pool{int(o.threads)};
    const PictureSet set = read_pictures(o.data, model.architecture.side, model.architecture.channels, pool);
    const std::vector<float> responses = respond(model, {set.pixels, set.count()}, neuron, pool);
    const std::vector<std::size_t> chosen = strongest(responses, std::size_t(o.count));
    if (!o.tsv.empty()) {
        TableWriter table(o.tsv, {"rank", "key", "source", "response", "label"});
        for (std::size_t i = 0; i < chosen.size(); ++i)
            table.cell(i + 1).cell(set.keys[chosen[i]]).cell(set.sources[chosen[i]]).cell(responses[chosen[i]])
                .cell(set.labels[chosen[i]].value_or("")).end_row();
        table.commit();
    }
    write_png(o.output, strongest_sheet(model.preprocessing, {set.pixels, set.count()}, responses, chosen,
                                        visible_area(neuron, model.architecture)));
    return ExitStatus::done;
}

}    // namespace

int main(int argc, char** argv)
{
    Options o;
    Command command("nonna-stimulus", "what a neuron likes best");
    Command& o_job = command.subcommand("optimal", "climb to the strongest input of a given norm", [&] { return optimal(o); });
    Command& t_job = command.subcommand("top", "the strongest pictures of a set, as a sheet", [&] { return top(o); });
    for (Command* job : {&o_job, &t_job}) {
        job->positional("MODEL", o.model, "model file");
        job->option("--neuron", o.neuron, "ID", "STAGE.SUBLAYER/ROW,COL,MAP as in 3.norm/6,6,2").required();
        job->option("-o,--output", o.output, "OUT.png", "the picture; - is standard output").required();
        job->option("--tsv", o.tsv, "T.tsv", job == &o_job ? "the ascent of every start" : "key, source, response, label");
        job->option("-j,--jobs", o.threads, "N", "threads; 0: one for each processor", 0, 1024);
    }
    o_job.option("--data", o.data, "D.tar", "pictures for the norm and the sign shown");
    o_job.option("--norm", o.norm, "V", "norm (default: median of D.tar, or as whitened noise)", 1e-6, 1e9);
    o_job.option("--starts", o.starts, "N", "random starts", 1, 1000);
    o_job.option("--iterations", o.iterations, "N", "most steps of a start", 1, 100'000);
    o_job.option("--seed", o.seed, "S", "seed of the starts");
    o_job.option("--whitened", o.whitened, "W.png", "also as the network sees it");
    t_job.option("--data", o.data, "SET.tar", "the pictures").required();
    t_job.option("--count", o.count, "N", "how many", 1, 10'000);
    return run_tool(argc, argv, command);
}
