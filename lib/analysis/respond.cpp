#include "analysis/respond.h"

#include "analysis/numerator.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "model/network.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace nonna
{

namespace
{

constexpr std::size_t batch_size = 48;

std::vector<LayerId> layers_of(std::span<const NeuronId> neurons, bool with_numerators)
{
    std::vector<LayerId> layers;
    const auto add = [&](LayerId layer) {
        if (std::find(layers.begin(), layers.end(), layer) == layers.end())
            layers.push_back(layer);
    };
    for (const NeuronId& n : neurons)
        add(n.layer);
    for (const NeuronId& n : neurons)
        if (with_numerators && n.layer.sublayer == Sublayer::norm)
            add({n.layer.stage, Sublayer::pool});
    return layers;
}

std::size_t number_in_layer(NeuronId neuron, const Shape& shape)
{
    return (std::size_t(neuron.row) * shape.columns + neuron.column) * shape.maps + std::size_t(neuron.map);
}

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

struct LayerResponder::State {
    const Model& model;
    std::vector<LayerId> layers;
    Pool& pool;
    std::size_t batch;
    LayerId last;
    Network<float> network;
    std::vector<float> images, responses;
};

LayerResponder::LayerResponder(const Model& model, std::vector<LayerId> layers, Pool& pool, std::size_t batch)
{
    if (batch == 0)
        batch = batch_size;
    const auto by_height = [](LayerId a, LayerId b) {
        return std::pair(a.stage, a.sublayer) < std::pair(b.stage, b.sublayer);
    };
    const LayerId last = *std::max_element(layers.begin(), layers.end(), by_height);
    state_.reset(new State{
        model, std::move(layers), pool, batch, last, Network<float>(model.architecture, int(batch), pool), {}, {}});
}

LayerResponder::~LayerResponder() = default;

std::size_t LayerResponder::batch() const { return state_->batch; }
std::span<const float> LayerResponder::preprocessed() const { return state_->images; }

void LayerResponder::respond(const PictureBytes& pictures, std::size_t first, const TakeResponses& take)
{
    State& s = *state_;
    const std::size_t size = s.model.architecture.input().size();
    for (std::size_t at = 0; at < pictures.count; at += s.batch) {
        throw_if_interrupted();
        const std::size_t count = std::min(s.batch, pictures.count - at);
        s.images = preprocess(s.model, {pictures.pixels.subspan(at * size, count * size), count}, s.pool);
        s.network.load(s.images, int(count));
        s.network.up(s.model.parameters, s.last);
        for (std::size_t l = 0; l < s.layers.size(); ++l) {
            s.responses.resize(count * layer_shape(s.layers[l], s.model.architecture).size());
            s.network.copy_activation(s.layers[l], s.responses);
            take(l, first + at, count, s.responses);
        }
    }
}

NeuronResponder::NeuronResponder(const Model& model, std::span<const NeuronId> neurons, Pool& pool,
                                 bool with_numerators)
    : neurons_(neurons.begin(), neurons.end()), layers_(layers_of(neurons, with_numerators)),
      responder_(model, layers_, pool)
{
    for (const LayerId layer : layers_)
        sizes_.push_back(layer_shape(layer, model.architecture).size());
    for (const NeuronId& n : neurons_) {
        layer_of_.push_back(std::size_t(std::find(layers_.begin(), layers_.end(), n.layer) - layers_.begin()));
        offset_.push_back(number_in_layer(n, layer_shape(n.layer, model.architecture)));
        if (!with_numerators)
            continue;
        const LayerId pooled{n.layer.stage, Sublayer::pool};
        below_.push_back(std::size_t(std::find(layers_.begin(), layers_.end(), pooled) - layers_.begin()));
        std::vector<Term>& terms = terms_.emplace_back();
        for (const NumeratorTerm& t : numerator(n, model.architecture))
            terms.push_back(
                {number_in_layer({pooled, t.row, t.column, t.map}, layer_shape(pooled, model.architecture)), t.weight});
    }
}

std::span<const float> NeuronResponder::respond(const PictureBytes& pictures)
{
    if (pictures.count > batch())
        throw std::logic_error("more pictures than a batch");
    responses_.resize(pictures.count * neurons_.size());
    numerators_.assign(terms_.empty() ? 0 : responses_.size(), 0.0f);
    responder_.respond(pictures, 0, [&](std::size_t l, std::size_t, std::size_t count, std::span<const float> layer) {
        for (std::size_t n = 0; n < neurons_.size(); ++n)
            for (std::size_t i = 0; layer_of_[n] == l && i < count; ++i)
                responses_[i * neurons_.size() + n] = layer[i * sizes_[l] + offset_[n]];
        for (std::size_t n = 0; n < terms_.size(); ++n)
            for (std::size_t i = 0; below_[n] == l && i < count; ++i) {
                double sum = 0;
                for (const Term& t : terms_[n])
                    sum += t.weight * layer[i * sizes_[l] + t.unit];
                numerators_[i * neurons_.size() + n] = float(sum);
            }
    });
    for (std::size_t k = 0; k < responses_.size(); ++k)
        if (!std::isfinite(responses_[k]))
            throw Error(neuron_name(neurons_[k % neurons_.size()]), "its response is not a finite number");
    return responses_;
}

void respond(const Model& model, const PictureBytes& pictures, std::span<const LayerId> layers, Pool& pool,
             const TakeResponses& take)
{
    if (pictures.count == 0 || layers.empty())
        return;
    LayerResponder responder(model, {layers.begin(), layers.end()}, pool, std::min(batch_size, pictures.count));
    Progress progress("responses", pictures.count, "images");
    responder.respond(pictures, 0, [&](std::size_t l, std::size_t first, std::size_t count, std::span<const float> r) {
        take(l, first, count, r);
        if (l + 1 == layers.size())
            progress.advance(count);
    });
}

std::vector<float> respond(const Model& model, const PictureBytes& pictures, NeuronId neuron, Pool& pool)
{
    const Shape shape = layer_shape(neuron.layer, model.architecture);
    const std::size_t offset = number_in_layer(neuron, shape);
    std::vector<float> responses(pictures.count);
    respond(model, pictures, std::span(&neuron.layer, 1), pool,
            [&](std::size_t, std::size_t first, std::size_t count, std::span<const float> batch) {
                for (std::size_t i = 0; i < count; ++i)
                    responses[first + i] = batch[i * shape.size() + offset];
            });
    return responses;
}

}    // namespace nonna
