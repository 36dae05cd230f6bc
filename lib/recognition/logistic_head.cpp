#include "recognition/logistic_head.h"

#include "analysis/products.h"
#include "base/available_memory.h"
#include "base/error.h"
#include "base/parallel.h"
#include "io/safetensors.h"
#include "io/table.h"

#include <algorithm>

namespace nonna
{

namespace
{

constexpr const char* head_format = "nonna-head 1";
constexpr std::size_t class_tile = 32, picture_tile = 32;
const std::vector<std::string> own_keys = {"format", "classes", "layers", "model_sha256"};

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    lines.push_back(text.substr(at));
    return lines;
}

}    // namespace

void save_head(const std::string& path, const LogisticHead& head)
{
    std::map<std::string, std::string> metadata = head.provenance;
    std::string classes;
    for (const std::string& name : head.classes)    // none holds a line end (recognition/labelled_pictures.h)
        classes += (&name == &head.classes.front() ? "" : "\n") + name;
    metadata["format"] = head_format;
    metadata["classes"] = classes;
    metadata["layers"] = head.layers;
    metadata["model_sha256"] = head.model;
    SafetensorsWriter file(path, std::move(metadata));
    file.declare("weights", "F32", {head.classes.size(), head.length()});
    file.declare("bias", "F32", {head.classes.size()});
    file.declare("mean", "F32", {head.length()});
    file.declare("factor", "F32", {head.length()});
    file.write(head.weights.span().first(head.classes.size() * head.length()));
    file.write(std::span<const float>(head.bias));
    file.write(std::span<const float>(head.standard.mean));
    file.write(std::span<const float>(head.standard.factor));
    file.commit();
}

// Sizes are held against each other before anything is allocated by them.
LogisticHead load_head(const std::string& path)
{
    const SafetensorsReader file(path);
    const auto& metadata = file.metadata();
    const auto format = metadata.find("format");
    if (format == metadata.end() || format->second != head_format)
        throw Error(file.name(), "no head of nonna-classify");
    for (const std::string& key : own_keys)
        if (!metadata.contains(key))
            throw Error(file.name(), "the metadata's '" + key + "' is missing");
    LogisticHead head;
    head.classes = lines_of(metadata.at("classes"));
    head.layers = metadata.at("layers");
    head.model = metadata.at("model_sha256");
    const std::uint64_t length = file.info("mean").elements(), classes = head.classes.size();
    if (length == 0 || file.info("weights").shape != std::vector<std::uint64_t>{classes, length} ||
        file.info("bias").elements() != classes || file.info("factor").elements() != length)
        throw Error(file.name(), "its sizes do not agree with each other");
    for (const std::string& name : head.classes)
        if (!fits_cell(name))
            throw Error(file.name(), "the name of a class holds a tab");
    require_memory(file.name(), classes * length * sizeof(float), "its weights");
    head.weights = ScratchArray(classes * length, false);
    head.bias.resize(classes);
    head.standard = {std::vector<float>(length), std::vector<float>(length)};
    const std::pair<const char*, std::span<float>> tensors[] = {{"weights", head.weights.span()},
                                                                {"bias", head.bias},
                                                                {"mean", head.standard.mean},
                                                                {"factor", head.standard.factor}};
    for (const auto& [name, numbers] : tensors) {
        file.read(name, numbers);
        file.require_finite(name, std::span<const float>(numbers));
    }
    for (const auto& [key, value] : metadata)
        if (std::find(own_keys.begin(), own_keys.end(), key) == own_keys.end())
            head.provenance[key] = value;
    return head;
}

std::vector<LayerId> layers_of_head(const LogisticHead& head, const std::string& path, const Model& model,
                                    const std::string& model_name)
{
    if (head.model != model_digest(model))
        throw Error(path, "was fitted to another model than " + model_name + ": give it that one, or fit anew");
    std::vector<LayerId> layers;
    std::size_t at = 0;
    for (std::size_t end = 0; end != std::string::npos; at = end + 1) {
        end = head.layers.find(',', at);
        layers.push_back(parse_layer(head.layers.substr(at, end - at), model.architecture));
    }
    if (feature_count(model.architecture, layers) != head.length())
        throw Error(path, "its weights are not as many as its layers have neurons");
    return layers;
}

void head_scores(const LogisticHead& head, std::span<const float> x, std::size_t pictures, std::span<float> z,
                 Pool& pool)
{
    const std::size_t classes = head.classes.size(), length = head.length();
    const std::size_t across = (classes + class_tile - 1) / class_tile;
    pool.for_each(across * ((pictures + picture_tile - 1) / picture_tile), [&](std::size_t task, int) {
        const std::size_t c = task % across * class_tile, i = task / across * picture_tile;
        const std::size_t m = std::min(picture_tile, pictures - i), n = std::min(class_tile, classes - c);
        dot_products(x.data() + i * length, m, head.weights.data() + c * length, n, length, z.data() + i * classes + c,
                     classes);
        for (std::size_t a = i; a < i + m; ++a)
            for (std::size_t b = c; b < c + n; ++b)
                z[a * classes + b] += head.bias[b];
    });
}

}    // namespace nonna
