// nonna-respond: every neuron of one layer or more.
#include "analysis/respond.h"
#include "images/picture_stream.h"
#include "respond.h"

#include <deque>

using namespace nonna;

// A batch at a time, so that neither pictures nor responses are ever held whole: memory does not grow with the set, and
// a pipe is as good as a file.
void RespondRun::respond_layers(const Model& m, std::optional<ImageTable>& pictures, Pool& pool) const
{
    std::vector<LayerId> wanted;
    std::deque<ResponseArray> arrays;
    for (const std::string& text : layers.empty() ? std::vector<std::string>{"top"} : layers) {
        const LayerId layer = parse_layer(text, m.architecture);
        const Shape s = layer_shape(layer, m.architecture);
        wanted.push_back(layer);
        arrays.emplace_back(
            name_of_layer(output, text), model,
            std::vector<std::uint64_t>{std::uint64_t(s.rows), std::uint64_t(s.columns), std::uint64_t(s.maps)});
    }
    LayerResponder responder(m, wanted, pool);
    stream_pictures(images, m.preprocessing.form(), responder.batch(), pool,
                    [&](const PictureSet& set, std::size_t first) {
                        responder.respond({set.pixels, set.count()}, first,
                                          [&](std::size_t layer, std::size_t from, std::size_t count, auto batch) {
                                              const std::span keys(set.keys);
                                              arrays[layer].write(keys.subspan(from - first, count), batch);
                                          });
                        if (pictures)
                            pictures->write({set.keys, set.sources, set.labels, set.columns});
                    });
    for (ResponseArray& array : arrays)
        array.commit();
}
