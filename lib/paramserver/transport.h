// Messages between processes: request and reply, over ipc://, tcp:// and tls+tcp://.
//
// Model to hold in mind: a Responder answers requests with a function of the caller's, called on threads of its own,
// one for each connection: so a connection has one answer under way at a time, and nobody waits for a peer that does
// not read but that peer itself. How many there are, and how much they may have on their way, is bounded (guests.h). A
// Requester is one connection: it has several requests under way, and once it is lost it stays lost (make another).
// Nothing is sent twice by itself. Messages beyond `most` bytes end their connection unread; of what is longer
// than a greeting nothing more is kept from whoever has not greeted. Failures are Errors with status peer_lost that
// name the address, except wrong addresses and files (usage, failed).
//
// On the wire a connection is one of nng's request and reply protocols, SP 0x30 and 0x31, so that its programs can
// take part: each side begins with 8 bytes, "\0SP\0" and its protocol, and a message is its length in 8 bytes, a number
// of 4 that the answer repeats, and its bytes; ipc puts a byte of 1 before each. All of that is big-endian.
#pragma once

#include "paramserver/access.h"
#include "paramserver/protocol.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace nonna
{

// The bytes of one message, and room before them for what goes first on the wire, so that nothing is copied for it.
class Message
{
  public:
    explicit Message(std::size_t bytes = 0);
    explicit Message(std::span<const std::byte> bytes, std::size_t more = 0);    // these, and room for more

    std::span<std::byte> bytes() { return {memory_.get() + first_, size_}; }
    std::span<const std::byte> bytes() const { return {memory_.get() + first_, size_}; }

  private:
    friend class Incoming;
    friend struct Outgoing;
    struct Free {
        void operator()(std::byte* p) const { std::free(p); }
    };
    std::unique_ptr<std::byte, Free> memory_;
    std::size_t first_ = 0, size_ = 0;
};

// How both sides of a connection know its ends: "127.0.0.1:7701" or "[::1]:7701" on tcp, "user 1000" of the process on
// ipc, nothing on tls, whose certificates say more, and of a connection that is gone.
struct Ends {
    std::string here, there;
};

class Responder
{
  public:
    using Peer = std::uint32_t;    // a connection
    struct Callbacks {
        std::function<Message(Message&&, Peer)> answer;
        std::function<void(Peer)> closed;
        std::function<Standing(Peer)> standing;
    };
    Responder(const std::string& url, const Access& access, std::size_t most, Callbacks callbacks);
    ~Responder();                          // nobody is answered any more
    const std::string& address() const;    // as bound, the port where it was 0
    static Ends ends(Peer peer);           // of the one who is being answered on this thread

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class Requester
{
  public:
    static constexpr int in_flight = 4;

    // Connects within `seconds`, or until `stop`.
    Requester(const std::string& url, const Access& access, std::size_t most, double seconds,
              const std::function<bool()>& stop);
    ~Requester();
    Ends ends() const;

    // n requests, some at a time: make(i) is called in order, take(i, answer) as answers come, both on the caller's
    // thread. Each answer must come within `seconds`. Error: this connection is of no more use; so it is after make
    // or take has thrown, or `stop` (asked several times a second) has returned true.
    void exchange(std::size_t n, double seconds, const std::function<Message(std::size_t)>& make,
                  const std::function<void(std::size_t, Message&&)>& take, const std::function<bool()>& stop);
    // The same with messages that stay the caller's, to be sent again on another connection where this one is lost.
    void exchange_kept(std::size_t n, double seconds, const std::function<Message&(std::size_t)>& message,
                       const std::function<void(std::size_t, Message&&)>& take, const std::function<bool()>& stop);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
