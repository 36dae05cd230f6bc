// nonna-respond: the responses of a layer's neurons to every image of a set.
#include "analysis/respond.h"
#include "analysis/response_keys.h"
#include "base/parallel.h"
#include "cli/run_tool.h"
#include "images/picture_stream.h"
#include "io/npy.h"
#include "io/table.h"

#include <cmath>
#include <optional>

int main(int argc, char** argv)
{
    using namespace nonna;
    std::string model_path, images, output, labels_out, layer_text = "top";
    int threads = 0;

    Command command("nonna-respond", "compute the responses of a layer's neurons to images");
    command.positional("MODEL", model_path, "model file");
    command.positional("IMAGES.tar", images, "image set; `-` is standard input");
    command.option("-o,--output", output, "R.npy", "(images, rows, columns, maps); `-` is standard output").required();
    command.option("--layer", layer_text, "LAYER", "STAGE.SUBLAYER as in `3.norm`, or `top`");
    command.option("--labels-out", labels_out, "L.tsv", "key, source and label of each image, in the same order");
    command.threads(threads);

    return run_tool(argc, argv, command, [&] {
        keep_apart({output, labels_out, keys_path(output)}, {model_path, images});
        const Model model = load_model(model_path);
        const LayerId layer = parse_layer(layer_text, model.architecture);
        Pool pool(threads);
        const Shape shape = layer_shape(layer, model.architecture);
        NpyWriter writer(output, {std::uint64_t(shape.rows), std::uint64_t(shape.columns), std::uint64_t(shape.maps)});
        KeysWriter keys(output);
        std::optional<TableWriter> table;
        if (!labels_out.empty())
            table.emplace(labels_out, std::vector<std::string>{"key", "source", "label"});
        // A batch at a time, so that neither pictures nor responses are ever held whole: memory does not grow with the
        // set, and a pipe is as good as a file.
        LayerResponder responder(model, {layer}, pool);
        stream_pictures(
            images, model.architecture.side, model.architecture.channels, responder.batch(), pool,
            [&](const PictureSet& set, std::size_t first) {
                responder.respond({set.pixels, set.count()}, first,
                                  [&](std::size_t, std::size_t from, std::size_t count, std::span<const float> batch) {
                                      // found here, where the model can be named: whoever reads the array cannot
                                      for (const float v : batch)
                                          if (!std::isfinite(v))
                                              throw Error(model_path, "a response is not a finite number");
                                      writer.write_rows(batch);
                                      keys.write(std::span(set.keys).subspan(from - first, count), batch);
                                  });
                for (std::size_t i = 0; table && i < set.count(); ++i)
                    table->cell(set.keys[i]).cell(set.sources[i]).cell(set.labels[i].value_or("")).end_row();
            });
        if (table)
            table->commit();
        writer.commit();
        keys.commit();
        return ExitStatus::done;
    });
}
