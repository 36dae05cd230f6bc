#include "analysis/response_source.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/npy.h"
#include "io/spool.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

namespace nonna
{

namespace
{

constexpr std::size_t floats_at_a_time = std::size_t{1} << 22;

// All of a layer, (image, neuron), in memory or on disk.
struct Kept {
    std::vector<float> values;
    std::unique_ptr<Spool> spool;
};

}    // namespace

std::size_t ResponseSource::neurons() const
{
    std::size_t sum = 0;
    for (const ResponseLayer& layer : layers)
        sum += layer.shape.size();
    return sum;
}

ResponseSource readable(const ResponseSource& source, std::size_t memory)
{
    if (source.read || source.images == 0)
        return source;
    const bool fits = source.neurons() * source.images * sizeof(float) <= memory;
    const auto kept = std::make_shared<std::vector<Kept>>(source.layers.size());
    std::vector<std::size_t> all;
    for (std::size_t l = 0; l < source.layers.size(); ++l) {
        all.push_back(l);
        if (fits)
            (*kept)[l].values.resize(source.images * source.layers[l].shape.size());
        else
            (*kept)[l].spool = std::make_unique<Spool>();
    }
    source.stream(all, [&](std::size_t w, std::size_t first, std::size_t, std::span<const float> batch) {
        Kept& layer = (*kept)[w];
        if (layer.spool)
            layer.spool->write(std::as_bytes(batch));
        else
            std::memcpy(layer.values.data() + first * source.layers[w].shape.size(), batch.data(), batch.size_bytes());
    });
    ResponseSource result = source;
    result.read = [kept, layers = source.layers](std::size_t l, std::size_t first_neuron, std::size_t neurons,
                                                 std::size_t first_image, std::size_t images, std::span<float> into) {
        const Kept& layer = (*kept)[l];
        const std::size_t size = layers[l].shape.size();
        for (std::size_t i = 0; i < images; ++i) {
            const std::span<float> row = into.subspan(i * neurons, neurons);
            const std::size_t at = (first_image + i) * size + first_neuron;
            if (layer.spool)
                layer.spool->read_at(at * sizeof(float), std::as_writable_bytes(row));
            else
                std::memcpy(row.data(), layer.values.data() + at, row.size_bytes());
        }
    };
    return result;
}

ResponseSource model_responses(const Model& model, const PictureBytes& pictures, const std::vector<LayerId>& layers,
                               const std::string& name, Pool& pool)
{
    ResponseSource source;
    source.name = name;
    source.images = pictures.count;
    for (const LayerId layer : layers)
        source.layers.push_back({layer_name(layer), layer_shape(layer, model.architecture)});
    source.stream = [&model, pictures, layers, &pool](std::span<const std::size_t> wanted, const TakeResponses& take) {
        std::vector<LayerId> asked;
        for (const std::size_t w : wanted)
            asked.push_back(layers[w]);
        respond(model, pictures, asked, pool, take);
    };
    return source;
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
