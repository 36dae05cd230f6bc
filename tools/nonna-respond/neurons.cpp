// nonna-respond: single neurons, as an array, as a table, or both.
#include "analysis/respond.h"
#include "images/picture_stream.h"
#include "respond.h"

using namespace nonna;

void RespondRun::respond_neurons(const Model& m, std::optional<ImageTable>& pictures, Pool& pool) const
{
    const std::vector<NeuronId> chosen = choose_neurons(neurons, m);
    std::vector<std::string> names;
    for (const NeuronId& n : chosen)
        names.push_back(neuron_name(n));
    std::optional<ResponseArray> array;
    if (!output.empty())
        array.emplace(output, model, std::vector<std::uint64_t>{chosen.size()});
    std::optional<ImageTable> responses;
    if (!table.empty())
        responses.emplace(table, names);
    NeuronResponder responder(m, chosen, pool);
    stream_pictures(images, m.preprocessing.form(), responder.batch(), pool, [&](const PictureSet& set, std::size_t) {
        const std::span<const float> batch = responder.respond({set.pixels, set.count()});
        if (array)
            array->write(set.keys, batch);
        if (responses)
            responses->write({set.keys, set.sources, set.labels, set.columns}, batch);
        if (pictures)
            pictures->write({set.keys, set.sources, set.labels, set.columns});
    });
    if (responses)
        responses->commit();
    if (array)
        array->commit();
}
