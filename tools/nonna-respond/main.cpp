// nonna-respond: the responses of whole layers, or of single neurons, to every image of a set.
#include "respond.h"

#include "base/parallel.h"

using namespace nonna;

void RespondRun::check() const
{
    if (output.empty() && table.empty())
        usage_error("-o", "or --table: neither was given");
    if (single() && !layers.empty())
        usage_error("--layer", "excludes --neuron and --from, which say what is looked at");
    if (!single() && !table.empty())
        usage_error("--table", "needs --neuron or --from: a layer's responses go to -o");
    if (layers.size() > 1 && output.find(layer_mark) == std::string::npos)
        usage_error("-o", "'" + output + "' is one name for " + std::to_string(layers.size()) + " layers: put " +
                              std::string(layer_mark) + " where each layer's name goes");
}

ExitStatus RespondRun::run() const
{
    check();
    std::vector<std::string> outputs{labels, table};
    for (const std::string& layer : layers.empty() ? std::vector<std::string>{""} : layers)
        for (const std::string& name : {name_of_layer(output, layer), keys_path(name_of_layer(output, layer))})
            outputs.push_back(name);
    keep_apart(outputs, {model, images, neurons.table});
    const Model m = load_model(model);
    Pool pool(threads);
    std::optional<ImageTable> pictures;
    if (!labels.empty())
        pictures.emplace(labels);
    single() ? respond_neurons(m, pictures, pool) : respond_layers(m, pictures, pool);
    if (pictures)
        pictures->commit();
    return ExitStatus::done;
}

int main(int argc, char** argv)
{
    RespondRun o;
    Command command("nonna-respond", "compute the responses of layers, or of single neurons, to images");
    command.positional("MODEL", o.model, "model file");
    command.positional("IMAGES.tar", o.images, "image set; `-` is standard input");
    command.option("-o,--output", o.output, "R.npy", "(images, rows, columns, maps); `-` is standard output");
    command.option("--layer", o.layers, "LAYER", "STAGE.SUBLAYER as in `3.norm`, or `top` (default: `top`)");
    command.option("--neuron", o.neurons.names, "ID", "only this neuron, as in `3.norm/6,6,2`");
    command.option("--from", o.neurons.table, "T.tsv", "only the best neurons of a table such as nonna-sweep's");
    command.option("--neurons", o.neurons.count, "N", "how many of them", 1, 1'000'000);
    command.option("--by", o.neurons.by, "COLUMN", "by which column of it");
    command.option("--table", o.table, "T.tsv", "key, source, label, what else was packed, each response");
    command.option("--labels-out", o.labels, "L.tsv", "key, source and label of each image, in the same order");
    command.threads(o.threads);
    return run_tool(argc, argv, command, [&] {
        command.needs({"--neurons", "--by"}, "--from");
        return o.run();
    });
}
