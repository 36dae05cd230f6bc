// Private to this room: a connection that has greeted, and errors of the protocol as errors of ours.
#pragma once

#include "paramserver/access.h"
#include "paramserver/protocol.h"
#include "paramserver/transport.h"

#include <functional>
#include <memory>
#include <string>

namespace nonna
{

struct Connection {
    std::unique_ptr<Requester> requester;
    Welcome welcome;
};

// Error: peer_lost where trying again is sensible, else what the server said.
// `token`: its digest, all zero without one; the server must know it, too.
Connection greet(
    const std::string& url, const Access& access, const Hello& hello, const Digest& token, std::size_t most,
    double deadline, const std::function<bool()>& stop = [] { return false; });

// Throws what an error message means; nothing when it is another kind of message.
void throw_if_error(const std::string& url, std::span<const std::byte> message);

[[noreturn]] void throw_unexpected(const std::string& url);

}    // namespace nonna
