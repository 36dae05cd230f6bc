#include "paramserver/connection.h"

#include "base/error.h"
#include "paramserver/client.h"

#include <optional>

namespace nonna
{

void throw_unexpected(const std::string& url)
{
    throw Error(url, "an answer that is none of ours", ExitStatus::peer_lost);
}

void throw_if_error(const std::string& url, std::span<const std::byte> message)
{
    const std::optional<ErrorMessage> e = decode_error(message);
    if (!e)
        return;
    switch (e->code) {
    case ErrorCode::greet_first:
    case ErrorCode::busy:
        throw Error(url, e->text, ExitStatus::peer_lost);
    case ErrorCode::replaced:
        throw Error(url, e->text, ExitStatus::locked);
    default:
        throw Error(url, e->text);
    }
}

Connection greet(const std::string& url, const Access& access, const Hello& hello, std::size_t most, double deadline,
                 const std::function<bool()>& stop)
{
    Connection c;
    c.requester = std::make_unique<Requester>(url, access, most, deadline, stop);
    c.requester->exchange(
        1, deadline, [&](std::size_t) { return Message(encode(hello)); },
        [&](std::size_t, Message&& answer) {
            throw_if_error(url, answer.bytes());
            std::optional<Welcome> welcome = decode_welcome(answer.bytes());
            if (!welcome)
                throw_unexpected(url);
            c.welcome = std::move(*welcome);
        },
        stop);
    return c;
}

namespace
{

constexpr std::size_t most_state = std::size_t(64) << 20;

Connection observe(const std::string& url, const Access& access, double deadline)
{
    require_access(url, access);
    Hello hello;
    hello.token = token_digest(access);
    return greet(url, access, hello, most_state, deadline);
}

}    // namespace

std::string server_state(const std::string& url, const Access& access, double deadline)
{
    Connection c = observe(url, access, deadline);
    std::string text;
    c.requester->exchange(
        1, deadline, [](std::size_t) { return Message(encode_empty(Kind::status)); },
        [&](std::size_t, Message&& answer) {
            throw_if_error(url, answer.bytes());
            std::optional<std::string> state = decode_state(answer.bytes());
            if (!state)
                throw_unexpected(url);
            text = std::move(*state);
        },
        [] { return false; });
    return text;
}

std::vector<std::uint64_t> server_snapshot(const std::string& url, const Access& access, double deadline)
{
    Connection c = observe(url, access, deadline);
    std::vector<std::uint64_t> versions(c.welcome.shards.size());
    c.requester->exchange(
        versions.size(), deadline,
        [&](std::size_t i) { return Message(encode_empty(Kind::snapshot, c.welcome.shards[i].index)); },
        [&](std::size_t i, Message&& answer) {
            throw_if_error(url, answer.bytes());
            const std::optional<Answer> saved = decode_answer(answer.bytes());
            if (!saved || saved->kind != Kind::saved)
                throw_unexpected(url);
            versions[i] = saved->version;
        },
        [] { return false; });
    return versions;
}

}    // namespace nonna
