#include "analysis/respond.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "model/network.h"

#include <algorithm>
#include <stdexcept>

namespace nonna {

namespace {

constexpr std::size_t batch_size = 48;

}    // namespace

std::vector<float> preprocess(const Model& model, const PictureBytes& pictures, Pool& pool)
{
    const std::size_t size = model.architecture.input().size();
    if (pictures.pixels.size() != pictures.count * size)
        throw std::logic_error("pictures are not of the network's size");
    std::vector<float> x(pictures.pixels.size());
    pool.for_each(pictures.count, [&](std::size_t i, int) {
        model.preprocessing.apply(pictures.pixels.subspan(i * size, size), std::span(x).subspan(i * size, size));
    });
    return x;
}

void respond(const Model& model, const PictureBytes& pictures, std::span<const LayerId> layers, Pool& pool,
             const TakeResponses& take)
{
    if (pictures.count == 0 || layers.empty())
        return;
    const std::size_t size = model.architecture.input().size(), batch = std::min(batch_size, pictures.count);
    Network<float> network(model.architecture, int(batch), pool);
    const LayerId last = *std::max_element(layers.begin(), layers.end(), [](LayerId a, LayerId b) {
        return std::pair(a.stage, a.sublayer) < std::pair(b.stage, b.sublayer);
    });
    std::vector<float> responses;
    Progress progress("responses", pictures.count, "images");
    for (std::size_t first = 0; first < pictures.count; first += batch) {
        throw_if_interrupted();
        const std::size_t count = std::min(batch, pictures.count - first);
        network.load(preprocess(model, {pictures.pixels.subspan(first * size, count * size), count}, pool), int(count));
        network.up(model.parameters, last);
        for (std::size_t l = 0; l < layers.size(); ++l) {
            responses.resize(count * layer_shape(layers[l], model.architecture).size());
            network.copy_activation(layers[l], responses);
            take(l, first, count, responses);
        }
        progress.advance(count);
    }
}

std::vector<float> respond(const Model& model, const PictureBytes& pictures, NeuronId neuron, Pool& pool)
{
    const Shape shape = layer_shape(neuron.layer, model.architecture);
    const std::size_t offset =
        (std::size_t(neuron.row) * shape.columns + neuron.column) * shape.maps + std::size_t(neuron.map);
    std::vector<float> responses(pictures.count);
    respond(model, pictures, std::span(&neuron.layer, 1), pool,
            [&](std::size_t, std::size_t first, std::size_t count, std::span<const float> batch) {
                for (std::size_t i = 0; i < count; ++i)
                    responses[first + i] = batch[i * shape.size() + offset];
            });
    return responses;
}

}    // namespace nonna
