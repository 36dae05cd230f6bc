#include "dataset/unit_answer.h"

#include "media/reason.h"

#include <bit>
#include <cstring>
#include <stdexcept>

namespace nonna
{

namespace
{

class Packer
{
  public:
    std::string bytes;

    void number(std::uint64_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }
    void text(std::string_view value)
    {
        number(value.size());
        bytes.append(value);
    }
};

class Unpacker
{
  public:
    explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t number()
    {
        std::uint64_t value = 0;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view text() { return take(number()); }
    std::uint64_t count(std::size_t least_size)    // of things that take at least so many bytes each
    {
        const std::uint64_t n = number();
        if (n > rest_.size() / least_size)
            throw std::runtime_error("more of them than there are bytes for");
        return n;
    }
    bool empty() const { return rest_.empty(); }

  private:
    std::string_view rest_;

    std::string_view take(std::uint64_t size)
    {
        if (size > rest_.size())
            throw std::runtime_error("too short");
        const std::string_view piece = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return piece;
    }
};

void pack(Packer& out, const Decoding& d)
{
    for (const std::string* const text : {&d.format, &d.matrix, &d.range, &d.chroma, &d.transfer, &d.field})
        out.text(*text);
    for (const int n : {int(d.guessed), d.aspect_width, d.aspect_height, d.orientation, d.x, d.y, d.width, d.height})
        out.number(std::uint64_t(n));
}

Decoding unpack_decoding(Unpacker& in)
{
    Decoding d;
    for (std::string* const text : {&d.format, &d.matrix, &d.range, &d.chroma, &d.transfer, &d.field})
        *text = in.text();
    d.guessed = in.number() != 0;
    for (int* const n : {&d.aspect_width, &d.aspect_height, &d.orientation, &d.x, &d.y, &d.width, &d.height})
        *n = int(in.number());
    return d;
}

}    // namespace

std::string answer_of(const Unit& unit)
{
    Packer out;
    for (const std::string* const field : {&unit.digest, &unit.code, &unit.reason})
        out.text(*field);
    out.number(unit.samples.size());
    for (const Sample& sample : unit.samples) {
        out.text(sample.key);
        out.text(sample.extension);
        out.text({reinterpret_cast<const char*>(sample.picture.data()), sample.picture.size()});
        out.number(sample.meta.pts.has_value());
        out.number(std::bit_cast<std::uint64_t>(sample.meta.pts.value_or(0)));
        out.number(std::uint64_t(sample.meta.width));
        out.number(std::uint64_t(sample.meta.height));
        out.text(sample.meta.other);
        out.number(sample.meta.decoding.has_value());
        if (sample.meta.decoding)
            pack(out, *sample.meta.decoding);
    }
    out.number(unit.hashes.size());
    for (const std::uint64_t hash : unit.hashes)
        out.number(hash);
    return std::move(out.bytes);
}

void read_answer(std::string_view bytes, Unit& unit)
{
    Unpacker in(bytes);
    for (std::string* const field : {&unit.digest, &unit.code, &unit.reason})
        *field = in.text();
    for (std::uint64_t n = in.count(64); n-- > 0;) {
        Sample sample;
        sample.key = in.text();
        sample.extension = in.text();
        const std::string_view picture = in.text();
        const auto* const first = reinterpret_cast<const std::byte*>(picture.data());
        sample.picture.assign(first, first + picture.size());
        const bool timed = in.number() != 0;
        const double pts = std::bit_cast<double>(in.number());
        if (timed)
            sample.meta.pts = pts;
        sample.meta.width = int(in.number());
        sample.meta.height = int(in.number());
        sample.meta.other = in.text();
        if (in.number())
            sample.meta.decoding = unpack_decoding(in);
        sample.meta.source = unit.source;
        sample.meta.sha256 = unit.digest;
        unit.samples.push_back(std::move(sample));
    }
    for (std::uint64_t n = in.count(8); n-- > 0;)
        unit.hashes.push_back(in.number());
    if (!in.empty() || (unit.code.empty() ? unit.samples.empty() : !is_reason_code(unit.code)))
        throw std::runtime_error("not an answer");
}

}    // namespace nonna
