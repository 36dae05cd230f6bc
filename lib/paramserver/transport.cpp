#include "paramserver/transport.h"

#include "base/error.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/http/http.h>
#include <nng/supplemental/tls/tls.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <malloc.h>
#include <unistd.h>

namespace nonna
{

struct Native {
    static nng_msg* release(Message& m) { return static_cast<nng_msg*>(std::exchange(m.native_, nullptr)); }
    static Message adopt(nng_msg* msg)
    {
        Message m;
        std::swap(m.native_, reinterpret_cast<void*&>(msg));
        if (msg)
            nng_msg_free(msg);
        return m;
    }
};

namespace
{

[[noreturn]] void fail(const std::string& subject, int result, ExitStatus status = ExitStatus::peer_lost)
{
    std::string reason = nng_strerror(result);
    if (!reason.empty())
        reason[0] = char(std::tolower(static_cast<unsigned char>(reason[0])));
    throw Error(subject, reason, status);
}

void check(const std::string& subject, int result, ExitStatus status = ExitStatus::failed)
{
    if (result == NNG_ENOMEM)
        throw std::bad_alloc();
    if (result != 0)
        fail(subject, result, status);
}

// nng's threads begin with its first call and inherit the mask: signals are the caller's threads'.
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

  private:
    sigset_t before_;
};

nng_duration milliseconds(double seconds) { return nng_duration(std::clamp(seconds, 0.001, 1e6) * 1000); }

// Messages of 2 MiB come and go by the hundred: their memory is kept, not given back to the system and faulted in
// again.
void keep_freed_memory()
{
    static const bool done = mallopt(M_MMAP_THRESHOLD, 32 << 20) + mallopt(M_TRIM_THRESHOLD, 64 << 20) == 2;
    (void)done;
}

class Socket
{
  public:
    ~Socket()
    {
        if (open_)
            nng_close(socket_);
    }
    void open(const std::string& url, int (*maker)(nng_socket*), std::size_t most)
    {
        keep_freed_memory();
        SignalsBlocked blocked;
        check(url, maker(&socket_));
        open_ = true;
        check(url, nng_socket_set_size(socket_, NNG_OPT_RECVMAXSZ, most));
    }
    void close()
    {
        if (std::exchange(open_, false))
            nng_close(socket_);
    }
    operator nng_socket() const { return socket_; }

  private:
    nng_socket socket_ = NNG_SOCKET_INITIALIZER;
    bool open_ = false;
};

// Mutual: each side shows a certificate that the other's authority has signed.
template <class End, class SetString, class SetInt>
void set_tls(const std::string& url, const Access& access, End end, SetString set_string, SetInt set_int)
{
    check(access.authority, set_string(end, NNG_OPT_TLS_CA_FILE, access.authority.c_str()));
    check(access.certificate, set_string(end, NNG_OPT_TLS_CERT_KEY_FILE, access.certificate.c_str()));
    check(url, set_int(end, NNG_OPT_TLS_AUTH_MODE, NNG_TLS_AUTH_MODE_REQUIRED));
}

// nng 1.5.2 (its issue 1813): where a connection ends while a message comes or goes on it, nng_close may never return,
// and later ones neither. Whoever ends, or goes on to the next connection, is not held up by it: then sockets are left.
template <class State> void close_aside(State* state)
{
    auto closed = std::make_shared<std::promise<void>>();
    std::future<void> ready = closed->get_future();
    SignalsBlocked blocked;
    std::thread([closed, state] {
        delete state;
        closed->set_value();
    }).detach();
    ready.wait_for(std::chrono::seconds(2));
}

std::string end_of(nng_pipe pipe, const char* option)
{
    nng_sockaddr a{};
    if (nng_pipe_get_addr(pipe, option, &a) != 0)
        return "";
    if (a.s_family == NNG_AF_INET)
        return end_text(std::span(reinterpret_cast<const unsigned char*>(&a.s_in.sa_addr), 4), ntohs(a.s_in.sa_port));
    return a.s_family == NNG_AF_INET6 ? end_text(a.s_in6.sa_addr, ntohs(a.s_in6.sa_port)) : "";
}

Ends ends_of(nng_pipe pipe)
{
    std::uint64_t user = 0;
    if (nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_UID, &user) == 0)
        return {"user " + std::to_string(::geteuid()), "user " + std::to_string(user)};
    bool encrypted = false;
    if (nng_pipe_get_bool(pipe, NNG_OPT_TLS_VERIFIED, &encrypted) == 0)
        return {};
    return {end_of(pipe, NNG_OPT_LOCADDR), end_of(pipe, NNG_OPT_REMADDR)};
}

}    // namespace

Message::Message(std::size_t bytes)
{
    if (bytes == 0)
        return;
    nng_msg* msg = nullptr;
    if (nng_msg_alloc(&msg, bytes) != 0)
        throw std::bad_alloc();
    native_ = msg;
}

Message::Message(std::span<const std::byte> bytes, std::size_t more) : Message(bytes.size() + more)
{
    if (!bytes.empty())
        std::memcpy(nng_msg_body(static_cast<nng_msg*>(native_)), bytes.data(), bytes.size());
}

Message::Message(Message&& other) noexcept : native_(std::exchange(other.native_, nullptr)) {}

Message& Message::operator=(Message&& other) noexcept
{
    std::swap(native_, other.native_);
    return *this;
}

Message::~Message()
{
    if (native_)
        nng_msg_free(static_cast<nng_msg*>(native_));
}

std::span<std::byte> Message::bytes()
{
    auto* msg = static_cast<nng_msg*>(native_);
    return msg ? std::span(static_cast<std::byte*>(nng_msg_body(msg)), nng_msg_len(msg)) : std::span<std::byte>();
}

std::span<const std::byte> Message::bytes() const { return const_cast<Message*>(this)->bytes(); }

// Many contexts, each of which receives a request, answers it and receives the next. One whose answer is not taken
// within `answer_seconds` closes that connection and goes on; so does one whose peer asks more and more and takes no
// answer, else it could have all contexts wait for it.
struct Responder::State {
    static constexpr int contexts = 256;
    static constexpr int most_answers = 16;    // on their way to one connection
    static constexpr double answer_seconds = 20;

    struct Turn {
        State* state = nullptr;
        nng_ctx ctx = NNG_CTX_INITIALIZER;
        nng_aio* aio = nullptr;
        nng_pipe pipe = NNG_PIPE_INITIALIZER;
        bool answering = false;
    };
    Callbacks callbacks;
    Socket socket;
    std::vector<Turn> turns{contexts};
    std::shared_mutex gate;    // shared by calls back
    bool shut = false;         // there are no more
    std::mutex counting;
    std::map<int, int> answers;    // on their way, by connection

    ~State()
    {
        socket.close();
        for (Turn& turn : turns)
            if (turn.aio)
                nng_aio_stop(turn.aio);
        for (Turn& turn : turns)
            if (turn.aio) {
                if (turn.answering && nng_aio_result(turn.aio) != 0)
                    nng_msg_free(nng_aio_get_msg(turn.aio));
                nng_aio_free(turn.aio);
            }
    }

    // One answer more, or less, on its way to a connection: false where it would be too many.
    bool count(nng_pipe pipe, int change)
    {
        const std::lock_guard lock(counting);
        const auto at = answers.try_emplace(nng_pipe_id(pipe), 0).first;
        if (at->second + change > most_answers)
            return false;
        if ((at->second += change) == 0)
            answers.erase(at);
        return true;
    }

    static void receive(Turn& turn)
    {
        turn.answering = false;
        nng_aio_set_timeout(turn.aio, NNG_DURATION_INFINITE);
        nng_ctx_recv(turn.ctx, turn.aio);
    }

    // nng calls this, on a thread of its own, when a context has received or has sent: the one thing that was asked of
    // it ends here, and the next is asked before this returns, so that a context is never idle. Whatever goes wrong
    // with one peer costs that peer its connection and nobody else anything.
    static void progress(void* argument)
    {
        Turn& turn = *static_cast<Turn*>(argument);
        const int result = nng_aio_result(turn.aio);
        if (result == NNG_ECLOSED || result == NNG_ECANCELED)
            return;
        if (turn.answering) {
            if (result != 0) {
                nng_msg_free(nng_aio_get_msg(turn.aio));
                nng_pipe_close(turn.pipe);
            }
            turn.state->count(turn.pipe, -1);
            return receive(turn);
        }
        if (result != 0)
            return receive(turn);
        nng_msg* const request = nng_aio_get_msg(turn.aio);
        turn.pipe = nng_msg_get_pipe(request);
        Message answer;
        const std::shared_lock lock(turn.state->gate);    // the Responder ends only between calls back
        if (turn.state->shut) {
            nng_msg_free(request);
            return;
        }
        if (!turn.state->count(turn.pipe, 1)) {
            nng_msg_free(request);
            nng_pipe_close(turn.pipe);
            return receive(turn);
        }
        try {
            answer = turn.state->callbacks.answer(Native::adopt(request), Peer(nng_pipe_id(turn.pipe)));
        } catch (...) {    // out of memory: this peer is told nothing and may come again
            turn.state->count(turn.pipe, -1);
            nng_pipe_close(turn.pipe);
            return receive(turn);
        }
        turn.answering = true;
        nng_aio_set_msg(turn.aio, Native::release(answer));
        nng_aio_set_timeout(turn.aio, milliseconds(answer_seconds));
        nng_ctx_send(turn.ctx, turn.aio);
    }

    static void removed(nng_pipe pipe, nng_pipe_ev, void* argument)
    {
        State& s = *static_cast<State*>(argument);
        const std::shared_lock lock(s.gate);
        if (!s.shut)
            s.callbacks.closed(Peer(nng_pipe_id(pipe)));
    }
};

Responder::Responder(const std::string& url, const Access& access, std::size_t most, Callbacks callbacks)
    : state_(new State,
             [](State* state) {
                 {
                     const std::unique_lock lock(state->gate);
                     state->shut = true;
                 }
                 close_aside(state);
             }),
      address_(url)
{
    State& s = *state_;
    s.callbacks = std::move(callbacks);
    s.socket.open(url, nng_rep0_open, most);
    check(url, nng_pipe_notify(s.socket, NNG_PIPE_EV_REM_POST, State::removed, &s));
    nng_listener listener;
    check(url, nng_listener_create(&listener, s.socket, url.c_str()), ExitStatus::usage);
    if (is_encrypted(url))
        set_tls(url, access, listener, nng_listener_set_string, nng_listener_set_int);
    if (!url.starts_with("ipc:"))
        nng_listener_set_bool(listener, NNG_OPT_TCP_KEEPALIVE, true);
    check(url, nng_listener_start(listener, 0));
    int port = 0;
    if (!url.starts_with("ipc:") && nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        address_ = url.substr(0, url.rfind(':') + 1) + std::to_string(port);
    for (State::Turn& turn : s.turns) {
        turn.state = &s;
        check(url, nng_ctx_open(&turn.ctx, s.socket));
        check(url, nng_aio_alloc(&turn.aio, State::progress, &turn));
    }
    for (State::Turn& turn : s.turns)
        State::receive(turn);
}

Responder::~Responder() = default;

Ends Responder::ends(Peer peer) { return ends_of(nng_pipe{peer}); }

struct Requester::State {
    struct Turn {
        State* state = nullptr;
        nng_ctx ctx = NNG_CTX_INITIALIZER;
        nng_aio* aio = nullptr;
        std::size_t request = 0;
        bool asking = false;    // else receiving
    };
    std::string url;
    Socket socket;
    std::vector<Turn> turns{in_flight};

    std::mutex mutex;
    std::condition_variable changed;
    bool connected = false, lost = false;
    Ends ends;
    std::size_t asked = 0;     // turns that are under way or done
    std::deque<Turn*> done;    // with their aio's result

    ~State()
    {
        socket.close();
        for (Turn& turn : turns)
            if (turn.aio)
                nng_aio_stop(turn.aio);
        for (Turn& turn : turns)
            if (turn.aio) {    // a question not sent, or an answer that nobody took
                if (nng_msg* const msg = nng_aio_get_msg(turn.aio))
                    nng_msg_free(msg);
                nng_aio_free(turn.aio);
            }
    }

    // What is under way comes in first, if it comes soon (see close_aside).
    void settle()
    {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, std::chrono::milliseconds(200), [&] { return lost || done.size() == asked; });
    }

    static void progress(void* argument)
    {
        Turn& turn = *static_cast<Turn*>(argument);
        if (nng_aio_result(turn.aio) == 0 && turn.asking) {
            turn.asking = false;
            nng_aio_set_msg(turn.aio, nullptr);
            nng_ctx_recv(turn.ctx, turn.aio);
            return;
        }
        const std::lock_guard lock(turn.state->mutex);
        turn.state->done.push_back(&turn);
        turn.state->changed.notify_all();
    }

    static void pipe_event(nng_pipe pipe, nng_pipe_ev event, void* argument)
    {
        State& s = *static_cast<State*>(argument);
        const std::lock_guard lock(s.mutex);
        if (event == NNG_PIPE_EV_ADD_POST && !s.connected)
            s.ends = ends_of(pipe);
        (event == NNG_PIPE_EV_ADD_POST ? s.connected : s.lost) = true;
        s.changed.notify_all();
    }
};

// nng would send a request again by itself and would connect again behind our back; both are switched off or watched,
// as a push may go out twice only when the link (link.h) says so: a pipe that ends marks the Requester as lost.
// Dialling is asynchronous, so that `stop` and the time allowed hold for it, too.
Requester::Requester(const std::string& url, const Access& access, std::size_t most, double seconds,
                     const std::function<bool()>& stop)
    : state_(new State, [](State* state) {
          state->settle();
          close_aside(state);
      })
{
    State& s = *state_;
    s.url = url;
    s.socket.open(url, nng_req0_open, most);
    check(url, nng_socket_set_ms(s.socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE));
    check(url, nng_pipe_notify(s.socket, NNG_PIPE_EV_ADD_POST, State::pipe_event, &s));
    check(url, nng_pipe_notify(s.socket, NNG_PIPE_EV_REM_POST, State::pipe_event, &s));
    nng_dialer dialer;
    check(url, nng_dialer_create(&dialer, s.socket, url.c_str()), ExitStatus::usage);
    if (is_encrypted(url)) {
        set_tls(url, access, dialer, nng_dialer_set_string, nng_dialer_set_int);
        if (!access.name.empty())
            check(url, nng_dialer_set_string(dialer, NNG_OPT_TLS_SERVER_NAME, access.name.c_str()));
    }
    if (!url.starts_with("ipc:"))
        nng_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
    // not to hammer a server that refuses us
    check(url, nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, 100));
    check(url, nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, 1000));
    for (State::Turn& turn : s.turns) {
        turn.state = &s;
        check(url, nng_ctx_open(&turn.ctx, s.socket));
        check(url, nng_aio_alloc(&turn.aio, State::progress, &turn));
    }
    check(url, nng_dialer_start(dialer, NNG_FLAG_NONBLOCK), ExitStatus::peer_lost);
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    std::unique_lock lock(s.mutex);
    while (!s.changed.wait_for(lock, std::chrono::milliseconds(100), [&] { return s.connected; }))
        if (stop() || std::chrono::steady_clock::now() > end)
            throw Error(url,
                        is_encrypted(url) ? "nobody answers there, or one side does not accept the other's certificate"
                                          : "nobody answers there",
                        ExitStatus::peer_lost);
}

Requester::~Requester() = default;

const Ends& Requester::ends() const { return state_->ends; }

// Each of the contexts (turns) has one request under way; with its answer it takes the next, so that in_flight of them
// are always on their way and the connection is never waited for between two. nng's threads only put finished turns
// into `done`; making and taking, which touch the caller's data, are this thread's alone. The next request leaves
// before the answer is taken: what `take` costs hides behind the network.
void Requester::exchange(std::size_t n, double seconds, const std::function<Message(std::size_t)>& make,
                         const std::function<void(std::size_t, Message&&)>& take, const std::function<bool()>& stop)
{
    State& s = *state_;
    std::size_t next = 0, taken = 0;
    auto ask = [&](State::Turn& turn) {
        turn.request = next;
        Message message = make(next++);
        turn.asking = true;
        {
            const std::lock_guard lock(s.mutex);
            ++s.asked;
        }
        nng_aio_set_timeout(turn.aio, milliseconds(seconds));
        nng_aio_set_msg(turn.aio, Native::release(message));
        nng_ctx_send(turn.ctx, turn.aio);
    };
    for (State::Turn& turn : s.turns)
        if (next < n)
            ask(turn);
    while (taken < n) {
        State::Turn* turn = nullptr;
        {
            std::unique_lock lock(s.mutex);
            while (s.done.empty()) {    // answers that came before the loss are still taken
                if (s.lost)
                    throw Error(s.url, "the connection was lost", ExitStatus::peer_lost);
                if (!s.changed.wait_for(lock, std::chrono::milliseconds(200),
                                        [&] { return !s.done.empty() || s.lost; }) &&
                    stop())
                    throw Error(s.url, "given up", ExitStatus::peer_lost);
            }
            turn = s.done.front();
            s.done.pop_front();
            --s.asked;
        }
        if (const int result = nng_aio_result(turn->aio)) {
            if (turn->asking)    // it was not sent, and is still ours
                nng_msg_free(nng_aio_get_msg(turn->aio));
            nng_aio_set_msg(turn->aio, nullptr);
            if (result == NNG_ETIMEDOUT)
                throw Error(s.url, "no answer", ExitStatus::peer_lost);
            fail(s.url, result);
        }
        Message answer = Native::adopt(nng_aio_get_msg(turn->aio));
        nng_aio_set_msg(turn->aio, nullptr);
        ++taken;
        const std::size_t request = turn->request;
        if (next < n)
            ask(*turn);
        take(request, std::move(answer));
    }
}

struct WebPage::State {
    std::function<std::string()> text;
    nng_http_server* server = nullptr;

    ~State()
    {
        if (server) {
            nng_http_server_stop(server);
            nng_http_server_release(server);
        }
    }
    static void answer(nng_aio* aio)
    {
        auto* handler = static_cast<nng_http_handler*>(nng_aio_get_input(aio, 1));
        nng_http_res* response = nullptr;
        int result = nng_http_res_alloc(&response);
        if (result == 0) {
            std::string body;
            try {
                body = static_cast<State*>(nng_http_handler_get_data(handler))->text();
            } catch (...) {
                result = NNG_ENOMEM;
            }
            if (result == 0)
                result = nng_http_res_set_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            if (result == 0)
                result = nng_http_res_copy_data(response, body.data(), body.size());
        }
        if (result == 0)
            nng_aio_set_output(aio, 0, response);
        else if (response)
            nng_http_res_free(response);
        nng_aio_finish(aio, result);
    }
};

WebPage::WebPage(const std::string& url, std::function<std::string()> text) : state_(std::make_unique<State>())
{
    SignalsBlocked blocked;
    State& s = *state_;
    s.text = std::move(text);
    nng_url* parsed = nullptr;
    const bool understood = nng_url_parse(&parsed, url.c_str()) == 0;
    const std::unique_ptr<nng_url, void (*)(nng_url*)> held(parsed, nng_url_free);
    if (!understood || std::strcmp(parsed->u_scheme, "http") != 0)
        throw Error(url, "expected http://HOST:PORT/PATH", ExitStatus::usage);
    const std::string path = *parsed->u_path ? parsed->u_path : "/";
    check(url, nng_http_server_hold(&s.server, parsed));
    nng_http_handler* handler = nullptr;
    check(url, nng_http_handler_alloc(&handler, path.c_str(), State::answer));
    check(url, nng_http_handler_set_data(handler, &s, nullptr));
    check(url, nng_http_server_add_handler(s.server, handler));
    check(url, nng_http_server_start(s.server));
    nng_sockaddr bound{};
    check(url, nng_http_server_get_addr(s.server, &bound));
    const std::uint16_t port = bound.s_family == NNG_AF_INET6 ? bound.s_in6.sa_port : bound.s_in.sa_port;
    address_ =
        std::string("http://") + parsed->u_hostname + ":" + std::to_string(std::uint16_t(port >> 8 | port << 8)) + path;
}

WebPage::~WebPage() = default;

}    // namespace nonna
