#include "paramserver/tile_messages.h"

#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace nonna
{

namespace
{

constexpr char magic[4] = {'N', 'N', 'T', 'L'};
constexpr std::uint16_t tile_version = 1;
constexpr std::size_t head = 16;

class Writer
{
  public:
    Writer(TileKind kind, std::uint32_t from, std::uint32_t flags = 0)
    {
        raw(magic, sizeof magic);
        put(tile_version).put(std::uint16_t(kind)).put(from).put(flags);
    }
    template <class Number> Writer& put(Number n)
    {
        static_assert(std::is_arithmetic_v<Number>);
        return raw(&n, sizeof n);
    }
    Writer& put(const Digest& d) { return raw(d.data(), d.size()); }
    Writer& put(std::string_view text) { return raw(text.data(), text.size()); }
    std::vector<std::byte> done() { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
    Writer& raw(const void* from, std::size_t n)
    {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + n);
        if (n > 0)
            std::memcpy(bytes_.data() + at, from, n);
        return *this;
    }
};

// Of a message of that kind; of any other it has read nothing, and is never at its end. Behind the end are zeros.
class Reader
{
  public:
    Reader(std::span<const std::byte> bytes, TileKind kind) : left_(bytes), good_(tile_kind_of(bytes) == kind)
    {
        left_ = left_.subspan(good_ ? 8 : 0);
        from = get<std::uint32_t>();
        flags = get<std::uint32_t>();
    }
    std::uint32_t from, flags;

    template <class Number> Number get()
    {
        Number n{};
        read(&n, sizeof n);
        return n;
    }
    Digest digest()
    {
        Digest d{};
        read(d.data(), d.size());
        return d;
    }
    std::span<const std::byte> rest() { return std::exchange(left_, {}); }
    std::string text()
    {
        const std::span<const std::byte> all = rest();
        good_ = good_ && all.size() <= most_tile_text;
        return good_ ? std::string(reinterpret_cast<const char*>(all.data()), all.size()) : std::string();
    }
    bool end() const { return good_ && left_.empty(); }

  private:
    std::span<const std::byte> left_;
    bool good_;
    void read(void* into, std::size_t n)
    {
        good_ = good_ && n <= left_.size();
        if (!good_)
            return;
        std::memcpy(into, left_.data(), n);
        left_ = left_.subspan(n);
    }
};

template <class Message> std::optional<Message> if_whole(const Reader& r, Message&& message, bool allowed = true)
{
    return r.end() && allowed ? std::optional<Message>(std::forward<Message>(message)) : std::nullopt;
}

std::string_view shortened(const std::string& text) { return std::string_view(text).substr(0, most_tile_text); }

}    // namespace

std::optional<TileKind> tile_kind_of(std::span<const std::byte> message)
{
    std::uint16_t version = 0, kind = 0;
    if (message.size() < head || std::memcmp(message.data(), magic, sizeof magic) != 0)
        return std::nullopt;
    std::memcpy(&version, message.data() + 4, 2);
    std::memcpy(&kind, message.data() + 6, 2);
    if (version != tile_version || kind < std::uint16_t(TileKind::greeting) || kind > std::uint16_t(TileKind::refused))
        return std::nullopt;
    return TileKind(kind);
}

std::vector<std::byte> encode(const TileGreeting& m)
{
    return Writer(TileKind::greeting, m.from, std::uint32_t(m.proof))
        .put(m.to)
        .put(m.tiles)
        .put(m.replica)
        .put(std::uint32_t(0))
        .put(m.incarnation)
        .put(m.meant)
        .put(m.network)
        .put(m.token)
        .done();
}

std::optional<TileGreeting> decode_tile_greeting(std::span<const std::byte> bytes)
{
    Reader r(bytes, TileKind::greeting);
    TileGreeting m;
    m.from = r.from;
    m.proof = Hello::Proof(r.flags);
    m.to = r.get<std::uint32_t>();
    m.tiles = r.get<std::uint32_t>();
    m.replica = r.get<std::uint32_t>();
    const auto zero = r.get<std::uint32_t>();
    m.incarnation = r.get<std::uint64_t>();
    m.meant = r.get<std::uint64_t>();
    m.network = r.digest();
    m.token = r.digest();
    const bool allowed = zero == 0 && r.flags <= std::uint32_t(Hello::Proof::given) && m.from < m.tiles &&
                         m.to < m.tiles && m.from != m.to;
    return if_whole(r, std::move(m), allowed);
}

std::vector<std::byte> encode(std::uint32_t from, const Challenge& m)
{
    return Writer(TileKind::challenge, from).put(m.nonce).put(m.proof).done();
}

std::optional<Challenge> decode_tile_challenge(std::span<const std::byte> bytes)
{
    Reader r(bytes, TileKind::challenge);
    Challenge m;
    m.nonce = r.digest();
    m.proof = r.digest();
    return if_whole(r, std::move(m), r.flags == 0);
}

std::vector<std::byte> encode_tile(TileKind kind, std::uint32_t from) { return Writer(kind, from).done(); }

std::optional<std::uint32_t> decode_tile(TileKind kind, std::span<const std::byte> bytes)
{
    const Reader r(bytes, kind);
    return if_whole(r, std::uint32_t(r.from), r.flags == 0);
}

std::vector<std::byte> encode_head(const TilePut& m)
{
    return Writer(TileKind::put, m.from).put(m.sequence).put(m.tag).done();
}

std::optional<TilePut> decode_tile_put(std::span<const std::byte> bytes)
{
    Reader r(bytes, TileKind::put);
    TilePut m;
    m.from = r.from;
    m.sequence = r.get<std::uint64_t>();
    m.tag = r.get<std::uint64_t>();
    m.bytes = r.rest();
    return if_whole(r, std::move(m), r.flags == 0 && m.sequence > 0);
}

std::vector<std::byte> encode(const TileLeave& m)
{
    return Writer(TileKind::leave, m.from).put(shortened(m.why)).done();
}

std::optional<TileLeave> decode_tile_leave(std::span<const std::byte> bytes)
{
    Reader r(bytes, TileKind::leave);
    TileLeave m{r.from, r.text()};
    return if_whole(r, std::move(m), r.flags == 0);
}

std::vector<std::byte> encode(const TileKept& m)
{
    return Writer(TileKind::kept, m.from).put(m.received).put(m.taken).done();
}

std::optional<TileKept> decode_tile_kept(std::span<const std::byte> bytes)
{
    Reader r(bytes, TileKind::kept);
    TileKept m;
    m.from = r.from;
    m.received = r.get<std::uint64_t>();
    m.taken = r.get<std::uint64_t>();
    return if_whole(r, std::move(m), r.flags == 0 && m.taken <= m.received);
}

std::vector<std::byte> encode(const TileRefused& m)
{
    return Writer(TileKind::refused, m.from, std::uint32_t(m.why)).put(shortened(m.text)).done();
}

std::optional<TileRefused> decode_tile_refused(std::span<const std::byte> bytes)
{
    Reader r(bytes, TileKind::refused);
    TileRefused m{r.from, TileRefusal(r.flags), r.text()};
    const bool known = r.flags >= std::uint32_t(TileRefusal::malformed) && r.flags <= std::uint32_t(TileRefusal::gone);
    return if_whole(r, std::move(m), known);
}

}    // namespace nonna
