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

struct ResponseKeeper::State {
    std::string name;
    std::vector<ResponseLayer> layers;
    std::size_t memory, held = 0;
    std::vector<std::vector<float>> values;        // of each layer, (image, neuron)
    std::vector<std::unique_ptr<Spool>> spools;    // in their place, once they are too many
    std::size_t images = 0;
};

ResponseKeeper::ResponseKeeper(std::string name, std::vector<ResponseLayer> layers, std::size_t memory)
    : state_(std::make_shared<State>())
{
    state_->name = std::move(name);
    state_->layers = std::move(layers);
    state_->memory = memory;
    state_->values.resize(state_->layers.size());
}

ResponseKeeper::~ResponseKeeper() = default;

void ResponseKeeper::take(std::size_t layer, std::size_t first, std::size_t count, std::span<const float> batch)
{
    State& s = *state_;
    s.images = std::max(s.images, first + count);
    s.held += batch.size_bytes();
    if (s.spools.empty() && s.held > s.memory)
        for (std::vector<float>& values : s.values) {
            s.spools.push_back(std::make_unique<Spool>());
            s.spools.back()->write(std::as_bytes(std::span(values)));
            values = {};
        }
    if (s.spools.empty())
        s.values[layer].insert(s.values[layer].end(), batch.begin(), batch.end());
    else
        s.spools[layer]->write(std::as_bytes(batch));
}

ResponseSource ResponseKeeper::source() const
{
    ResponseSource result;
    result.name = state_->name;
    result.images = state_->images;
    result.layers = state_->layers;
    result.read = [state = std::shared_ptr<const State>(state_)](std::size_t layer, std::size_t first_neuron,
                                                                 std::size_t neurons, std::size_t first_image,
                                                                 std::size_t images, std::span<float> into) {
        const std::size_t size = state->layers[layer].shape.size();
        for (std::size_t i = 0; i < images; ++i) {
            const std::span<float> row = into.subspan(i * neurons, neurons);
            const std::size_t at = (first_image + i) * size + first_neuron;
            if (state->spools.empty())
                std::memcpy(row.data(), state->values[layer].data() + at, row.size_bytes());
            else
                state->spools[layer]->read_at(at * sizeof(float), std::as_writable_bytes(row));
        }
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
    source.stream = [file, size = source.layers[0].shape.size(),
                     images = source.images](std::span<const std::size_t> wanted, const TakeResponses& take) {
        const std::size_t batch = std::clamp<std::size_t>(floats_at_a_time / size, 1, images);
        std::vector<float> rows;
        for (std::size_t first = 0; first < images; first += batch) {
            throw_if_interrupted();
            const std::size_t count = std::min(batch, images - first);
            rows.resize(count * size);
            file->read_rows(first, count, rows);
            for (std::size_t w = 0; w < wanted.size(); ++w)
                take(w, first, count, rows);
        }
    };
    source.read = [file](std::size_t, std::size_t first_neuron, std::size_t neurons, std::size_t first_image,
                         std::size_t images, std::span<float> into) {
        file->read_columns(first_image, images, first_neuron, neurons, into);
    };
    return source;
}

}    // namespace nonna
