#include "paramserver/admission.h"

#include "io/digest.h"
#include "paramserver/access.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace nonna
{

namespace
{

Digest keyed(const Digest& key, const std::string& text)
{
    return std::bit_cast<Digest>(hmac_sha256(key, std::as_bytes(std::span(text))));
}

}    // namespace

Digest draw_nonce() { return std::bit_cast<Digest>(random_bytes()); }

Digest proof(const Digest& token, Side side, const Digest& nonce, const std::string& place)
{
    std::string text = side == Side::client ? "client" : "server";
    text.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    return keyed(token, text + place);
}

Admission::Admission(const Digest& token, bool same_user) : token_(token), secret_(draw_nonce()), same_user_(same_user)
{
}

std::variant<Admission::Yes, Challenge, ErrorMessage> Admission::judge(const Hello& hello, Responder::Peer peer,
                                                                       const Ends& ends, bool let_in) const
{
    if (same_token(token_, Digest{})) {
        if (same_user_ && !let_in && user_at_other_end(ends) != ::geteuid())
            return ErrorMessage{ErrorCode::token, "another user's process: give both sides the same --token FILE"};
        return Yes{};
    }
    const Digest nonce = keyed(secret_, std::to_string(peer));
    switch (hello.proof) {
    case Hello::Proof::asked:
        return Challenge{nonce, proof(token_, Side::server, hello.token, ends.here)};
    case Hello::Proof::given:
        if (same_token(hello.token, proof(token_, Side::client, nonce, ends.here)))
            return Yes{};
        return ErrorMessage{ErrorCode::token, "wrong token"};
    case Hello::Proof::none:
        break;
    }
    return ErrorMessage{ErrorCode::token, same_token(hello.token, Digest{})
                                              ? "a token is needed"
                                              : "a token is proved by challenge here, not sent"};
}

namespace
{

// "0100007F:1F90", "00000000000000000000000001000000:1F90": groups of four bytes as numbers of this machine.
std::string end_of(const std::string& column)
{
    const std::size_t colon = column.find(':');
    std::array<unsigned char, 16> address{};
    unsigned port = 0;
    if ((colon != 8 && colon != 32) || column.size() != colon + 5)
        return "";
    const auto number = [&](std::size_t at, std::size_t digits, std::uint32_t& n) {
        const char* const from = column.data() + at;
        return std::from_chars(from, from + digits, n, 16).ptr == from + digits;
    };
    for (std::size_t i = 0; 8 * i < colon; ++i) {
        std::uint32_t group = 0;
        if (!number(8 * i, 8, group))
            return "";
        std::memcpy(address.data() + 4 * i, &group, 4);
    }
    return number(colon + 1, 4, port) ? end_text(std::span(address).first(colon / 2), std::uint16_t(port)) : "";
}

// A line: number, local and remote end, state, queues, timer, retransmissions, user ... Of a connection whose process
// has closed it the table says user 0, so that only an established one (01) says anything.
std::optional<std::uint32_t> user_in(const char* table, const Ends& ends)
{
    std::ifstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream columns(line);
        std::string skipped, local, remote, state;
        std::uint32_t user = 0;
        if (columns >> skipped >> local >> remote >> state >> skipped >> skipped >> skipped >> user && state == "01" &&
            end_of(local) == ends.there && end_of(remote) == ends.here)
            return user;
    }
    return std::nullopt;
}

}    // namespace

// While others come and go a reading of the table may miss a line: it is read again.
std::optional<std::uint32_t> user_at_other_end(const Ends& ends)
{
    for (int tries = 0; !ends.here.empty() && tries < 3; ++tries)
        for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"})
            if (const std::optional<std::uint32_t> user = user_in(table, ends))
                return user;
    return std::nullopt;
}

}    // namespace nonna
