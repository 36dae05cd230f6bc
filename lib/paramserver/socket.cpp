#include "paramserver/socket.h"

#include "base/error.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include <array>
#include <cctype>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include <arpa/inet.h>
#include <unistd.h>

namespace nonna
{

namespace
{

using Clock = std::chrono::steady_clock;

[[noreturn]] void lost() { throw Error("connection", "the connection was lost", ExitStatus::peer_lost); }

void check(const std::string& subject, int result, ExitStatus status = ExitStatus::failed)
{
    if (result == NNG_ENOMEM)
        throw std::bad_alloc();
    if (result == 0)
        return;
    std::string reason = nng_strerror(result);
    if (!reason.empty())
        reason[0] = char(std::tolower(static_cast<unsigned char>(reason[0])));
    throw Error(subject, reason, status);
}

// Mutual: each side shows a certificate that the other's authority has signed.
template <class End, class SetString, class SetInt>
void set_tls(const std::string& url, const Access& access, End end, SetString set_string, SetInt set_int)
{
    check(access.authority, set_string(end, NNG_OPT_TLS_CA_FILE, access.authority.c_str()));
    check(access.certificate, set_string(end, NNG_OPT_TLS_CERT_KEY_FILE, access.certificate.c_str()));
    check(url, set_int(end, NNG_OPT_TLS_AUTH_MODE, NNG_TLS_AUTH_MODE_REQUIRED));
}

std::string end_of(nng_stream* stream, const char* option)
{
    nng_sockaddr a{};
    if (nng_stream_get_addr(stream, option, &a) != 0)
        return "";
    if (a.s_family == NNG_AF_INET)
        return end_text(std::span(reinterpret_cast<const unsigned char*>(&a.s_in.sa_addr), 4), ntohs(a.s_in.sa_port));
    return a.s_family == NNG_AF_INET6 ? end_text(a.s_in6.sa_addr, ntohs(a.s_in6.sa_port)) : "";
}

// nng's way to wait, with a result. What is under way is asked for by `start`, on the caller's thread; `finished` may
// be waited for up to a moment, and again.
class Asked
{
  public:
    Asked()
    {
        check("connection", nng_aio_alloc(
                                &aio_, [](void* self) { static_cast<Asked*>(self)->finish(); }, this));
    }
    ~Asked()
    {
        nng_aio_stop(aio_);
        if (auto* const stream = static_cast<nng_stream*>(nng_aio_get_output(aio_, 0)); stream && result() == 0)
            nng_stream_free(stream);
        nng_aio_free(aio_);
    }
    Asked(const Asked&) = delete;

    template <class Start> void start(Start ask)
    {
        finished_ = false;
        ask(aio_);
        under_way_ = true;
    }
    bool under_way() const { return under_way_; }
    bool finished(Moment until)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_until(lock, until, [this] { return finished_; });
    }
    int result() const { return nng_aio_result(aio_); }
    std::size_t count() const { return nng_aio_count(aio_); }
    // A connection, of one that has finished well.
    void* take()
    {
        under_way_ = false;
        void* const stream = result() == 0 ? nng_aio_get_output(aio_, 0) : nullptr;
        nng_aio_set_output(aio_, 0, nullptr);
        return stream;
    }

  private:
    nng_aio* aio_ = nullptr;
    bool under_way_ = false;    // or finished, and not taken
    std::mutex mutex_;
    std::condition_variable changed_;
    bool finished_ = false;

    void finish()
    {
        {
            const std::lock_guard lock(mutex_);
            finished_ = true;
        }
        changed_.notify_all();
    }
};

constexpr double piece_of_waiting = 2;    // after which it is looked whether there is still somebody to wait for

// One direction of a TLS stream, with bytes of its own. nng ends such a stream where a read or write is given up on it,
// so that one goes on, beyond the moments of those who wait for it.
struct Lane {
    Asked asked;
    std::array<std::byte, 1 << 14> bytes;    // as many as nng takes at a time
    std::size_t first = 0, size = 0;
};

}    // namespace

// The mutex is held while something is asked of the stream, not while it is waited for: what is asked before the end is
// ended with the rest, and nothing is asked after it.
struct Socket::State {
    nng_stream* const stream;
    const bool has_address;    // of its peer; ipc has not
    nng_aio *reading = nullptr, *writing = nullptr;
    std::unique_ptr<Lane> in, out;    // on tls
    std::mutex mutex;
    bool ended = false;

    explicit State(nng_stream* s) : stream(s), has_address(address_known())
    {
        bool verified = false;
        if (nng_aio_alloc(&reading, nullptr, nullptr) == 0 && nng_aio_alloc(&writing, nullptr, nullptr) == 0) {
            if (nng_stream_get_bool(stream, NNG_OPT_TLS_VERIFIED, &verified) == 0) {
                in = std::make_unique<Lane>();
                out = std::make_unique<Lane>();
            }
            return;
        }
        nng_aio_free(reading);
        nng_stream_free(stream);
        throw std::bad_alloc();
    }
    ~State()
    {
        end();
        in.reset();
        out.reset();
        nng_aio_free(reading);
        nng_aio_free(writing);
        nng_stream_free(stream);
    }

    bool address_known() const
    {
        nng_sockaddr peer{};
        return nng_stream_get_addr(stream, NNG_OPT_REMADDR, &peer) == 0;
    }
    bool peer_is_gone() const { return has_address && !address_known(); }

    void end()
    {
        const std::lock_guard lock(mutex);
        if (!std::exchange(ended, true))
            nng_stream_close(stream);
    }

    template <class Ask> void ask_of(nng_aio* aio, const std::byte* at, std::size_t size, nng_duration limit, Ask ask)
    {
        const std::lock_guard lock(mutex);
        if (ended)
            lost();
        const nng_iov one{const_cast<std::byte*>(at), size};
        nng_aio_set_iov(aio, 1, &one);
        nng_aio_set_timeout(aio, limit);
        ask(stream, aio);
    }

    template <class Ask>
    std::size_t transfer(nng_aio* aio, const std::byte* at, std::size_t size, Moment until, Ask ask)
    {
        for (;;) {
            const double left = std::chrono::duration<double>(until - Clock::now()).count();
            ask_of(aio, at, size, nng_duration(std::clamp(left, 0.001, piece_of_waiting) * 1000), ask);
            nng_aio_wait(aio);
            const int result = nng_aio_result(aio);
            if (result == 0 && nng_aio_count(aio) > 0)
                return nng_aio_count(aio);
            if (result != NNG_ETIMEDOUT || peer_is_gone()) {
                end();
                lost();
            }
            if (left <= piece_of_waiting)
                return 0;
        }
    }

    // What a lane has under way; 0: the moment came before. What was asked of a connection when its peer had gone is
    // never answered, but by its end.
    std::size_t gone_through(Lane& lane, Moment until)
    {
        while (!lane.asked.finished(std::min(until, after_seconds(piece_of_waiting)))) {
            if (peer_is_gone())
                end();
            else if (Clock::now() >= until)
                return 0;
        }
        lane.asked.take();
        if (lane.asked.result() != 0 || lane.asked.count() == 0) {
            end();
            lost();
        }
        return lane.asked.count();
    }
    std::size_t read_encrypted(std::span<std::byte> into, Moment until)
    {
        if (in->size == 0) {
            if (!in->asked.under_way())
                in->asked.start([&](nng_aio* aio) {
                    ask_of(aio, in->bytes.data(), in->bytes.size(), NNG_DURATION_INFINITE, nng_stream_recv);
                });
            in->first = 0;
            in->size = gone_through(*in, until);
        }
        const std::size_t n = std::min(into.size(), in->size);
        std::copy_n(in->bytes.begin() + in->first, n, into.begin());
        in->first += n;
        in->size -= n;
        return n;
    }
    // Whose moment came gives the same bytes again.
    std::size_t write_encrypted(std::span<const std::byte> from, Moment until)
    {
        if (!out->asked.under_way()) {
            out->size = std::min(from.size(), out->bytes.size());
            std::copy_n(from.begin(), out->size, out->bytes.begin());
            out->asked.start([&](nng_aio* aio) {
                ask_of(aio, out->bytes.data(), out->size, NNG_DURATION_INFINITE, nng_stream_send);
            });
        }
        return gone_through(*out, until);
    }
};

Socket::Socket() = default;
Socket::~Socket() = default;
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;
Socket::Socket(void* stream) : state_(std::make_unique<State>(static_cast<nng_stream*>(stream))) {}

std::size_t Socket::read_some(std::span<std::byte> into, Moment until)
{
    return state_->in ? state_->read_encrypted(into, until)
                      : state_->transfer(state_->reading, into.data(), into.size(), until, nng_stream_recv);
}

std::size_t Socket::write_some(std::span<const std::byte> from, Moment until)
{
    return state_->out ? state_->write_encrypted(from, until)
                       : state_->transfer(state_->writing, from.data(), from.size(), until, nng_stream_send);
}

void Socket::read(std::span<std::byte> into, Moment until)
{
    while (!into.empty()) {
        const std::size_t n = read_some(into, until);
        if (n == 0)
            lost();
        into = into.subspan(n);
    }
}

void Socket::write(std::span<const std::byte> from, Moment until)
{
    while (!from.empty()) {
        const std::size_t n = write_some(from, until);
        if (n == 0)
            lost();
        from = from.subspan(n);
    }
}

std::pair<std::string, std::string> Socket::ends() const
{
    if (!state_)
        return {};
    std::uint64_t user = 0;
    if (nng_stream_get_uint64(state_->stream, NNG_OPT_IPC_PEER_UID, &user) == 0)
        return {"user " + std::to_string(::geteuid()), "user " + std::to_string(user)};
    bool encrypted = false;
    if (nng_stream_get_bool(state_->stream, NNG_OPT_TLS_VERIFIED, &encrypted) == 0)
        return {};
    return {end_of(state_->stream, NNG_OPT_LOCADDR), end_of(state_->stream, NNG_OPT_REMADDR)};
}

void Socket::end()
{
    if (state_)
        state_->end();
}

struct ListeningSocket::State {
    nng_stream_listener* listener = nullptr;
    std::optional<Asked> next;
    ~State()
    {
        if (listener)
            nng_stream_listener_close(listener);
        next.reset();
        nng_stream_listener_free(listener);
    }
};

ListeningSocket::ListeningSocket(const std::string& url, const Access& access)
    : state_(std::make_unique<State>()), address_(url)
{
    const SignalsBlocked blocked;
    nng_stream_listener*& listener = state_->listener;
    check(url, nng_stream_listener_alloc(&listener, url.c_str()), ExitStatus::usage);
    if (is_encrypted(url))
        set_tls(url, access, listener, nng_stream_listener_set_string, nng_stream_listener_set_int);
    nng_stream_listener_set_bool(listener, NNG_OPT_TCP_KEEPALIVE, true);    // ipc has neither
    nng_stream_listener_set_bool(listener, NNG_OPT_TCP_NODELAY, true);
    check(url, nng_stream_listener_listen(listener));
    int port = 0;
    if (nng_stream_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        address_ = url.substr(0, url.rfind(':') + 1) + std::to_string(port);
    state_->next.emplace();
}

ListeningSocket::~ListeningSocket() = default;

bool ListeningSocket::wait(Moment until)
{
    Asked& next = *state_->next;
    if (!next.under_way())
        next.start([&](nng_aio* aio) { nng_stream_listener_accept(state_->listener, aio); });
    if (!next.finished(until))
        return false;
    if (const int result = next.result()) {
        next.take();
        check(address_, result);
    }
    return true;
}

std::optional<Socket> ListeningSocket::accept()
{
    void* const stream = state_->next->take();
    return stream ? std::optional(Socket(stream)) : std::nullopt;
}

struct Dialer::State {
    std::string url;
    nng_stream_dialer* dialer = nullptr;
    ~State()
    {
        if (dialer)
            nng_stream_dialer_close(dialer);
        nng_stream_dialer_free(dialer);
    }
};

Dialer::Dialer(const std::string& url, const Access& access) : state_(std::make_unique<State>())
{
    const SignalsBlocked blocked;
    state_->url = url;
    nng_stream_dialer*& dialer = state_->dialer;
    check(url, nng_stream_dialer_alloc(&dialer, url.c_str()), ExitStatus::usage);
    if (is_encrypted(url)) {
        set_tls(url, access, dialer, nng_stream_dialer_set_string, nng_stream_dialer_set_int);
        if (!access.name.empty())
            check(url, nng_stream_dialer_set_string(dialer, NNG_OPT_TLS_SERVER_NAME, access.name.c_str()));
    }
    nng_stream_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
    nng_stream_dialer_set_bool(dialer, NNG_OPT_TCP_NODELAY, true);
}

Dialer::~Dialer() = default;

Socket Dialer::connect(Moment until, const std::function<bool()>& stop)
{
    Asked asked;
    asked.start([&](nng_aio* aio) { nng_stream_dialer_dial(state_->dialer, aio); });
    while (!asked.finished(std::min(until, Clock::now() + std::chrono::milliseconds(100))))
        if (Clock::now() >= until || stop())
            lost();    // what is asked for is given up
    void* const stream = asked.take();
    if (!stream)
        lost();
    return Socket(stream);
}

}    // namespace nonna
