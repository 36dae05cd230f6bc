// Messages between processes: the only file that knows nng. Request and reply, over ipc://, tcp:// and tls+tcp://.
//
// Model to hold in mind: a Responder answers requests with a function of the caller's, called on nng's threads, several
// at a time; nobody waits for a peer that does not read, but its own answers. A Requester is one connection: it has
// several requests under way, and once it is lost it stays lost (make another). Nothing is sent twice by itself.
// Messages beyond `most` bytes end their connection unread. Failures are Errors with status peer_lost that name the
// address, except wrong addresses and files (usage, failed).
//
// Whoever forks, forks before the first call; signals are blocked in nng's threads.
#pragma once

#include "paramserver/access.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace nonna
{

// The bytes of one message, moved between processes without another copy.
class Message
{
  public:
    explicit Message(std::size_t bytes = 0);
    explicit Message(std::span<const std::byte> bytes, std::size_t more = 0);    // these, and room for more
    Message(Message&&) noexcept;
    Message& operator=(Message&&) noexcept;
    ~Message();

    std::span<std::byte> bytes();
    std::span<const std::byte> bytes() const;

  private:
    friend struct Native;
    void* native_ = nullptr;
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
    };
    Responder(const std::string& url, const Access& access, std::size_t most, Callbacks callbacks);
    ~Responder();
    const std::string& address() const { return address_; }    // as bound, the port where it was 0
    static Ends ends(Peer peer);

  private:
    struct State;
    std::shared_ptr<State> state_;
    std::string address_;
};

class Requester
{
  public:
    static constexpr int in_flight = 4;

    // Connects within `seconds`, or until `stop`.
    Requester(const std::string& url, const Access& access, std::size_t most, double seconds,
              const std::function<bool()>& stop);
    ~Requester();
    const Ends& ends() const;

    // n requests, some at a time: make(i) is called in order, take(i, answer) as answers come, both on the caller's
    // thread. Each answer must come within `seconds`. Error: this connection is of no more use; so it is after make
    // or take has thrown, or `stop` (asked several times a second) has returned true.
    void exchange(std::size_t n, double seconds, const std::function<Message(std::size_t)>& make,
                  const std::function<void(std::size_t, Message&&)>& take, const std::function<bool()>& stop);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// One page over HTTP, made anew for every GET.
class WebPage
{
  public:
    WebPage(const std::string& url, std::function<std::string()> text);    // http://127.0.0.1:0/metrics
    ~WebPage();
    const std::string& address() const { return address_; }

  private:
    struct State;
    std::unique_ptr<State> state_;
    std::string address_;
};

}    // namespace nonna
