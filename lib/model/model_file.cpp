#include "model/model_file.h"

#include "base/available_memory.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/random.h"
#include "io/digest.h"
#include "io/safetensors.h"
#include "kernels/kernels.h"
#include "model/local_stage.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace nonna
{

using nlohmann::ordered_json;

namespace
{

constexpr const char* format_name = "nonna-model 1";

std::string preprocessing_json(const Preprocessing& p)
{
    ordered_json object;
    object["side"] = p.side;
    object["channels"] = p.channels;
    object["whitening"] = p.width;
    object["factor"] = p.factor;
    if (p.decode != DecodeSize::whole)    // so that models from before are the same models still
        object["decode"] = name_of(p.decode);
    return object.dump();
}

Preprocessing read_preprocessing(const SafetensorsReader& file, const std::string& text, const Architecture& a)
{
    Preprocessing p;
    std::optional<DecodeSize> decode = p.decode;
    try {
        const ordered_json object = ordered_json::parse(text);
        object.at("side").get_to(p.side);
        object.at("channels").get_to(p.channels);
        object.at("whitening").get_to(p.width);
        object.at("factor").get_to(p.factor);
        if (object.contains("decode")) {
            decode = value_named<DecodeSize>(object.at("decode").get<std::string>());
            p.decode = decode.value_or(DecodeSize::whole);
        }
    } catch (const nlohmann::json::exception&) {
        throw Error(file.name(), "preprocessing in the metadata is not what nonna-model(5) says");
    }
    if (!decode)
        throw Error(file.name(), "its pictures are decoded in a way that this version does not know");
    if (p.side != a.side || p.channels != a.channels || (p.width != 0 && p.width != a.whitening) || !(p.factor > 0) ||
        !std::isfinite(float(p.factor)))
        throw Error(file.name(), "preprocessing does not fit the architecture");
    if (p.width > 0) {
        p.filters.resize(std::size_t(p.channels) * p.width * p.width * p.channels);
        file.read("preprocess.filters", std::span<float>(p.filters));
        file.require_finite("preprocess.filters", std::span<const float>(p.filters));
    }
    return p;
}

std::string scale_name(std::size_t stage) { return "stage" + std::to_string(stage + 1) + ".scale_sums"; }

}    // namespace

// The one place that says in which order parameters lie; stages (Stage::segments) list theirs in the same.
std::vector<ParameterTensor> parameter_layout(const Architecture& architecture)
{
    std::vector<ParameterTensor> all;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < architecture.stages.size(); ++i) {
        const StageArchitecture& s = architecture.stages[i];
        auto add = [&](bool decoder, bool bias, std::initializer_list<int> shape, std::size_t rows) {
            ParameterTensor t;
            t.name = "stage" + std::to_string(i + 1) + (decoder ? ".decoder" : ".encoder") + (bias ? "_bias" : "");
            t.shape.assign(shape.begin(), shape.end());
            t.stage = int(i);
            t.decoder = decoder;
            t.bias = bias;
            t.segment = {offset, std::size_t(t.shape[0] * t.shape[1]), rows, std::size_t(t.shape.back()),
                         !decoder && !bias && s.unit_norm};
            offset += t.segment.size();
            all.push_back(t);
        };
        for (const bool decoder : {false, true})
            if (!decoder || !s.tied)
                add(decoder, false, {s.filter.rows, s.filter.columns, s.field, s.field, s.input.maps, s.maps},
                    std::size_t(s.field) * s.field * s.input.maps);
        if (s.kind == StageKind::autoencoder) {
            add(false, true, {s.filter.rows, s.filter.columns, s.maps}, 1);
            add(true, true, {s.input.rows, s.input.columns, s.input.maps}, 1);
        }
    }
    return all;
}

std::vector<Segment> parameter_segments(const Architecture& architecture)
{
    std::vector<Segment> segments;
    for (const ParameterTensor& t : parameter_layout(architecture))
        segments.push_back(t.segment);
    return segments;
}

std::size_t parameter_count(const Architecture& architecture)
{
    return architecture.encoder_weights() + architecture.decoder_weights() + architecture.biases();
}

double Model::alpha(int stage) const
{
    if (!architecture.stages[stage].scaled())
        return 1;
    return least_squares_scale(std::span(statistics).subspan(2 * stage, 2));
}

// What stands beside the parameters: statistics and provenance.
static void read_rest(const SafetensorsReader& file, Model& model)
{
    model.statistics.assign(2 * model.architecture.stages.size(), 0.0);
    for (std::size_t i = 0; i < model.architecture.stages.size(); ++i)
        if (model.architecture.stages[i].scaled())
            file.read(scale_name(i), std::span<double>(model.statistics).subspan(2 * i, 2));
    for (std::size_t i = 0; i < model.architecture.stages.size(); ++i)
        file.require_finite(scale_name(i), std::span<const double>(model.statistics).subspan(2 * i, 2));
    model.provenance.clear();
    for (const auto& [key, value] : file.metadata())
        if (key != "format" && key != "architecture" && key != "preprocessing" && key != "sha256" && key != "models")
            model.provenance[key] = value;
}

std::vector<ParameterTensor> checked_layout(const SafetensorsReader& file, const Architecture& architecture)
{
    std::vector<ParameterTensor> layout = parameter_layout(architecture);
    for (const ParameterTensor& t : layout)    // before anything large is allocated
        if (file.info(t.name).shape != t.shape)
            throw Error(file.name(), "tensor " + t.name + " has not the shape that the architecture says");
    return layout;
}

static void read_values(const SafetensorsReader& file, Model& model)
{
    const std::vector<ParameterTensor> layout = checked_layout(file, model.architecture);
    const std::size_t count = parameter_count(model.architecture);
    if (model.parameters.size() != count) {
        require_memory(file.name(), count * sizeof(float), "its weights");
        model.parameters = Aligned<float>(count);
    }
    for (const ParameterTensor& t : layout)
        file.read(t.name, std::span<float>(model.parameters).subspan(t.segment.offset, t.segment.size()));
    for (const ParameterTensor& t : layout)
        file.require_finite(t.name,
                            std::span<const float>(model.parameters).subspan(t.segment.offset, t.segment.size()));
    read_rest(file, model);
}

static Architecture read_header(const SafetensorsReader& file)
{
    const auto& metadata = file.metadata();
    const auto format = metadata.find("format");
    if (format == metadata.end() || !metadata.contains("architecture") || !metadata.contains("preprocessing"))
        throw Error(file.name(), "not a nonna model");
    if (format->second != format_name)
        throw Error(file.name(), "model format '" + format->second + "', this program reads '" + format_name + "'");
    return Architecture::from_json(metadata.at("architecture"), file.name());
}

static Model open_model(const SafetensorsReader& file)
{
    Model model;
    model.architecture = read_header(file);
    model.preprocessing = read_preprocessing(file, file.metadata().at("preprocessing"), model.architecture);
    return model;
}

Model load_model(const std::string& path)
{
    Architecture::require_model(path);
    const SafetensorsReader file(path);
    Model model = open_model(file);
    read_values(file, model);
    return model;
}

Model load_model_head(const std::string& path)
{
    Architecture::require_model(path);
    const SafetensorsReader file(path);
    Model model = open_model(file);
    read_rest(file, model);
    return model;
}

void load_parameters(const std::string& path, const Architecture& architecture, std::uint64_t first,
                     std::span<float> into)
{
    const SafetensorsReader file(path);
    const std::uint64_t last = first + into.size();
    for (const ParameterTensor& t : checked_layout(file, architecture)) {
        const std::uint64_t begin = std::max<std::uint64_t>(first, t.segment.offset),
                            end = std::min<std::uint64_t>(last, t.segment.offset + t.segment.size());
        if (begin >= end)
            continue;
        file.read(t.name, begin - t.segment.offset, into.subspan(begin - first, end - begin));
        file.require_finite(t.name, into.subspan(begin - first, end - begin));
    }
}

std::string model_identity(const Architecture& architecture, const Preprocessing& preprocessing)
{
    return architecture.to_json() + "\n" + preprocessing_json(preprocessing) + "\n" +
           sha256(std::as_bytes(std::span(preprocessing.filters)));
}

std::string model_digest(const Model& model)
{
    const std::string identity = model_identity(model.architecture, model.preprocessing);
    Sha256 sum;
    sum.add(std::as_bytes(std::span(identity)));
    sum.add(std::as_bytes(std::span<const float>(model.parameters)));
    sum.add(std::as_bytes(std::span(model.statistics)));
    return sum.hex();
}

std::string model_file_digest(const std::string& path)
{
    const Model head = load_model_head(path);
    const std::string identity = model_identity(head.architecture, head.preprocessing);
    Sha256 sum;
    sum.add(std::as_bytes(std::span(identity)));
    std::vector<float> piece(std::size_t(1) << 20);
    const std::size_t count = parameter_count(head.architecture);
    for (std::size_t first = 0; first < count; first += piece.size()) {
        throw_if_interrupted();
        piece.resize(std::min(piece.size(), count - first));
        load_parameters(path, head.architecture, first, piece);
        sum.add(std::as_bytes(std::span(piece)));
    }
    sum.add(std::as_bytes(std::span(head.statistics)));
    return sum.hex();
}

void reload_model(const std::string& path, Model& model)
{
    const SafetensorsReader file(path);
    if (read_header(file).to_json() != model.architecture.to_json())
        throw Error(path, "is of another architecture");
    read_values(file, model);
}

// In two passes, as the file's header holds every tensor's place before the first number: all are declared, then all
// are written, in the same order.
void save_pieces(const std::string& path, const Model& model, const Pieces& parameters,
                 const std::vector<PiecedTensor>& extra, const std::map<std::string, std::string>& marks, bool sealed,
                 Stored filters)
{
    std::map<std::string, std::string> metadata = model.provenance;
    for (const auto& [key, value] : marks)
        metadata[key] = value;
    metadata["format"] = format_name;
    metadata["architecture"] = model.architecture.to_json();
    metadata["preprocessing"] = preprocessing_json(model.preprocessing);
    SafetensorsWriter file(path, std::move(metadata), sealed);

    const Preprocessing& p = model.preprocessing;
    const std::vector<ParameterTensor> layout = parameter_layout(model.architecture);
    const std::size_t stages = model.architecture.stages.size();
    // The 8-byte numbers first: safetensors pads nothing between tensors, and so every one is aligned.
    for (std::size_t i = 0; i < stages; ++i)
        if (model.architecture.stages[i].scaled())
            file.declare(scale_name(i), "F64", {2});
    if (p.width > 0)
        file.declare(
            "preprocess.filters", "F32",
            {std::uint64_t(p.channels), std::uint64_t(p.width), std::uint64_t(p.width), std::uint64_t(p.channels)});
    for (const ParameterTensor& t : layout)
        file.declare(t.name, filters == Stored::bf16 && !t.bias ? "BF16" : "F32", t.shape);
    for (const PiecedTensor& t : extra)
        file.declare(t.name, "F32", {t.count});

    for (std::size_t i = 0; i < stages; ++i)
        if (model.architecture.stages[i].scaled())
            file.write(std::span<const double>(model.statistics).subspan(2 * i, 2));
    if (p.width > 0)
        file.write(std::span<const float>(p.filters));
    auto tensor = layout.begin();
    std::size_t written = 0;
    parameters([&](std::span<const float> values) {
        while (written == tensor->segment.offset + tensor->segment.size())
            ++tensor;
        if (filters == Stored::bf16 && !tensor->bias)
            file.write_bf16(values);
        else
            file.write(values);
        written += values.size();
    });
    for (const PiecedTensor& t : extra)
        t.pieces([&](std::span<const float> values) { file.write(values); });
    file.commit();
}

static void save(const std::string& path, const Model& model, const std::vector<ExtraTensor>& extra,
                 const std::map<std::string, std::string>& marks, bool sealed, Stored filters)
{
    const Pieces parameters = [&](const std::function<void(std::span<const float>)>& put) {
        for (const ParameterTensor& t : parameter_layout(model.architecture))
            put(std::span<const float>(model.parameters).subspan(t.segment.offset, t.segment.size()));
    };
    std::vector<PiecedTensor> pieced;
    for (const ExtraTensor& t : extra)
        pieced.push_back(
            {t.name, t.values.size(), [&t](const std::function<void(std::span<const float>)>& put) { put(t.values); }});
    save_pieces(path, model, parameters, pieced, marks, sealed, filters);
}

void save_model(const std::string& path, const Model& model, const std::vector<ExtraTensor>& extra,
                const std::map<std::string, std::string>& marks, Stored filters)
{
    save(path, model, extra, marks, false, filters);
}

void save_sealed_model(const std::string& path, const Model& model, const std::vector<ExtraTensor>& extra,
                       const std::map<std::string, std::string>& marks)
{
    save(path, model, extra, marks, true, Stored::fp32);
}

Model random_model(const Architecture& architecture, const Preprocessing& preprocessing, std::uint64_t seed, Pool& pool,
                   Start start)
{
    Model model;
    model.architecture = architecture;
    model.preprocessing = preprocessing;
    model.provenance["start"] = name_of(start);
    const std::size_t count = parameter_count(architecture);
    require_memory(architecture.name, count * sizeof(float), "its weights");
    model.parameters = Aligned<float>(count);
    model.statistics.assign(2 * architecture.stages.size(), 0.0);
    for (const ParameterTensor& t : parameter_layout(architecture)) {
        if (t.bias)    // zero
            continue;
        const Segment& s = t.segment;
        const std::size_t size = s.rows * s.columns;
        float* const first = model.parameters.data() + s.offset;
        auto draw = [&](std::size_t p) {
            Random random(seed, Purpose::weights, (std::uint64_t(t.stage) << 40) + p);
            for (std::size_t i = 0; i < size; ++i)
                first[p * size + i] = float(random.normal());
            kernels<float>().unit_columns(s.rows, s.columns, first + p * size);
        };
        // A position's filters are its own number's draw; alike, those of position 0 are everybody's. A decoder starts
        // as its encoder, which lies just before it.
        if (start == Start::alike && !t.decoder)
            draw(0);
        pool.for_each(s.matrices, [&](std::size_t p, int) {
            throw_if_interrupted();
            if (t.decoder)
                std::copy_n(first + p * size - s.size(), size, first + p * size);
            else if (start == Start::apart)
                draw(p);
            else if (p > 0)
                std::copy_n(first, size, first + p * size);
        });
    }
    return model;
}

}    // namespace nonna
