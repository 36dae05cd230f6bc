#include "paramserver/protocol.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <type_traits>

namespace nonna
{

namespace
{

constexpr char magic[4] = {'N', 'N', 'P', 'S'};
constexpr std::uint32_t most_statistics = 256;    // 2 a stage

class Writer
{
  public:
    Writer(Kind kind, std::uint32_t shard = 0, std::uint32_t flags = 0)
    {
        raw(magic, 4);
        put(protocol_version);
        put(std::uint16_t(kind));
        put(shard);
        put(flags);
    }
    template <class Number> Writer& put(Number n)
    {
        static_assert(std::is_arithmetic_v<Number>);
        raw(&n, sizeof n);
        return *this;
    }
    Writer& put(const Digest& d) { return raw(d.data(), d.size()); }
    Writer& put(Range r) { return put(r.first).put(r.count); }
    Writer& put(std::string_view text) { return raw(text.data(), text.size()); }
    Writer& put(const std::vector<double>& numbers) { return raw(numbers.data(), numbers.size() * sizeof(double)); }
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

// Goes on after the end with zeros and remembers it; `end` says whether all was there and nothing is left.
class Reader
{
  public:
    Reader(std::span<const std::byte> bytes, Kind kind) : bytes_(bytes)
    {
        std::uint16_t version = 0;
        const std::optional<Kind> found = kind_of(bytes, version);
        good_ = found && *found == kind && version == protocol_version;
        if (good_)
            at_ = 8;
        shard = get<std::uint32_t>();
        flags = get<std::uint32_t>();
    }
    std::uint32_t shard, flags;

    template <class Number> Number get()
    {
        Number n{};
        if (const std::byte* p = take(sizeof n))
            std::memcpy(&n, p, sizeof n);
        return n;
    }
    Digest digest()
    {
        Digest d{};
        if (const std::byte* p = take(d.size()))
            std::memcpy(d.data(), p, d.size());
        return d;
    }
    Range range()
    {
        const auto first = get<std::uint64_t>(), count = get<std::uint64_t>();
        if (first + count < first)
            good_ = false;
        return {first, count};
    }
    std::vector<double> doubles(std::uint32_t n)
    {
        std::vector<double> all;
        if (n > most_statistics || n * sizeof(double) > left())
            good_ = false;
        if (good_ && n > 0) {
            all.resize(n);
            std::memcpy(all.data(), take(n * sizeof(double)), n * sizeof(double));
            for (const double v : all)
                if (!std::isfinite(v))
                    good_ = false;
        }
        return all;
    }
    std::string text()
    {
        const std::size_t n = left();
        const std::byte* p = take(n);
        return p ? std::string(reinterpret_cast<const char*>(p), n) : std::string();
    }
    std::span<const std::byte> numbers(std::uint64_t count, Wire wire)
    {
        const std::size_t n = left();
        if (count > n || n != count * bytes_each(wire)) {
            good_ = false;
            return {};
        }
        return {take(n), n};
    }
    Wire wire()
    {
        const auto w = get<std::uint32_t>();
        if (w > std::uint32_t(Wire::bf16))
            good_ = false;
        return good_ ? Wire(w) : Wire::fp32;
    }
    std::size_t left() const { return good_ ? bytes_.size() - at_ : 0; }
    void require(bool condition) { good_ = good_ && condition; }
    bool end() const { return good_ && at_ == bytes_.size(); }

  private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    bool good_ = true;

    const std::byte* take(std::size_t n)
    {
        if (!good_ || n > bytes_.size() - at_) {
            good_ = false;
            return nullptr;
        }
        at_ += n;
        return bytes_.data() + at_ - n;
    }
};

template <class Message> std::optional<Message> finished(Reader& r, Message&& message)
{
    return r.end() ? std::optional<Message>(std::forward<Message>(message)) : std::nullopt;
}

}    // namespace

std::optional<Kind> kind_of(std::span<const std::byte> message, std::uint16_t& version)
{
    std::uint16_t kind = 0;
    if (message.size() < 16 || std::memcmp(message.data(), magic, 4) != 0)
        return std::nullopt;
    std::memcpy(&version, message.data() + 4, 2);
    std::memcpy(&kind, message.data() + 6, 2);
    if (kind < std::uint16_t(Kind::hello) || kind > std::uint16_t(Kind::challenge))
        return std::nullopt;
    return Kind(kind);
}

std::vector<std::byte> encode(const Hello& m)
{
    return Writer(Kind::hello, 0, std::uint32_t(m.proof))
        .put(std::uint32_t(m.role))
        .put(m.replica)
        .put(m.incarnation)
        .put(m.layout)
        .put(m.token)
        .done();
}

std::optional<Hello> decode_hello(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::hello);
    Hello m;
    const auto role = r.get<std::uint32_t>();
    r.require(role == std::uint32_t(Role::replica) || role == std::uint32_t(Role::observer));
    m.role = Role(role);
    m.replica = r.get<std::uint32_t>();
    r.require(m.replica < 1u << 20);
    m.incarnation = r.get<std::uint64_t>();
    m.layout = r.digest();
    r.require(r.flags <= std::uint32_t(Hello::Proof::given));
    m.proof = Hello::Proof(r.flags);
    m.token = r.digest();
    return finished(r, std::move(m));
}

std::vector<std::byte> encode(const Challenge& m) { return Writer(Kind::challenge).put(m.nonce).put(m.proof).done(); }

std::optional<Challenge> decode_challenge(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::challenge);
    Challenge m;
    m.nonce = r.digest();
    m.proof = r.digest();
    return finished(r, std::move(m));
}

std::vector<std::byte> encode(const Welcome& m)
{
    Writer w(Kind::welcome);
    w.put(m.of).put(std::uint32_t(m.update.rule)).put(m.update.rate).put(m.update.momentum).put(m.update.max_staleness);
    w.put(std::uint32_t(m.update.staleness_scale)).put(std::uint32_t(m.shards.size())).put(m.layout);
    for (const WelcomeShard& s : m.shards)
        w.put(s.index).put(s.epoch).put(s.range).put(s.version).put(s.decided).put(s.accepted);
    return w.done();
}

std::optional<Welcome> decode_welcome(std::span<const std::byte> bytes)
{
    constexpr std::size_t entry = 48;
    Reader r(bytes, Kind::welcome);
    Welcome m;
    m.of = r.get<std::uint32_t>();
    const auto rule = r.get<std::uint32_t>();
    r.require(rule < std::size(update_rules));
    m.update.rule = Rule(rule);
    m.update.rate = r.get<double>();
    m.update.momentum = r.get<double>();
    m.update.max_staleness = r.get<std::uint64_t>();
    m.update.staleness_scale = r.get<std::uint32_t>() != 0;
    const auto count = r.get<std::uint32_t>();
    m.layout = r.digest();
    r.require(std::isfinite(m.update.rate) && std::isfinite(m.update.momentum));
    r.require(m.of >= 1 && m.of <= Layout::most_shards && count >= 1 && count <= m.of && r.left() == count * entry);
    for (std::uint32_t i = 0; r.left() > 0 && i < count; ++i) {
        WelcomeShard s;
        s.index = r.get<std::uint32_t>();
        r.require(s.index < m.of);
        s.epoch = r.get<std::uint32_t>();
        s.range = r.range();
        s.version = r.get<std::uint64_t>();
        s.decided = r.get<std::uint64_t>();
        s.accepted = r.get<std::uint64_t>();
        m.shards.push_back(s);
    }
    return finished(r, std::move(m));
}

std::vector<std::byte> encode(const Fetch& m)
{
    return Writer(Kind::fetch, m.shard, m.flags).put(std::uint32_t(m.wire)).put(std::uint32_t(0)).put(m.range).done();
}

std::optional<Fetch> decode_fetch(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::fetch);
    Fetch m;
    m.shard = r.shard;
    m.flags = r.flags;
    m.wire = r.wire();
    r.get<std::uint32_t>();
    m.range = r.range();
    return finished(r, std::move(m));
}

std::vector<std::byte> encode_head(const Values& m)
{
    return Writer(Kind::values, m.shard)
        .put(std::uint32_t(m.wire))
        .put(std::uint32_t(m.statistics.size()))
        .put(m.version)
        .put(m.range)
        .put(m.statistics)
        .done();
}

std::optional<Values> decode_values(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::values);
    Values m;
    m.shard = r.shard;
    m.wire = r.wire();
    const auto statistics = r.get<std::uint32_t>();
    m.version = r.get<std::uint64_t>();
    m.range = r.range();
    m.statistics = r.doubles(statistics);
    m.numbers = r.numbers(m.range.count, m.wire);
    return finished(r, std::move(m));
}

std::vector<std::byte> encode_head(const Push& m)
{
    return Writer(Kind::push, m.shard)
        .put(std::uint32_t(m.wire))
        .put(std::uint32_t(m.statistics.size()))
        .put(m.epoch)
        .put(m.chunk)
        .put(m.sequence)
        .put(m.base)
        .put(m.factor)
        .put(m.decay)
        .put(m.range)
        .put(m.statistics)
        .done();
}

std::optional<Push> decode_push(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::push);
    Push m;
    m.shard = r.shard;
    m.wire = r.wire();
    const auto statistics = r.get<std::uint32_t>();
    m.epoch = r.get<std::uint32_t>();
    m.chunk = r.get<std::uint32_t>();
    m.sequence = r.get<std::uint64_t>();
    m.base = r.get<std::uint64_t>();
    m.factor = r.get<double>();
    m.decay = r.get<double>();
    r.require(m.factor >= 0 && m.factor <= 1 && m.decay >= 0 && m.decay <= 1);
    m.range = r.range();
    m.statistics = r.doubles(statistics);
    m.numbers = r.numbers(m.range.count, m.wire);
    return finished(r, std::move(m));
}

std::vector<std::byte> encode(const Answer& m)
{
    return Writer(m.kind, m.shard).put(m.sequence).put(m.version).put(m.staleness).done();
}

std::optional<Answer> decode_answer(std::span<const std::byte> bytes)
{
    std::uint16_t version = 0;
    const std::optional<Kind> kind = kind_of(bytes, version);
    if (!kind || (*kind != Kind::saved && (*kind < Kind::received || *kind > Kind::refused)))
        return std::nullopt;
    Reader r(bytes, *kind);
    Answer m;
    m.kind = *kind;
    m.shard = r.shard;
    m.sequence = r.get<std::uint64_t>();
    m.version = r.get<std::uint64_t>();
    m.staleness = r.get<std::uint64_t>();
    return finished(r, std::move(m));
}

std::vector<std::byte> encode(const ErrorMessage& m)
{
    return Writer(Kind::error, 0, std::uint32_t(m.code)).put(std::string_view(m.text)).done();
}

std::optional<ErrorMessage> decode_error(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::error);
    ErrorMessage m;
    m.code = ErrorCode(r.flags);
    r.require(r.left() <= most_head);
    m.text = r.text();
    return finished(r, std::move(m));
}

std::vector<std::byte> encode_empty(Kind kind, std::uint32_t shard) { return Writer(kind, shard).done(); }

std::optional<std::uint32_t> decode_empty(std::span<const std::byte> bytes)
{
    std::uint16_t version = 0;
    const std::optional<Kind> kind = kind_of(bytes, version);
    if (!kind)
        return std::nullopt;
    Reader r(bytes, *kind);
    return finished(r, std::uint32_t(r.shard));
}

std::vector<std::byte> encode_state(std::string_view json) { return Writer(Kind::state).put(json).done(); }

std::optional<std::string> decode_state(std::span<const std::byte> bytes)
{
    Reader r(bytes, Kind::state);
    return finished(r, r.text());
}

}    // namespace nonna
