// nonna-sweep: every neuron as a detector, by thresholds.
#include "analysis/response_keys.h"
#include "base/parallel.h"
#include "cli/run_tool.h"
#include "images/picture_stream.h"
#include "sweep_lines.h"
#include "sweep_options.h"

namespace
{

using namespace nonna;

struct Inputs {
    std::vector<std::string> files, layers;
    std::string responses, labels;
};

// Responses of another run, or of another program: read as often as needed, no model is loaded.
ExitStatus score_responses(const Inputs& in, const SweepCommand& sweep, Pool& pool)
{
    if (!in.files.empty())
        usage_error("--responses", "takes the place of MODEL and TEST.tar");
    if (!sweep.parts.empty())
        usage_error("--parts", "needs TEST.tar, whose images name their parts");
    if (!in.layers.empty() && in.layers[0].find_first_of("\t\n\r/") != std::string::npos)
        usage_error("--layer", "needs a name without tabs, line breaks and slashes");
    if (in.layers.size() > 1 || (!in.layers.empty() && in.layers[0] == "all"))
        usage_error("--layer", "needs a single name, since the responses are those of one layer");
    const ResponseSource source = file_responses(in.responses, in.layers.empty() ? "top" : in.layers[0]);
    const std::vector<std::string> keys = response_keys(in.responses);
    return sweep.run(source, read_label_table(in.labels, sweep.positive, keys), keys, {}, pool);
}

// One pass over the pictures, so that they may come from a pipe: what is kept for the sweep's several readings are
// their responses.
ExitStatus score_pictures(const Inputs& in, SweepCommand& sweep, Pool& pool)
{
    if (in.files.size() != 2)
        usage_error("FILE", "MODEL and TEST.tar are needed, or --responses and --labels");
    const std::string& set_path = in.files[1];
    const Model model = load_model(in.files[0]);
    sweep.model = sweep_mark(model);
    const std::vector<LayerId> wanted = parse_layers(in.layers, model.architecture);
    ResponseKeeper keeper(set_path, response_layers(model.architecture, wanted), sweep.kept_bytes());
    RecordedParts parts = sweep.recorded_parts();
    LayerResponder responder(model, wanted, pool);
    std::vector<std::string> keys;
    std::vector<std::optional<std::string>> halves;
    LabelReader labels(sweep.positive, set_path);
    stream_pictures(
        set_path, model.preprocessing.form(), responder.batch(), pool,
        [&](const PictureSet& set, std::size_t first) {
            labels.read(set.labels);
            responder.respond({set.pixels, set.count()}, first, std::bind_front(&ResponseKeeper::take, &keeper));
            keys.insert(keys.end(), set.keys.begin(), set.keys.end());
            halves.insert(halves.end(), set.halves.begin(), set.halves.end());
        },
        [&](const ImageMeta& meta) { return parts.keep(meta.half); });
    return sweep.run(keeper.source(), labels.labels(), keys, parts.split(halves, set_path), pool);
}

}    // namespace

int main(int argc, char** argv)
{
    SweepCommand sweep;
    SweepLines made;
    Inputs in;
    int threads = 0;
    Command command("nonna-sweep", "score every neuron as a detector, by 20 thresholds");
    command.positional("FILE", in.files, "MODEL and TEST.tar (`-` is standard input)");
    command.option("--responses", in.responses, "R.npy", "(images, rows, columns, maps), in place of MODEL TEST.tar");
    command.option("--labels", in.labels, "L.tsv", "their labels: a table with the column `label`");
    command.option("--layer", in.layers, "LAYER", "as in `3.norm`, `all`, or `top` (default)");
    command.threads(threads);
    command.flag("--by-layer", sweep.by_layer, "the `--best` of each layer");
    sweep.declare(command);
    made.declare(command);
    return run_tool(argc, argv, command, [&] {
        if (!made.from.empty() && in.files.empty())
            return made.print(sweep, command);
        if (const std::string given = command.given_in("A table made before"); !given.empty())
            usage_error(given, made.from.empty() ? "needs --from" : "takes the place of MODEL and TEST.tar");
        sweep.check();
        keep_apart(sweep.outputs(), {in.responses, in.labels});
        keep_apart(sweep.outputs(), in.files);
        Pool pool(threads);
        if (command.given("--seed") && !sweep.held_out && !sweep.folds && !sweep.resamples)
            usage_error("--seed", "goes with --held-out, --folds or --bootstrap");
        if (in.responses == "-" && in.labels == "-")
            usage_error("--labels", "cannot be standard input, which already gives the responses");
        if (in.responses.empty() != in.labels.empty())
            usage_error("--labels", "goes with --responses; each needs the other");
        return in.responses.empty() ? score_pictures(in, sweep, pool) : score_responses(in, sweep, pool);
    });
}
