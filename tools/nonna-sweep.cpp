// nonna-sweep: every neuron of a layer, by itself, as a detector of what the labels mean.
#include "analysis/sweep.h"
#include "base/log.h"
#include "base/parallel.h"
#include "cli/run_tool.h"
#include "io/table.h"
#include "train/picture_set.h"

#include <algorithm>
#include <cstdio>

namespace {

using namespace nonna;

struct Options {
    std::vector<std::string> files, layers;
    std::string responses, labels, positive = "1", output = "-", best_responses;
    std::optional<std::int64_t> best;
    std::int64_t threads = 0;
    SweepOptions sweep;
};

std::vector<LayerId> wanted_layers(const Options& o, const Architecture& architecture)
{
    std::vector<LayerId> layers;
    for (const std::string& text : o.layers) {
        if (text == "all")
            layers = all_layers(architecture);
        else if (const LayerId layer = parse_layer(text, architecture);
                 std::find(layers.begin(), layers.end(), layer) == layers.end())
            layers.push_back(layer);
    }
    return layers.empty() ? std::vector{top_layer(architecture)} : layers;
}

void say_best(const ResponseSource& source, const NeuronScore& s, const Labels& labels)
{
    char text[300];
    const std::string name = source.layers[s.layer].name + "/" + std::to_string(s.row) + "," +
                             std::to_string(s.column) + "," + std::to_string(s.map);
    if (s.held_out)
        std::snprintf(text, sizeof text,
                      "guess %.1f %%; neuron %s, chosen on one half: accuracy %.1f %%, AUC %.3f on the other half",
                      100 * guess(labels), name.c_str(), 100 * s.held_out->accuracy, s.held_out->auc);
    else
        std::snprintf(
            text, sizeof text,
            "guess %.1f %%; best neuron %s: accuracy %.1f %%, AUC %.3f on the images that chose it (--held-out "
            "does not flatter)",
            100 * guess(labels), name.c_str(), 100 * s.all.accuracy, s.all.auc);
    say(text);
}

ExitStatus run(Options& o, const ResponseSource& source, const Labels& labels, const std::vector<std::string>& keys,
               Pool& pool)
{
    std::vector<NeuronScore> scores = sweep(source, labels, o.sweep, pool), ranked = scores;
    sort_best_first(ranked);
    if (!o.best_responses.empty()) {
        const std::vector<float> responses = responses_of(source, ranked.front());
        TableWriter table(o.best_responses, {"key", "response", "label"});
        for (std::size_t i = 0; i < labels.size(); ++i)
            table.cell(keys.empty() ? std::to_string(i) : keys[i]).cell(responses[i]).cell(int(labels[i])).end_row();
        table.commit();
    }
    if (o.best)
        scores.assign(ranked.begin(),
                      ranked.begin() + std::min<std::ptrdiff_t>(*o.best, std::ptrdiff_t(ranked.size())));
    write_scores(o.output, source, scores, labels);
    say_best(source, ranked.front(), labels);
    return ExitStatus::done;
}

}    // namespace

int main(int argc, char** argv)
{
    Options o;
    Command command("nonna-sweep", "score every neuron as a detector, by 20 thresholds");
    command.positional("FILE", o.files, "MODEL and TEST.tar (- is standard input)");
    command.option("--responses", o.responses, "R.npy", "(images, rows, columns, maps) in place of MODEL TEST.tar");
    command.option("--labels", o.labels, "L.tsv", "their labels: a table with the column label");
    command.option("--layer", o.layers, "LAYER", "as in 3.norm, all or top (default); repeatable");
    command.option("--positive", o.positive, "LABEL", "the label that means yes");
    command.option("--best", o.best, "N", "the N best neurons, best first (default: all, in layer order)", 1,
                   INT64_MAX);
    command.flag("--held-out", o.sweep.held_out, "also choose on one half, score on the other");
    command.option("--seed", o.sweep.seed, "S", "seed of the halves");
    command.option("-o,--output", o.output, "OUT.tsv", "the table; - is standard output");
    command.option("--best-responses", o.best_responses, "B.tsv", "the best neuron's responses and the labels");
    command.option("-j,--jobs", o.threads, "N", "threads; 0: one for each processor", 0, 1024);

    return run_tool(argc, argv, command, [&] {
        keep_apart({o.output, o.best_responses}, {o.responses, o.labels});
        keep_apart({o.output, o.best_responses}, o.files);
        Pool pool{int(o.threads)};
        if (o.responses.empty() != o.labels.empty())
            usage_error("--labels", "goes with --responses, each needs the other");
        if (!o.responses.empty()) {
            if (!o.files.empty())
                usage_error("--responses", "takes the place of MODEL and TEST.tar");
            if (o.layers.size() > 1 || (o.layers.size() == 1 && o.layers[0] == "all"))
                usage_error("--layer", "one name for the responses of one layer");
            const ResponseSource source = file_responses(o.responses, o.layers.empty() ? "top" : o.layers[0]);
            return run(o, source, read_label_table(o.labels, o.positive), {}, pool);
        }
        if (o.files.size() != 2)
            usage_error("FILE", "MODEL and TEST.tar are needed, or --responses and --labels");
        const Model model = load_model(o.files[0]);
        const std::vector<LayerId> layers = wanted_layers(o, model.architecture);
        const PictureSet set = read_pictures(o.files[1], model.architecture.side, model.architecture.channels, pool);
        const Labels labels = read_labels(set.labels, o.positive, o.files[1]);
        o.sweep.chooses = recorded_half(set.halves, o.files[1]);
        return run(o, model_responses(model, {set.pixels, set.count()}, layers, set.name, pool), labels, set.keys,
                   pool);
    });
}
