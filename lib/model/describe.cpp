#include "model/describe.h"

#include "base/error.h"
#include "io/built_set.h"
#include "io/file_kind.h"
#include "io/image_stream.h"
#include "io/manifest.h"
#include "io/npy.h"
#include "io/output.h"
#include "io/safetensors.h"
#include "io/table.h"
#include "model/model_file.h"
#include "model/neuron.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

namespace nonna
{

namespace
{

std::string join(const std::vector<std::uint64_t>& shape)
{
    std::string text;
    for (const std::uint64_t d : shape)
        text += (text.empty() ? "" : " x ") + std::to_string(d);
    return text;
}

std::string join(Shape s)
{
    return join(std::vector{std::uint64_t(s.rows), std::uint64_t(s.columns), std::uint64_t(s.maps)});
}

std::string millions(std::uint64_t n)
{
    char text[64];
    std::snprintf(text, sizeof text, "%llu (%.1f M)", static_cast<unsigned long long>(n), double(n) / 1e6);
    return text;
}

void add(Facts& facts, const Facts& more) { facts.insert(facts.end(), more.begin(), more.end()); }

// Read to the end, picture by picture: a stream has no table of contents, and its digest is of all of it.
Facts describe_image_set(const std::string& path)
{
    ImageReader reader(path);
    std::uint64_t images = 0, bytes = 0, boxes = 0;
    std::map<std::string, std::uint64_t> sizes, labels;
    while (const auto sample = reader.next()) {
        ++images;
        bytes += sample->picture.size();
        ++sizes[std::to_string(sample->meta.width) + "x" + std::to_string(sample->meta.height)];
        if (sample->meta.label)
            ++labels[*sample->meta.label];
        for (const Detection& d : sample->meta.detections)
            boxes += d.boxes.size();
    }
    Facts facts = {{"images", std::to_string(images)}, {"picture bytes", std::to_string(bytes)}};
    auto list = [&](const char* name, const std::map<std::string, std::uint64_t>& counts) {
        std::string text;
        for (const auto& [what, n] : counts)
            text += (text.empty() ? "" : ", ") + what + " (" + std::to_string(n) + ")";
        if (counts.size() > 12)    // more than a person reads
            text = std::to_string(counts.size()) + " different";
        if (!text.empty())
            facts.emplace_back(name, text);
    };
    list("sizes", sizes);
    list("labels", labels);
    facts.emplace_back("detections", std::to_string(boxes));
    facts.emplace_back("digest", reader.digest());
    return facts;
}

Facts describe_built_set(const std::string& path)
{
    Facts facts = {{"file", path}, {"kind", "built image set"}};
    facts.emplace_back("shards", std::to_string(built_set_shards(path).size()));
    const BuiltSetFiles set(path);
    UnitCounts units;
    ManifestReader manifest(set.manifest());
    while (const auto unit = manifest.next())
        units.add(unit->status);
    facts.emplace_back("units", std::to_string(units.all()));
    facts.emplace_back("units ok", std::to_string(units.ok));
    facts.emplace_back("units rejected", std::to_string(units.rejected));
    facts.emplace_back("units failed", std::to_string(units.failed));
    for (const auto& [name, value] : read_settings(set.settings()))
        facts.emplace_back("setting " + name, value);
    add(facts, describe_image_set(path));
    return facts;
}

Facts describe_safetensors(const std::string& path, bool check)
{
    const SafetensorsReader file(path);
    Facts facts;
    if (!file.metadata().contains("architecture")) {
        for (const TensorInfo& t : file.tensors())
            facts.emplace_back(t.name, t.type + " " + join(t.shape));
        for (const auto& [key, value] : file.metadata())    // a server's snapshot says whose it is
            facts.emplace_back(key, value);
        return facts;
    }
    const Architecture architecture = Architecture::from_json(file.metadata().at("architecture"), path);
    facts.emplace_back("model of", architecture.name);
    add(facts, describe_architecture(architecture));
    for (const TensorInfo& t : file.tensors())
        facts.emplace_back("tensor " + t.name, t.type + " " + join(t.shape));
    for (const auto& [key, value] : file.metadata())
        if (key != "architecture")
            facts.emplace_back(key, value);
    if (check)
        load_model(path);    // reads every value
    return facts;
}

}    // namespace

Facts describe_architecture(const Architecture& a)
{
    Facts facts = {{"input", join(a.input())}};
    std::string kinds;
    for (const StageArchitecture& s : a.stages)
        kinds += std::string(kinds.empty() ? "" : ", ") + name_of(s.kind);
    if (a.biases() > 0)
        facts.emplace_back("kinds of stages", kinds);
    for (const LayerId layer : all_layers(a))
        facts.emplace_back(layer_name(layer), join(layer_shape(layer, a)));
    const Area area = top_visible_area(a);
    facts.emplace_back("top neurons", std::to_string(layer_shape(top_layer(a), a).size()));
    facts.emplace_back("visible area", std::to_string(area.rows) + " x " + std::to_string(area.columns));
    facts.emplace_back("encoder weights", millions(a.encoder_weights()));
    facts.emplace_back("decoder weights",
                       a.decoder_weights() == 0 ? "tied to the encoder" : millions(a.decoder_weights()));
    if (a.biases() > 0)
        facts.emplace_back("biases", std::to_string(a.biases()));
    return facts;
}

Facts describe_file(const std::string& path, bool check)
{
    if (is_built_set(path))
        return describe_built_set(path);
    const FileKind kind = detect_file_kind(path);
    Facts facts = {{"file", path}, {"kind", name_of(kind)}};
    switch (kind) {
    case FileKind::image_set:
        add(facts, describe_image_set(path));    // always to the last byte
        break;
    case FileKind::safetensors:
        add(facts, describe_safetensors(path, check));
        break;
    case FileKind::npy: {
        const NpyReader array(path);    // the header says how long the file must be
        facts.emplace_back("type", array.type());
        facts.emplace_back("shape", join(array.shape()));
        break;
    }
    case FileKind::table: {
        const Table table = read_table(path);
        facts.emplace_back("rows", std::to_string(table.rows.size()));
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            facts.emplace_back("column " + std::to_string(i + 1), table.columns[i]);
        break;
    }
    case FileKind::unknown:
        throw Error(path, "not a file of nonna's: neither an image set, a model, an array nor a table");
    }
    return facts;
}

std::string facts_json(const Facts& facts)
{
    nlohmann::ordered_json object;
    for (const auto& [key, value] : facts)
        object[key] = value;
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}    // namespace nonna
