#include "watch.h"

#include "analysis/respond.h"
#include "images/picture_stream.h"

using namespace nonna;

void watch_pictures(const Model& model, std::span<const NeuronId> neurons, const std::string& data, Pool& pool,
                    Extremes& extremes, MedianNorms* norms)
{
    NeuronResponder responder(model, neurons, pool);
    stream_pictures(
        data, model.architecture.side, model.architecture.channels, responder.batch(), pool,
        [&](const PictureSet& set, std::size_t) {
            const std::span<const float> responses = responder.respond({set.pixels, set.count()});
            for (std::size_t i = 0; i < set.count(); ++i)
                extremes.take(responses.subspan(i * neurons.size(), neurons.size()), [&] {
                    const auto pixels = set.image(i);
                    return SeenPicture{set.keys[i], set.sources[i], set.labels[i], {pixels.begin(), pixels.end()}};
                });
            if (norms)
                norms->take(responder.preprocessed(), pool);
        });
}
