#include "analysis/response_source.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "io/npy.h"
#include "io/spool.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>

namespace nonna
{

namespace
{

constexpr std::size_t floats_at_a_time = std::size_t{1} << 22;

}    // namespace

std::size_t ResponseSource::neurons() const
{
    std::size_t sum = 0;
    for (const ResponseLayer& layer : layers)
        sum += layer.shape.size();
    return sum;
}

// Batches stay as they came: one long vector would take twice its size while it grows.
struct ResponseKeeper::State {
    struct Batch {
        std::size_t first;
        std::vector<float> values;    // (image, neuron)
    };
    std::string name;
    std::vector<ResponseLayer> layers;
    std::size_t memory, held = 0;
    std::vector<std::vector<Batch>> batches;       // of each layer
    std::vector<std::unique_ptr<Spool>> spools;    // in their place, once they are too many
    std::size_t images = 0;

    void read(std::size_t layer, std::size_t first_neuron, std::size_t image, std::span<float> row) const
    {
        const std::size_t size = layers[layer].shape.size();
        if (!spools.empty()) {
            spools[layer]->read_at((image * size + first_neuron) * sizeof(float), std::as_writable_bytes(row));
            return;
        }
        const auto after = std::ranges::upper_bound(batches[layer], image, {}, &Batch::first);
        const Batch& batch = *std::prev(after);
        std::memcpy(row.data(), batch.values.data() + (image - batch.first) * size + first_neuron, row.size_bytes());
    }
};

ResponseKeeper::ResponseKeeper(std::string name, std::vector<ResponseLayer> layers, std::size_t memory)
    : state_(std::make_shared<State>())
{
    state_->name = std::move(name);
    state_->layers = std::move(layers);
    state_->memory = memory;
    state_->batches.resize(state_->layers.size());
}

ResponseKeeper::~ResponseKeeper() = default;

void ResponseKeeper::take(std::size_t layer, std::size_t first, std::size_t count, std::span<const float> batch)
{
    State& s = *state_;
    s.images = std::max(s.images, first + count);
    if (s.spools.empty() && s.held + batch.size_bytes() > s.memory) {
        for (std::vector<State::Batch>& batches : s.batches) {
            s.spools.push_back(std::make_unique<Spool>());
            for (const State::Batch& b : batches)
                s.spools.back()->write(std::as_bytes(std::span(b.values)));
            batches = {};
        }
        s.held = 0;
    }
    if (s.spools.empty()) {
        s.batches[layer].push_back({first, {batch.begin(), batch.end()}});
        s.held += batch.size_bytes();
    } else {
        s.spools[layer]->write(std::as_bytes(batch));
    }
}

ResponseSource ResponseKeeper::source() const
{
    ResponseSource result;
    result.name = state_->name;
    result.images = state_->images;
    result.layers = state_->layers;
    result.held = state_->held;
    result.read = [state = std::shared_ptr<const State>(state_)](std::size_t layer, std::size_t first_neuron,
                                                                 std::size_t neurons, std::size_t first_image,
                                                                 std::size_t images, std::span<float> into) {
        for (std::size_t i = 0; i < images; ++i)
            state->read(layer, first_neuron, first_image + i, into.subspan(i * neurons, neurons));
    };
    return result;
}

ResponseSource readable(const ResponseSource& source, std::size_t memory)
{
    if (source.read || source.images == 0)
        return source;
    ResponseKeeper keeper(source.name, source.layers, memory);
    std::vector<std::size_t> all(source.layers.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    source.stream(all, [&](std::size_t layer, std::size_t first, std::size_t count, std::span<const float> batch) {
        keeper.take(layer, first, count, batch);
    });
    return keeper.source();
}

std::vector<ResponseLayer> response_layers(const Architecture& architecture, std::span<const LayerId> layers)
{
    std::vector<ResponseLayer> all;
    for (const LayerId layer : layers)
        all.push_back({layer_name(layer), layer_shape(layer, architecture)});
    return all;
}

ResponseSource file_responses(const std::string& path, const std::string& layer)
{
    const auto file = std::make_shared<NpyReader>(path);
    const std::vector<std::uint64_t>& shape = file->shape();
    ResponseSource source;
    source.name = path == "-" ? "standard input" : path;
    if (shape.size() != 2 && shape.size() != 4)
        throw Error(source.name, "not an array (images, rows, columns, maps) or (images, neurons)");
    for (const std::uint64_t n : shape)
        if (n == 0)
            throw Error(source.name, "no responses");
    for (std::size_t axis = 1; axis < shape.size(); ++axis)
        if (shape[axis] > std::uint64_t(std::numeric_limits<int>::max()))
            throw Error(source.name, "an axis of " + std::to_string(shape[axis]) + " is too long");
    if (const std::string type = file->type(); type != "<f4" && type != "|u1")
        warn(source.name, "values of type " + type + " are rounded to 32-bit floats");
    source.images = shape[0];
    source.layers.push_back(
        {layer, shape.size() == 4 ? Shape{int(shape[1]), int(shape[2]), int(shape[3])} : Shape{1, 1, int(shape[1])}});
    source.read = [file](std::size_t, std::size_t first_neuron, std::size_t neurons, std::size_t first_image,
                         std::size_t images, std::span<float> into) {
        file->read_columns(first_image, images, first_neuron, neurons, into);
    };
    return source;
}

}    // namespace nonna
