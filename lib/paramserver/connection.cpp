#include "paramserver/connection.h"

#include "base/error.h"
#include "paramserver/admission.h"
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

// The words of a greeting, one at a time.
Connection greet(const std::string& url, const Access& access, const Hello& known, const Digest& token,
                 std::size_t most, double deadline, const std::function<bool()>& stop)
{
    Connection c;
    c.requester = std::make_unique<Requester>(url, access, most, deadline, stop);
    Hello hello = known;
    const auto ask = [&](const std::function<void(std::span<const std::byte>)>& take) {
        c.requester->exchange(
            1, deadline, [&](std::size_t) { return Message(encode(hello)); },
            [&](std::size_t, Message&& answer) {
                throw_if_error(url, answer.bytes());
                take(answer.bytes());
            },
            stop);
    };
    if (!same_token(token, Digest{})) {
        const std::string place = c.requester->ends().there;
        hello.proof = Hello::Proof::asked;
        hello.token = draw_nonce();
        ask([&](std::span<const std::byte> answer) {
            const std::optional<Challenge> challenge = decode_challenge(answer);
            if (!challenge && decode_welcome(answer))
                throw Error(url, "asks for no token: it was started without one, or is somebody else's");
            if (!challenge)
                throw_unexpected(url);
            if (!same_token(challenge->proof, proof(token, Side::server, hello.token, place)))
                throw Error(url, "wrong token: the server there does not know ours");
            hello.proof = Hello::Proof::given;
            hello.token = proof(token, Side::client, challenge->nonce, place);
        });
    }
    ask([&](std::span<const std::byte> answer) {
        std::optional<Welcome> welcome = decode_welcome(answer);
        if (!welcome)
            throw_unexpected(url);
        c.welcome = std::move(*welcome);
    });
    return c;
}

namespace
{

constexpr std::size_t most_state = std::size_t(64) << 20;

Connection observe(const std::string& url, const Access& access, double deadline)
{
    require_access(url, access);
    return greet(url, access, Hello{}, token_digest(access), most_state, deadline);
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
