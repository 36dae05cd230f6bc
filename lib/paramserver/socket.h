// Private to this room, and the only file that knows nng, whose streams these are: connections of bytes over
// ipc://PATH, tcp://HOST:PORT and tls+tcp://HOST:PORT.
//
// Model to hold in mind: a Socket belongs to one thread, which reads and writes, and waits there up to a moment that it
// names. Any other thread may end() it, and then whatever is waited for fails at once. Failures are Errors with status
// peer_lost.
//
// Why streams and not nng's sockets, which carry messages: where a connection ends while nng 1.5.2 reads or writes the
// rest of a message on it, a part of its own is stopped first and the rest asked for later, which then never ends, and
// the thread that buries all connections waits for it for ever. A stream's parts are ours: nothing is asked for on one
// that is ending, and it is freed when nothing is under way.
//
// Whoever forks, forks before the first call, as it starts nng's threads; signals are blocked in these.
#pragma once

#include "paramserver/access.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace nonna
{

using Moment = std::chrono::steady_clock::time_point;

inline Moment after_seconds(double seconds)
{
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<Moment::duration>(std::chrono::duration<double>(std::min(seconds, 1e8)));
}

// Threads inherit the mask; signals are for those who wait for them.
class SignalsBlocked
{
  public:
    SignalsBlocked()
    {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;

  private:
    sigset_t before_;
};

class Socket
{
  public:
    Socket();    // none
    ~Socket();
    Socket(Socket&&) noexcept;
    Socket& operator=(Socket&&) noexcept;

    // What goes, at least a byte; 0: the moment came, and nothing went. Whose writing has not gone writes the same
    // again.
    std::size_t read_some(std::span<std::byte> into, Moment until);
    std::size_t write_some(std::span<const std::byte> from, Moment until);
    // All of them. Error where the moment came before.
    void read(std::span<std::byte> into, Moment until);
    void write(std::span<const std::byte> from, Moment until);

    // Both ends, ours first (transport.h, Ends); empty on tls.
    std::pair<std::string, std::string> ends() const;

    void end();    // by any thread

  private:
    friend class ListeningSocket;
    friend class Dialer;
    struct State;
    std::unique_ptr<State> state_;
    explicit Socket(void* stream);    // takes it over
};

// Where clients connect. An ipc socket that nobody listens at any more is taken over.
class ListeningSocket
{
  public:
    // Error: usage where there is no such address, failed where another has it.
    ListeningSocket(const std::string& url, const Access& access);
    ~ListeningSocket();

    const std::string& address() const { return address_; }    // as bound, the port where it was 0
    // Until somebody has come; false: the moment came before. Error: there is no descriptor for him.
    bool wait(Moment until);
    // The one who has come; none: nobody has.
    std::optional<Socket> accept();

  private:
    struct State;
    std::unique_ptr<State> state_;
    std::string address_;
};

// Keeps what is needed for a connection to one address; connects once a call.
class Dialer
{
  public:
    Dialer(const std::string& url, const Access& access);
    ~Dialer();
    Socket connect(Moment until, const std::function<bool()>& stop);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
