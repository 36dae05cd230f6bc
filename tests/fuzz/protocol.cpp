// The decoders of the parameter servers' messages.
//
// Every decoder sees the input. What decodes must be a message that we could have sent: written and read again it gives
// the same bytes, and the numbers that it points at lie within the input.
#include "paramserver/protocol.h"
#include "fuzz.h"

using namespace nonna;
using fuzz::require;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = [] {
    std::uint32_t kinds = 0;
    for (unsigned kind = unsigned(Kind::hello); kind <= unsigned(Kind::error); ++kind)
        kinds |= 1u << kind;
    return kinds;
}();

namespace
{

using Bytes = std::span<const std::byte>;

template <class Decode, class Encode> void try_one(Bytes bytes, Kind kind, Decode decode, Encode encoded)
{
    const auto message = decode(bytes);
    if (!message)
        return;
    fuzz_met |= 1u << unsigned(kind);
    const std::vector<std::byte> again = encoded(*message);
    require(again.size() == bytes.size(), "written again it is of another length");
    const auto second = decode(Bytes(again));
    require(second.has_value(), "written again it is not read");
    require(encoded(*second) == again, "written twice it differs");
}

template <class Message> std::vector<std::byte> with_numbers(const Message& m, Bytes bytes)
{
    require(m.numbers.size() == m.range.count * bytes_each(m.wire), "not its count of numbers");
    require(m.numbers.empty() || (m.numbers.data() >= bytes.data() &&
                                  m.numbers.data() + m.numbers.size() <= bytes.data() + bytes.size()),
            "numbers outside the message");
    largest(m.numbers.data(), m.wire, m.range.count);
    std::vector<std::byte> all = encode_head(m);
    all.insert(all.end(), m.numbers.begin(), m.numbers.end());
    return all;
}

}    // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // a copy of exactly this size, so that a sanitizer sees the first byte beyond it
    const std::vector<std::byte> copy(reinterpret_cast<const std::byte*>(data),
                                      reinterpret_cast<const std::byte*>(data) + size);
    const Bytes bytes(copy);
    std::uint16_t version = 0;
    const std::optional<Kind> kind = kind_of(bytes, version);
    const auto plain = [](const auto& m) { return encode(m); };
    try_one(bytes, Kind::hello, decode_hello, plain);
    try_one(bytes, Kind::challenge, decode_challenge, plain);
    try_one(bytes, Kind::welcome, decode_welcome, plain);
    try_one(bytes, Kind::fetch, decode_fetch, plain);
    if (const auto m = decode_values(bytes)) {
        fuzz_met |= 1u << unsigned(Kind::values);
        with_numbers(*m, bytes);
    }
    if (const auto m = decode_push(bytes)) {
        fuzz_met |= 1u << unsigned(Kind::push);
        const std::vector<std::byte> again = with_numbers(*m, bytes);
        require(again.size() == bytes.size(), "a push of another length");
        const auto second = decode_push(again);
        require(second && second->statistics == m->statistics && second->range == m->range, "another push");
    }
    if (kind) {
        try_one(bytes, *kind, decode_answer, plain);
        try_one(bytes, *kind, decode_empty, [&](std::uint32_t shard) { return encode_empty(*kind, shard); });
    }
    try_one(bytes, Kind::error, decode_error, plain);
    try_one(bytes, Kind::state, decode_state, [](const std::string& text) { return encode_state(text); });
    return 0;
}
