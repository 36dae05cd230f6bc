#include "io/npy.h"

#include "base/error.h"
#include "io/input.h"
#include "io/output.h"
#include "io/spool.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace nonna
{

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in memory");

namespace
{

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::uint64_t header_limit = 1 << 20;

// Everything before the data, of the same length for every number of rows, so that it can be written over.
std::string header_text(const std::vector<std::uint64_t>& row_shape, std::uint64_t rows)
{
    const auto dictionary = [&](std::uint64_t n) {
        std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(n) + ",";
        for (std::size_t i = 0; i < row_shape.size(); ++i)
            text.append(i ? ", " : " ").append(std::to_string(row_shape[i]));
        return text.append("), }");
    };
    const std::size_t longest = 10 + dictionary(UINT64_MAX).size() + 1;
    const std::size_t total = (longest + 63) / 64 * 64;
    std::string text(magic);
    text.append({'\1', '\0', static_cast<char>((total - 10) & 255), static_cast<char>((total - 10) >> 8)});
    text.append(dictionary(rows));
    text.resize(total - 1, ' ');
    return text.append(1, '\n');
}

// The dictionary is Python source; this takes the part of the language that NumPy writes.
struct DictionaryParser {
    std::string_view rest;

    void skip_spaces()
    {
        while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n'))
            rest.remove_prefix(1);
    }
    bool take(std::string_view token)
    {
        skip_spaces();
        if (!rest.starts_with(token))
            return false;
        rest.remove_prefix(token.size());
        return true;
    }
    std::optional<std::string> quoted()
    {
        const char* quote = "'";
        if (!take(quote)) {
            quote = "\"";
            if (!take(quote))
                return std::nullopt;
        }
        const auto end = rest.find(*quote);
        if (end == std::string_view::npos)
            return std::nullopt;
        std::string text(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        return text;
    }
    std::optional<std::vector<std::uint64_t>> tuple()
    {
        if (!take("("))
            return std::nullopt;
        std::vector<std::uint64_t> values;
        while (!take(")")) {
            std::uint64_t value = 0;
            skip_spaces();
            const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
            if (failure != std::errc())
                return std::nullopt;
            rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
            values.push_back(value);
            if (take(","))
                continue;
            if (!take(")") || values.size() == 1)    // "(3)" is no tuple
                return std::nullopt;
            break;
        }
        return values;
    }
};

struct Header {
    std::optional<std::string> type;
    std::optional<bool> fortran;
    std::optional<std::vector<std::uint64_t>> shape;
};

// Each of the three entries once, in any order, with or without a comma behind the last: what any version of NumPy
// wrote. Everything else, also a fourth entry, is not a header that can be trusted.
std::optional<Header> parse_dictionary(std::string_view text)
{
    DictionaryParser p{text};
    Header header;
    if (!p.take("{"))
        return std::nullopt;
    while (!p.take("}")) {
        const auto key = p.quoted();
        if (!key || !p.take(":"))
            return std::nullopt;
        if (*key == "descr" && !header.type) {
            if (!(header.type = p.quoted()))
                return std::nullopt;
        } else if (*key == "fortran_order" && !header.fortran) {
            if (p.take("False"))
                header.fortran = false;
            else if (p.take("True"))
                header.fortran = true;
            else
                return std::nullopt;
        } else if (*key == "shape" && !header.shape) {
            if (!(header.shape = p.tuple()))
                return std::nullopt;
        } else {
            return std::nullopt;
        }
        if (p.take(","))
            continue;
        if (!p.take("}"))
            return std::nullopt;
        break;
    }
    p.skip_spaces();
    if (!p.rest.empty() || !header.type || !header.fortran || !header.shape)
        return std::nullopt;
    return header;
}

template <class T> void convert(std::span<const std::byte> bytes, std::span<float> into)
{
    for (std::size_t i = 0; i < into.size(); ++i) {
        T value;
        std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
        into[i] = static_cast<float>(value);
    }
}

}    // namespace

struct NpyWriter::State {
    Output output;
    std::vector<std::uint64_t> row_shape;
    std::uint64_t row_size = 1, values = 0;
    std::optional<Spool> spool;    // where the rows wait when the header cannot be written over

    State(const std::string& path, std::vector<std::uint64_t> shape)
        : output(path, Output::Kind::binary), row_shape(std::move(shape))
    {
        for (const auto side : row_shape)
            if (side == 0 || __builtin_mul_overflow(row_size, side, &row_size))
                throw std::logic_error("npy: row shape without values, or too large");
        if (row_shape.size() > 32)
            throw std::logic_error("npy: more than 33 axes");
        if (output.can_overwrite())
            output.write(header_text(row_shape, 0));
        else
            spool.emplace();
    }

    void add(std::span<const float> rows)
    {
        if (rows.size() % row_size != 0)
            throw std::logic_error("npy: not a multiple of the row's size");
        values += rows.size();
        if (spool)
            spool->write(std::as_bytes(rows));
        else
            output.write(std::as_bytes(rows));
    }

    void finish()
    {
        const std::string header = header_text(row_shape, values / row_size);
        if (!spool) {
            output.overwrite(0, std::as_bytes(std::span(header)));
        } else {
            output.write(header);
            std::vector<std::byte> piece(1 << 20);
            for (std::uint64_t done = 0; done < spool->size();) {
                const auto part = std::span(piece).first(std::min<std::uint64_t>(piece.size(), spool->size() - done));
                spool->read_at(done, part);
                output.write(std::span<const std::byte>(part));
                done += part.size();
            }
        }
        output.commit();
    }
};

NpyWriter::NpyWriter(const std::string& path, std::vector<std::uint64_t> row_shape)
    : state_(std::make_unique<State>(path, std::move(row_shape)))
{
}

NpyWriter::~NpyWriter() = default;

void NpyWriter::write_rows(std::span<const float> rows) { state_->add(rows); }

void NpyWriter::commit() { state_->finish(); }

struct NpyReader::State {
    Input input;
    std::string type;
    std::vector<std::uint64_t> shape;
    std::uint64_t data_start = 0, row_size = 1, value_bytes = 4;

    explicit State(const std::string& path) : input(path)
    {
        input.make_seekable();
        const std::string& file = input.name();
        const std::uint64_t size = input.size();
        std::string start(std::min<std::uint64_t>(size, 12), '\0');
        input.read_at(0, std::as_writable_bytes(std::span(start)));
        if (!start.starts_with(std::string_view(magic).substr(0, start.size())) || start.empty())
            throw Error(file, start.empty() ? "empty, not an npy file" : "not an npy file");
        if (start.size() < 12)
            throw Error(file, "truncated");
        const auto byte_at = [&](std::size_t i) {
            return static_cast<std::uint64_t>(static_cast<unsigned char>(start[i]));
        };
        const std::uint64_t version = byte_at(6);
        if (version < 1 || version > 3 || byte_at(7) != 0)
            throw Error(file, "npy format " + std::to_string(version) + "." + std::to_string(byte_at(7)) +
                                  ", not 1.0, 2.0 or 3.0");
        const std::uint64_t length = version == 1
                                         ? byte_at(8) | byte_at(9) << 8
                                         : byte_at(8) | byte_at(9) << 8 | byte_at(10) << 16 | byte_at(11) << 24;
        const std::uint64_t length_end = version == 1 ? 10 : 12;
        if (length > header_limit)
            throw Error(file, "malformed npy header");
        data_start = length_end + length;
        if (data_start > size)
            throw Error(file, "truncated");
        std::string text(length, '\0');
        input.read_at(length_end, std::as_writable_bytes(std::span(text)));
        const auto header = parse_dictionary(text);
        if (!header)
            throw Error(file, "malformed npy header");
        check(*header, size - data_start);
    }

    void check(const Header& header, std::uint64_t data_size)
    {
        const std::string& file = input.name();
        type = *header.type;
        shape = *header.shape;
        if (type == "<f4" || type == "<i4")
            value_bytes = 4;
        else if (type == "<f8" || type == "<i8")
            value_bytes = 8;
        else if (type == "|u1")
            value_bytes = 1;
        else
            throw Error(file, "values of type '" + type + "', not <f4, <f8, |u1, <i4 or <i8");
        if (shape.empty())
            throw Error(file, "a single number, not an array");
        if (*header.fortran && shape.size() > 1)
            throw Error(file, "in Fortran order; save it in C order");
        std::uint64_t bytes = value_bytes;
        for (std::size_t i = shape.size(); i-- > 0;) {    // rows last, so that row_size cannot overflow unseen
            if (i == 0)
                row_size = bytes / value_bytes;
            if (__builtin_mul_overflow(bytes, shape[i], &bytes))
                throw Error(file, "shape is too large");
        }
        if (bytes > data_size)
            throw Error(file, "truncated: the header announces " + std::to_string(bytes) + " bytes of data, " +
                                  std::to_string(data_size) + " are there");
        if (bytes < data_size)
            throw Error(file, "bytes after the last value");
    }

    void read(std::uint64_t first, std::uint64_t count, std::uint64_t column, std::uint64_t width,
              std::span<float> into) const
    {
        if (first > shape[0] || count > shape[0] - first || column > row_size || width > row_size - column ||
            into.size() != count * width)
            throw std::logic_error("npy: values outside the array, or a span of another size");
        if (width == row_size) {
            read_run(first * row_size, into);
            return;
        }
        // All asked for at once, so that a disk has something to order.
        for (std::uint64_t row = 0; row < count; ++row)
            input.will_read(data_start + ((first + row) * row_size + column) * value_bytes, width * value_bytes);
        for (std::uint64_t row = 0; row < count; ++row)
            read_run((first + row) * row_size + column, into.subspan(row * width, width));
    }

    void read_run(std::uint64_t value, std::span<float> into) const
    {
        const std::uint64_t start = data_start + value * value_bytes;
        if (type == "<f4") {
            input.read_at(start, std::as_writable_bytes(into));
            return;
        }
        // Other types go through a small buffer, so that reading doubles does not take twice the memory of the result.
        std::vector<std::byte> piece(std::min<std::uint64_t>(into.size(), 1 << 16) * value_bytes);
        for (std::size_t done = 0; done < into.size();) {
            const std::size_t n = std::min<std::size_t>(into.size() - done, 1 << 16);
            const auto bytes = std::span(piece).first(n * value_bytes);
            input.read_at(start + done * value_bytes, bytes);
            const auto target = into.subspan(done, n);
            if (type == "<f8")
                convert<double>(bytes, target);
            else if (type == "<i4")
                convert<std::int32_t>(bytes, target);
            else if (type == "<i8")
                convert<std::int64_t>(bytes, target);
            else
                convert<std::uint8_t>(bytes, target);
            done += n;
        }
    }
};

NpyReader::NpyReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
NpyReader::~NpyReader() = default;

const std::vector<std::uint64_t>& NpyReader::shape() const { return state_->shape; }
std::string NpyReader::type() const { return state_->type; }

void NpyReader::read_columns(std::uint64_t first, std::uint64_t count, std::uint64_t column, std::uint64_t width,
                             std::span<float> into) const
{
    state_->read(first, count, column, width, into);
}

}    // namespace nonna
