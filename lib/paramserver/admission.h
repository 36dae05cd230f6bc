// Who is let in when he greets: by a token that both sides prove to know, or as the same user of this machine.
//
// Model to hold in mind: a token never goes over the wire. Each side draws a nonce, and the other proves itself with
//     HMAC-SHA-256(SHA-256 of the token; "client" or "server", the nonce, the place)
// where the place is the server's end of this connection, as both sides see it (Ends). Whoever gets a proof can do
// nothing with it elsewhere: one that stands between and passes questions on to the server is met at another place than
// the server, so that what it is answered is right for neither. The server goes first, so that nobody else gets a
// gradient or gives values.
//
// Without a token a server on tcp loopback asks the kernel whose the other end is. There is no state: a connection's
// nonce is drawn from a secret of this process and the connection's number.
#pragma once

#include "paramserver/protocol.h"
#include "paramserver/transport.h"

#include <optional>
#include <string>
#include <variant>

namespace nonna
{

Digest draw_nonce();
enum class Side { client, server };
Digest proof(const Digest& token, Side side, const Digest& nonce, const std::string& place);

class Admission
{
  public:
    // `token`: its digest, all zero without one. `same_user`: without one only the user of this process is let in.
    explicit Admission(const Digest& token = {}, bool same_user = false);

    struct Yes {
    };
    // `let_in`: this connection has been before; a user is looked up once, a token is proved each time.
    std::variant<Yes, Challenge, ErrorMessage> judge(const Hello& hello, Responder::Peer peer, const Ends& ends,
                                                     bool let_in = false) const;

  private:
    const Digest token_, secret_;
    const bool same_user_;
};

// The user whose process has the other end of a tcp connection within this machine, by the kernel's table; none where
// it is not there, or no longer whole.
std::optional<std::uint32_t> user_at_other_end(const Ends& ends);

}    // namespace nonna
