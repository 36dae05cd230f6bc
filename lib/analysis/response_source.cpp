#include "analysis/response_source.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/npy.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace nonna {

namespace {

constexpr std::size_t floats_at_a_time = std::size_t{1} << 22;

}    // namespace

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
    source.layers.push_back({layer, shape.size() == 4 ? Shape{int(shape[1]), int(shape[2]), int(shape[3])}
                                                      : Shape{1, 1, int(shape[1])}});
    source.stream = [file, size = source.layers[0].shape.size(), images = source.images](
                        std::span<const std::size_t> wanted, const TakeResponses& take) {
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
    return source;
}

}    // namespace nonna
