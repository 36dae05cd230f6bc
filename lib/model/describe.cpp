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
#include <filesystem>
#include <map>

namespace nonna
{

namespace
{

using Json = nlohmann::ordered_json;

using Lengths = std::vector<std::uint64_t>;

Lengths lengths(Shape s) { return {std::uint64_t(s.rows), std::uint64_t(s.columns), std::uint64_t(s.maps)}; }

std::string join(const Lengths& shape)
{
    std::string text;
    for (const std::uint64_t d : shape)
        text += (text.empty() ? "" : " x ") + std::to_string(d);
    return text;
}

std::string millions(std::uint64_t n)
{
    char text[64];
    std::snprintf(text, sizeof text, "%llu (%.1f M)", static_cast<unsigned long long>(n), double(n) / 1e6);
    return text;
}

// A number only where it would be written again as it stands: digits of a digest are none.
Json as_json(const std::string& text)
{
    Json value = Json::parse(text, nullptr, false);
    if (value.is_structured() || (value.is_number() && value.dump() == text))
        return value;
    return text;
}

// Both forms of a description, filled side by side.
struct Telling {
    Facts facts;
    Json json = Json::object();

    void add(const std::string& name, const std::string& text, Json value)
    {
        facts.emplace_back(name, text);
        json[name] = std::move(value);
    }
    void text(const std::string& name, const std::string& text) { add(name, text, text); }
    void count(const std::string& name, std::uint64_t n) { add(name, std::to_string(n), n); }
    void shape(const std::string& name, const Lengths& shape) { add(name, join(shape), shape); }
    // One of many: people read "TITLE KEY: TEXT", the object has it as GROUP.KEY.
    void member(const std::string& title, const std::string& group, const std::string& key, const std::string& text,
                Json value)
    {
        facts.emplace_back(title.empty() ? key : title + " " + key, text);
        json[group][key] = std::move(value);
    }
    Description done() const { return {facts, json.dump(-1, ' ', false, Json::error_handler_t::replace)}; }
};

// Read to the end, picture by picture: a stream has no table of contents, and its digest is of all of it.
void tell_image_set(Telling& to, const std::string& path)
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
    to.count("images", images);
    to.count("picture bytes", bytes);
    auto list = [&](const char* name, const std::map<std::string, std::uint64_t>& counts) {
        std::string text;
        for (const auto& [what, n] : counts)
            text += (text.empty() ? "" : ", ") + what + " (" + std::to_string(n) + ")";
        if (counts.size() > 12)    // more than a person reads
            text = std::to_string(counts.size()) + " different";
        if (!text.empty())
            to.add(name, text, counts);
    };
    list("sizes", sizes);
    list("labels", labels);
    to.count("detections", boxes);
    to.text("digest", reader.digest());
}

void tell_built_set(Telling& to, const std::string& path)
{
    to.count("shards", built_set_shards(path).size());
    const BuiltSetFiles set(path);
    UnitCounts units;
    ManifestReader manifest(set.manifest());
    while (const auto unit = manifest.next())
        units.add(unit->status);
    to.count("units", units.all());
    to.count("units ok", units.ok);
    to.count("units rejected", units.rejected);
    to.count("units failed", units.failed);
    for (const auto& [name, value] : read_settings(set.settings()))
        to.member("setting", "settings", name, value, as_json(value));
    tell_image_set(to, path);
}

void tell_architecture(Telling& to, const Architecture& a)
{
    to.shape("input", lengths(a.input()));
    std::string kinds;
    Json list = Json::array();
    for (const StageArchitecture& s : a.stages) {
        kinds += std::string(kinds.empty() ? "" : ", ") + name_of(s.kind);
        list.push_back(name_of(s.kind));
    }
    if (a.biases() > 0)
        to.add("kinds of stages", kinds, list);
    for (const LayerId layer : all_layers(a))
        to.shape(layer_name(layer), lengths(layer_shape(layer, a)));
    const Area area = top_visible_area(a);
    to.count("top neurons", layer_shape(top_layer(a), a).size());
    to.shape("visible area", {std::uint64_t(area.rows), std::uint64_t(area.columns)});
    to.add("encoder weights", millions(a.encoder_weights()), a.encoder_weights());
    to.add("decoder weights", a.decoder_weights() == 0 ? "tied to the encoder" : millions(a.decoder_weights()),
           a.decoder_weights());
    if (a.biases() > 0)
        to.count("biases", a.biases());
}

void tell_safetensors(Telling& to, const std::string& path, bool check)
{
    const SafetensorsReader file(path);
    const bool model = file.metadata().contains("architecture");
    if (model) {
        const Architecture architecture = Architecture::from_json(file.metadata().at("architecture"), path);
        to.text("model of", architecture.name);
        tell_architecture(to, architecture);
    }
    for (const TensorInfo& t : file.tensors())
        to.member(model ? "tensor" : "", "tensors", t.name, t.type + " " + join(t.shape),
                  {{"type", t.type}, {"shape", t.shape}});
    for (const auto& [key, value] : file.metadata())    // a server's snapshot says whose it is
        if (key != "architecture")
            to.member("", "metadata", key, value, as_json(value));
    if (!check)
        return;
    if (model && file.metadata().contains("sha256"))    // a checkpoint; a model that is not has its provenance alone
        file.check_seal();
    if (model)
        load_model(path);    // reads every value
    for (const TensorInfo& t : file.tensors())
        file.require_finite(t.name);
}

}    // namespace

Description describe_architecture(const Architecture& a)
{
    Telling to;
    to.text("architecture", a.name);
    tell_architecture(to, a);
    return to.done();
}

std::string list_architectures()
{
    char line[160];
    std::snprintf(line, sizeof line, "%-19s %5s %8s %6s %7s %9s %6s %8s\n", "", "side", "channels", "stages", "top",
                  "weights", "sees", "GFLOP");
    std::string lines = line;
    for (const std::string& name : Architecture::installed()) {
        const Architecture a = Architecture::read(name);
        const Area area = top_visible_area(a);
        const double weights = double(a.encoder_weights()) + double(a.decoder_weights());
        std::snprintf(line, sizeof line, "%-19s %5d %8d %6zu %7zu %7.2f M %2dx%-3d %8.3g\n", name.c_str(), a.side,
                      a.channels, a.stages.size(), std::size_t(layer_shape(top_layer(a), a).size()), 1e-6 * weights,
                      area.rows, area.columns, 2e-9 * double(a.encoder_weights()));
        lines += line;
    }
    return lines;
}

Description describe_file(const std::string& path, bool check)
{
    Telling to;
    to.text("file", path);
    if (is_built_set(path)) {
        to.text("kind", "built image set");
        tell_built_set(to, path);
        return to.done();
    }
    if (Architecture::is_known(path))
        throw Error(path, "an architecture: --count describes it");
    if (path.find('/') == path.npos && path.rfind(':') != path.npos && !std::filesystem::exists(path))
        throw Error(path, "no such file; the address of a server begins with tcp://, tls+tcp:// or ipc://");
    const FileKind kind = detect_file_kind(path);
    to.text("kind", name_of(kind));
    switch (kind) {
    case FileKind::image_set:
        tell_image_set(to, path);    // always to the last byte
        break;
    case FileKind::safetensors:
        tell_safetensors(to, path, check);
        break;
    case FileKind::npy: {
        const NpyReader array(path);    // the header says how long the file must be
        to.text("type", array.type());
        to.shape("shape", array.shape());
        break;
    }
    case FileKind::table: {
        const Table table = read_table(path);
        to.count("rows", table.rows.size());
        to.json["columns"] = table.columns;
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            to.facts.emplace_back("column " + std::to_string(i + 1), table.columns[i]);
        break;
    }
    case FileKind::unknown:
        throw Error(path, "not a file of nonna's: neither an image set, a model, an array nor a table");
    }
    return to.done();
}

}    // namespace nonna
