// The decoders of the tiles' messages, and the line of an address.
//
// Every decoder sees the input. What decodes must be a message that we could have sent: written and read again it gives
// the same bytes, and what a put points at lies within the input.
#include "paramserver/tile_messages.h"
#include "fuzz.h"
#include "paramserver/tile_address.h"

using namespace nonna;
using fuzz::require;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = [] {
    std::uint32_t kinds = 1;    // an address
    for (unsigned kind = unsigned(TileKind::greeting); kind <= unsigned(TileKind::refused); ++kind)
        kinds |= 1u << kind;
    return kinds;
}();

namespace
{

using Bytes = std::span<const std::byte>;

void same(Bytes bytes, TileKind kind, const std::vector<std::byte>& again)
{
    fuzz_met |= 1u << unsigned(kind);
    require(std::equal(bytes.begin(), bytes.end(), again.begin(), again.end()), "written again it differs");
}

}    // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // a copy of exactly this size, so that a sanitizer sees the first byte beyond it
    const std::vector<std::byte> copy(reinterpret_cast<const std::byte*>(data),
                                      reinterpret_cast<const std::byte*>(data) + size);
    const Bytes bytes(copy);
    if (const auto m = decode_tile_greeting(bytes))
        same(bytes, TileKind::greeting, encode(*m));
    if (const auto m = decode_tile_challenge(bytes))
        same(bytes.subspan(16), TileKind::challenge, [&] {
            const std::vector<std::byte> all = encode(0u, *m);
            return std::vector<std::byte>(all.begin() + 16, all.end());
        }());
    for (const TileKind kind : {TileKind::welcome, TileKind::ping})
        if (const auto from = decode_tile(kind, bytes))
            same(bytes, kind, encode_tile(kind, *from));
    if (const auto m = decode_tile_put(bytes)) {
        require(m->bytes.empty() || m->bytes.data() + m->bytes.size() == bytes.data() + bytes.size(),
                "bytes outside the message");
        std::vector<std::byte> all = encode_head(*m);
        all.insert(all.end(), m->bytes.begin(), m->bytes.end());
        same(bytes, TileKind::put, all);
    }
    if (const auto m = decode_tile_leave(bytes))
        same(bytes, TileKind::leave, encode(*m));
    if (const auto m = decode_tile_kept(bytes))
        same(bytes, TileKind::kept, encode(*m));
    if (const auto m = decode_tile_refused(bytes))
        same(bytes, TileKind::refused, encode(*m));

    const std::string line(reinterpret_cast<const char*>(data), size);
    if (const auto address = parse_tile_line(line)) {
        fuzz_met |= 1;
        require(tile_line(*address) == line, "an address that is written otherwise");
    }
    return 0;
}
