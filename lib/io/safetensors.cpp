#include "io/safetensors.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/digest.h"
#include "io/input.h"
#include "io/json_check.h"
#include "io/output.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace nonna
{

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie in memory");

namespace
{

using Json = nlohmann::json;
constexpr std::uint64_t header_limit = 100'000'000;

struct TypeSize {
    const char* type;
    std::uint64_t bytes;
};
// All types of the format, used here or not: a tensor's size must be known to tell whether its neighbours lie right.
constexpr std::array<TypeSize, 15> type_sizes{{{"BOOL", 1},
                                               {"U8", 1},
                                               {"I8", 1},
                                               {"F8_E5M2", 1},
                                               {"F8_E4M3", 1},
                                               {"I16", 2},
                                               {"U16", 2},
                                               {"F16", 2},
                                               {"BF16", 2},
                                               {"I32", 4},
                                               {"U32", 4},
                                               {"F32", 4},
                                               {"F64", 8},
                                               {"I64", 8},
                                               {"U64", 8}}};

std::uint64_t type_size(const std::string& type)    // 0: unknown
{
    for (const auto& entry : type_sizes)
        if (type == entry.type)
            return entry.bytes;
    return 0;
}

// The seal's place in a header's text; npos: there is none. A text in the metadata cannot pass for it, as quotes inside
// of one are escaped.
const std::string seal_key = "\"sha256\":\"";
constexpr std::size_t seal_length = 64;

std::size_t seal_place(const std::string& header)
{
    const std::size_t key = header.find(seal_key), place = key + seal_key.size();
    return key == header.npos || place + seal_length >= header.size() || header[place + seal_length] != '"'
               ? header.npos
               : place;
}

template <class T> const char* type_name()
{
    if constexpr (std::is_same_v<T, float>)
        return "F32";
    else if constexpr (std::is_same_v<T, double>)
        return "F64";
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return "I64";
    else
        return "U64";
}

bool multiply(std::uint64_t& product, std::uint64_t factor)
{
    return !__builtin_mul_overflow(product, factor, &product);
}

// Nothing here is believed: the bytes between the offsets must be those that shape and type ask for, multiplied without
// overflow, before anybody allocates by either.
TensorInfo parse_tensor(const std::string& file, const std::string& tensor, const Json& entry)
{
    const auto refuse = [&](const std::string& reason) -> Error {
        return {file, "tensor '" + tensor + "': " + reason};
    };
    if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets"))
        throw refuse("needs dtype, shape and data_offsets, nothing else");
    TensorInfo info;
    info.name = tensor;
    if (!entry["dtype"].is_string())
        throw refuse("dtype is not a string");
    info.type = entry["dtype"].get<std::string>();
    std::uint64_t bytes = type_size(info.type);
    if (bytes == 0)
        throw refuse("unknown dtype '" + info.type + "'");
    if (!entry["shape"].is_array())
        throw refuse("shape is not an array");
    for (const auto& side : entry["shape"]) {
        if (!side.is_number_unsigned())
            throw refuse("shape holds something other than counts");
        info.shape.push_back(side.get<std::uint64_t>());
        if (!multiply(bytes, info.shape.back()))
            throw refuse("shape is too large");
    }
    const auto& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned())
        throw refuse("data_offsets are not two counts");
    info.begin = offsets[0].get<std::uint64_t>();
    info.end = offsets[1].get<std::uint64_t>();
    if (info.end < info.begin || info.end - info.begin != bytes)
        throw refuse("data_offsets do not agree with shape and dtype");
    return info;
}

}    // namespace

std::uint64_t TensorInfo::elements() const
{
    std::uint64_t n = 1;
    for (const auto side : shape)
        n *= side;
    return n;
}

struct SafetensorsReader::State {
    Input input;
    std::uint64_t data_start = 0;
    std::map<std::string, std::string> metadata;
    std::vector<TensorInfo> tensors;
    std::map<std::string, std::size_t> index;

    explicit State(const std::string& path) : input(path)
    {
        input.make_seekable();
        const std::string& file = input.name();
        const std::uint64_t size = input.size();
        if (size < 8)
            throw Error(file, size == 0 ? "empty, not a safetensors file" : "truncated, or not a safetensors file");
        // The one number that nothing vouches for: held against the file before memory is spent on it.
        std::uint64_t header_size = 0;
        input.read_at(0, std::as_writable_bytes(std::span(&header_size, 1)));
        if (header_size > header_limit || header_size < 2)
            throw Error(file, "not a safetensors file");
        if (header_size > size - 8)
            throw Error(file, "truncated, or not a safetensors file");
        std::string header(header_size, '\0');
        input.read_at(8, std::as_writable_bytes(std::span(header)));
        if (header[0] != '{')
            throw Error(file, "not a safetensors file");
        check_json_object(header, file, "header");
        data_start = 8 + header_size;
        parse(Json::parse(header), size - data_start);
    }

    void parse(const Json& header, std::uint64_t data_size)
    {
        const std::string& file = input.name();
        for (const auto& [key, entry] : header.items()) {
            if (key != "__metadata__") {
                tensors.push_back(parse_tensor(file, key, entry));
                continue;
            }
            if (!entry.is_object())
                throw Error(file, "__metadata__ is not an object");
            for (const auto& [name, text] : entry.items()) {
                if (!text.is_string())
                    throw Error(file, "__metadata__: '" + name + "' is not a string");
                metadata[name] = text.get<std::string>();
            }
        }
        // One after the other, from the first byte to the last: no tensor shares bytes with another, nothing is hidden
        // between two, and a file that was cut is found out without reading it.
        std::stable_sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
        });
        std::uint64_t expected = 0;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            if (tensors[i].begin != expected)
                throw Error(file, "tensor '" + tensors[i].name + "': data overlap or leave a gap");
            expected = tensors[i].end;
            index[tensors[i].name] = i;
        }
        if (expected > data_size)
            throw Error(file, "truncated: the header announces " + std::to_string(expected) + " bytes of data, " +
                                  std::to_string(data_size) + " are there");
        if (expected < data_size)
            throw Error(file, "bytes after the last tensor");
    }

    template <class T> void read(const TensorInfo& info, std::span<T> into) const
    {
        const std::string where = "tensor '" + info.name + "': ";
        if (info.type != type_name<T>() && !(info.type == "BF16" && std::is_same_v<T, float>))
            throw Error(input.name(), where + "has type " + info.type + ", not " + type_name<T>());
        if (info.elements() != into.size())
            throw Error(input.name(), where + "has " + std::to_string(info.elements()) + " values, not " +
                                          std::to_string(into.size()));
        if constexpr (std::is_same_v<T, float>)
            read_floats(info, 0, into);
        else
            input.read_at(data_start + info.begin, std::as_writable_bytes(into));
    }

    // Numbers from `first` on, of F32 or BF16.
    void read_floats(const TensorInfo& info, std::uint64_t first, std::span<float> into) const
    {
        if (info.type != "BF16") {
            input.read_at(data_start + info.begin + first * sizeof(float), std::as_writable_bytes(into));
            return;
        }
        std::vector<std::uint16_t> piece;
        for (std::size_t at = 0; at < into.size(); at += piece.size()) {
            piece.resize(std::min<std::size_t>(1 << 20, into.size() - at));
            input.read_at(data_start + info.begin + (first + at) * sizeof piece[0],
                          std::as_writable_bytes(std::span(piece)));
            for (std::size_t i = 0; i < piece.size(); ++i)
                into[at + i] = std::bit_cast<float>(std::uint32_t(piece[i]) << 16);
        }
    }
};

SafetensorsReader::SafetensorsReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
SafetensorsReader::~SafetensorsReader() = default;
SafetensorsReader::SafetensorsReader(SafetensorsReader&&) noexcept = default;

const std::string& SafetensorsReader::name() const { return state_->input.name(); }
const std::map<std::string, std::string>& SafetensorsReader::metadata() const { return state_->metadata; }
const std::vector<TensorInfo>& SafetensorsReader::tensors() const { return state_->tensors; }
bool SafetensorsReader::has(const std::string& tensor) const { return state_->index.contains(tensor); }

void SafetensorsReader::check_seal() const
{
    const Input& input = state_->input;
    std::string header(state_->data_start - 8, '\0');
    input.read_at(8, std::as_writable_bytes(std::span(header)));
    const std::size_t place = seal_place(header);
    const auto written = metadata().find("sha256");
    if (place == header.npos || written == metadata().end())
        throw Error(name(), "damaged, or of an earlier version: it has no digest");
    header.replace(place, seal_length, seal_length, '0');
    Sha256 sum;
    std::vector<std::byte> piece(std::size_t(1) << 20);
    input.read_at(0, std::span(piece).first(8));
    sum.add(std::span(piece).first(8));
    sum.add(std::as_bytes(std::span(header)));
    for (std::uint64_t at = state_->data_start; at < input.size();) {
        throw_if_interrupted();
        const auto part = std::span(piece).first(std::min<std::uint64_t>(piece.size(), input.size() - at));
        input.read_at(at, part);
        sum.add(part);
        at += part.size();
    }
    if (sum.hex() != written->second)
        throw Error(name(), "damaged: its bytes are not those that were written");
}

const TensorInfo& SafetensorsReader::info(const std::string& tensor) const
{
    const auto found = state_->index.find(tensor);
    if (found == state_->index.end())
        throw Error(name(), "no tensor '" + tensor + "'");
    return state_->tensors[found->second];
}

void SafetensorsReader::read(const std::string& tensor, std::span<float> into) const
{
    state_->read(info(tensor), into);
}
void SafetensorsReader::read(const std::string& tensor, std::uint64_t first, std::span<float> into) const
{
    const TensorInfo& t = info(tensor);
    if ((t.type != "F32" && t.type != "BF16") || first > t.elements() || into.size() > t.elements() - first)
        throw Error(name(), "tensor " + tensor + " has no such part");
    state_->read_floats(t, first, into);
}
void SafetensorsReader::read(const std::string& tensor, std::span<double> into) const
{
    state_->read(info(tensor), into);
}
void SafetensorsReader::read(const std::string& tensor, std::span<std::int64_t> into) const
{
    state_->read(info(tensor), into);
}
void SafetensorsReader::read(const std::string& tensor, std::span<std::uint64_t> into) const
{
    state_->read(info(tensor), into);
}

template <class T>
static void check_finite(const std::string& file, const std::string& tensor, std::span<const T> numbers)
{
    const auto bad = std::find_if(numbers.begin(), numbers.end(), [](T n) { return !std::isfinite(n); });
    if (bad != numbers.end())
        throw Error(file, "tensor " + tensor + " holds " + (std::isnan(*bad) ? "nan" : "inf") +
                              ", as after a run that diverged: take a file from before that");
}

void SafetensorsReader::require_finite(const std::string& tensor, std::span<const float> numbers) const
{
    check_finite(name(), tensor, numbers);
}

void SafetensorsReader::require_finite(const std::string& tensor, std::span<const double> numbers) const
{
    check_finite(name(), tensor, numbers);
}

void SafetensorsReader::require_finite(const std::string& tensor) const
{
    const TensorInfo& t = info(tensor);
    const auto check = [&]<class T>(T) {
        std::vector<T> some;
        for (std::uint64_t first = 0; first < t.elements(); first += some.size()) {
            throw_if_interrupted();
            some.resize(std::min<std::uint64_t>(1 << 20, t.elements() - first));
            if constexpr (std::is_same_v<T, float>)
                state_->read_floats(t, first, some);
            else
                state_->input.read_at(state_->data_start + t.begin + first * sizeof(T),
                                      std::as_writable_bytes(std::span(some)));
            check_finite(name(), tensor, std::span<const T>(some));
        }
    };
    if (t.type == "F32" || t.type == "BF16")
        check(float());
    else if (t.type == "F64")
        check(double());
}

struct SafetensorsWriter::State {
    Output output;
    nlohmann::ordered_json header = nlohmann::ordered_json::object();    // in the order of declaration
    std::vector<TensorInfo> tensors;
    std::uint64_t declared = 0, written = 0;
    std::size_t current = 0, seal_at = 0;
    bool header_written = false;
    std::optional<Sha256> sum;    // of a file to be sealed

    State(const std::string& path, bool sealed) : output(path, Output::Kind::binary)
    {
        if (!sealed)
            return;
        if (!output.can_overwrite())
            throw std::logic_error("safetensors: a seal where nothing can be written over");
        sum.emplace();
    }

    void put(std::span<const std::byte> bytes)
    {
        if (sum)
            sum->add(bytes);
        output.write(bytes);
    }

    void write_header()
    {
        if (std::exchange(header_written, true))
            return;
        std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
        text.resize((text.size() + 7) / 8 * 8, ' ');    // numbers then lie aligned where the file is mapped
        if (text.size() > header_limit)
            throw Error(output.name(), "more than 100 MB of header");
        const std::uint64_t size = text.size();
        put(std::as_bytes(std::span(&size, 1)));
        put(std::as_bytes(std::span(text)));
        if (sum)
            seal_at = 8 + seal_place(text);
    }

    void write(const char* type, std::span<const std::byte> bytes)
    {
        write_header();
        if (bytes.empty())
            return;
        while (current < tensors.size() && tensors[current].end == written)    // also steps over empty tensors
            ++current;
        if (current == tensors.size() || tensors[current].type != type || bytes.size() > tensors[current].end - written)
            throw std::logic_error("safetensors: values that were not declared");
        put(bytes);
        written += bytes.size();
    }
    template <class T> void write(std::span<const T> values) { write(type_name<T>(), std::as_bytes(values)); }
};

SafetensorsWriter::SafetensorsWriter(const std::string& path, std::map<std::string, std::string> metadata, bool sealed)
    : state_(std::make_unique<State>(path, sealed))
{
    if (sealed)
        metadata["sha256"] = std::string(seal_length, '0');
    if (!metadata.empty())
        state_->header["__metadata__"] = metadata;
}

SafetensorsWriter::~SafetensorsWriter() = default;

void SafetensorsWriter::declare(const std::string& tensor, const std::string& type, std::vector<std::uint64_t> shape)
{
    State& s = *state_;
    std::uint64_t bytes = type_size(type);
    if (s.header_written || bytes == 0 || tensor == "__metadata__" || s.header.contains(tensor))
        throw std::logic_error("safetensors: cannot declare " + tensor);
    for (const auto side : shape)
        if (!multiply(bytes, side))
            throw Error(s.output.name(), "tensor '" + tensor + "': shape is too large");
    TensorInfo info{tensor, type, std::move(shape), s.declared, 0};
    if (__builtin_add_overflow(s.declared, bytes, &info.end))
        throw Error(s.output.name(), "tensor '" + tensor + "': shape is too large");
    s.declared = info.end;
    s.header[tensor] = {{"dtype", type}, {"shape", info.shape}, {"data_offsets", {info.begin, info.end}}};
    s.tensors.push_back(std::move(info));
}

void SafetensorsWriter::write(std::span<const float> values) { state_->write(values); }
void SafetensorsWriter::write(std::span<const double> values) { state_->write(values); }
void SafetensorsWriter::write(std::span<const std::int64_t> values) { state_->write(values); }
void SafetensorsWriter::write(std::span<const std::uint64_t> values) { state_->write(values); }
void SafetensorsWriter::write_bf16(std::span<const float> values)
{
    std::vector<std::uint16_t> piece;
    for (std::size_t at = 0; at < values.size(); at += piece.size()) {
        piece.resize(std::min<std::size_t>(1 << 20, values.size() - at));
        for (std::size_t i = 0; i < piece.size(); ++i) {
            const std::uint32_t bits = std::bit_cast<std::uint32_t>(values[at + i]);
            // Rounding would carry the bits of what is no number into its sign.
            piece[i] = std::isnan(values[at + i]) ? 0x7fc0 : std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        }
        state_->write("BF16", std::as_bytes(std::span(piece)));
    }
}

void SafetensorsWriter::commit()
{
    state_->write_header();
    if (state_->written != state_->declared)
        throw std::logic_error("safetensors: fewer values than declared");
    if (state_->sum) {
        const std::string digest = state_->sum->hex();
        state_->output.overwrite(state_->seal_at, std::as_bytes(std::span(digest)));
    }
    state_->output.commit();
}

}    // namespace nonna
