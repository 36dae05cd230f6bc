#include "paramserver/transport.h"

#include "base/error.h"
#include "paramserver/guests.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include <malloc.h>
#include <poll.h>

namespace nonna
{

namespace
{

using Clock = std::chrono::steady_clock;
constexpr Moment never = Moment::max();
constexpr std::size_t most_of_a_stranger = 4 * most_head;    // is kept of a message: it is no greeting

constexpr std::size_t word = 4;
constexpr std::size_t most_words = 9;    // a message's number, and one for each of 8 devices of nng's that passed it on
constexpr std::size_t most_prefix = 1 + 8 + word * most_words;
constexpr std::size_t before_body = 64;    // in a Message's memory: the prefix, and a body where vectors are fast

// A whole message must go within this: as fast as a poor line, and no slower.
double seconds_for(std::size_t bytes) { return 10 + double(bytes) / (256 << 10); }

// Messages of 2 MiB come and go by the hundred: their memory is kept, not given back to the system and faulted in
// again.
void keep_freed_memory()
{
    static const bool done = mallopt(M_MMAP_THRESHOLD, 32 << 20) + mallopt(M_TRIM_THRESHOLD, 64 << 20) == 2;
    (void)done;
}

void put(std::byte* into, std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        into[i] = std::byte(value >> 8 * (bytes - 1 - i));
}

std::uint64_t get(const std::byte* from, int bytes)
{
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value = value << 8 | std::uint64_t(from[i]);
    return value;
}

[[noreturn]] void wrong() { throw Error("connection", "not a message of ours", ExitStatus::peer_lost); }

enum class SpProtocol : unsigned char { request = 0x30, reply = 0x31 };

// Both sides say what they are, at once.
void shake_hands(Socket& socket, SpProtocol ours, SpProtocol theirs, Moment until)
{
    const auto hand = [](SpProtocol p) {
        return std::array<std::byte, 8>{{{}, std::byte('S'), std::byte('P'), {}, {}, std::byte(p), {}, {}}};
    };
    socket.write(hand(ours), until);
    std::array<std::byte, 8> got;
    socket.read(got, until);
    if (got != hand(theirs))
        wrong();
}

}    // namespace

Message::Message(std::size_t bytes)
{
    if (bytes == 0)
        return;
    memory_.reset(static_cast<std::byte*>(std::malloc(before_body + bytes)));
    if (!memory_)
        throw std::bad_alloc();
    first_ = before_body;
    size_ = bytes;
}

Message::Message(std::span<const std::byte> bytes, std::size_t more) : Message(bytes.size() + more)
{
    if (!bytes.empty())
        std::memcpy(memory_.get() + first_, bytes.data(), bytes.size());
}

// A message that is coming, as much of it as has come. Its words are taken off: the last one is the request's number,
// which has the highest bit set, and those before it are devices'.
class Incoming
{
  public:
    explicit Incoming(bool ipc) : prefix_(ipc ? 9 : 8) {}

    // Its first bytes. Error where the moment came before.
    void begin(Socket& socket, Moment until)
    {
        have_ = socket.read_some({start_.data(), prefix_}, until);
        if (have_ == 0)
            throw Error("connection", "silent", ExitStatus::peer_lost);
    }
    // The rest. False: the moment came before; it may be gone on with. `admit(bytes)` is asked once its length is
    // known, and says how much of it to keep: it throws where it is too long.
    template <class Admit> bool advance(Socket& socket, Moment until, Admit admit)
    {
        while (have_ < prefix_) {
            const std::size_t n = socket.read_some({start_.data() + have_, prefix_ - have_}, until);
            if (n == 0)
                return false;
            have_ += n;
        }
        if (length_ == 0)
            make_room(admit);
        while (have_ < prefix_ + length_) {
            const std::size_t there = have_ - prefix_;
            std::array<std::byte, 1 << 14> passed_over;
            const std::size_t n =
                there < kept_
                    ? socket.read_some({message_.memory_.get() + message_.first_ + there, kept_ - there}, until)
                    : socket.read_some(std::span(passed_over).first(std::min(length_ - there, passed_over.size())),
                                       until);
            if (n == 0)
                return false;
            have_ += n;
        }
        take_words();
        return true;
    }
    std::size_t kept() const { return kept_; }

    Message message() { return std::move(message_); }
    std::span<const std::byte> words() const { return {words_.data(), words_size_}; }
    std::uint32_t number() const { return std::uint32_t(get(words_.data() + words_size_ - word, word)); }

  private:
    std::array<std::byte, 9> start_;
    const std::size_t prefix_;
    std::size_t have_ = 0, length_ = 0, kept_ = 0;
    Message message_;
    std::array<std::byte, word * most_words> words_;
    std::size_t words_size_ = 0;

    template <class Admit> void make_room(Admit admit)
    {
        if (prefix_ == 9 && start_[0] != std::byte(1))
            wrong();
        const std::uint64_t length = get(start_.data() + prefix_ - 8, 8);
        if (length < word || length > std::uint64_t(1) << 40)
            wrong();
        length_ = std::size_t(length);
        kept_ = admit(length_);
        message_ = Message(kept_);
        message_.first_ -= word;    // so that the body behind the one word is where it is in our own
    }

    void take_words()
    {
        for (bool last = false; !last;) {
            if (words_size_ == words_.size() || message_.size_ < word)
                wrong();
            const std::byte* const at = message_.memory_.get() + message_.first_;
            last = (at[0] & std::byte(0x80)) != std::byte();
            std::memcpy(words_.data() + words_size_, at, word);
            words_size_ += word;
            message_.first_ += word;
            message_.size_ -= word;
        }
    }
};

// What goes over the wire of a message, in one piece.
struct Outgoing {
    static std::span<const std::byte> framed(Message& message, bool ipc, std::span<const std::byte> words)
    {
        static_assert(most_prefix <= before_body);
        const std::size_t prefix = (ipc ? 9 : 8) + words.size(), size = message.size_;
        if (!message.memory_)    // of no bytes
            message = Message(1);
        std::byte* const start = message.memory_.get() + message.first_ - prefix;
        start[0] = std::byte(1);    // of ipc, or written over
        put(start + (ipc ? 1 : 0), words.size() + size, 8);
        std::copy(words.begin(), words.end(), start + (ipc ? 9 : 8));
        return {start, prefix + size};
    }
};

namespace
{

thread_local const Socket* answered = nullptr;    // on this thread, of a Responder

}    // namespace

// What is under way together is bounded by most_bytes, the connections by the descriptors.
struct Responder::State {
    Callbacks callbacks;
    std::size_t most;
    bool ipc;
    std::optional<Guests> guests;    // last: their threads use the others

    void serve(Guests::Guest& guest)
    {
        struct Leaving {
            State& s;
            Peer peer;
            ~Leaving() { s.callbacks.closed(peer); }
        } const leaving{*this, guest.number};
        shake_hands(guest.socket, SpProtocol::reply, SpProtocol::request, guest.stranger_until);
        for (;;)
            answer_next(guest);
    }

    void answer_next(Guests::Guest& guest)
    {
        Incoming request(ipc);
        const bool stranger = guest.standing() == Standing::stranger;
        const Moment to_begin = stranger ? guest.stranger_until : never;
        request.begin(guest.socket, to_begin);
        const Moment until = std::min(to_begin, after_seconds(seconds_for(most)));
        if (!request.advance(guest.socket, until, [&](std::size_t bytes) {
                if (bytes > most + word * most_words)
                    wrong();
                const std::size_t kept = stranger ? std::min(bytes, most_of_a_stranger) : bytes;
                guests->take(guest, kept);
                return kept;
            }))
            throw Error("connection", "half a message", ExitStatus::peer_lost);
        answered = &guest.socket;
        Message answer = callbacks.answer(request.message(), guest.number);
        answered = nullptr;
        guest.heard();
        if (guest.standing() != Standing::replica)
            guest.stand(callbacks.standing(guest.number));
        guests->give(guest, request.kept());
        const std::span<const std::byte> bytes = Outgoing::framed(answer, ipc, request.words());
        guests->take(guest, bytes.size());
        guest.socket.write(bytes, after_seconds(seconds_for(bytes.size())));
        guests->give(guest, bytes.size());
    }
};

Responder::Responder(const std::string& url, const Access& access, std::size_t most, Callbacks callbacks)
    : state_(std::make_unique<State>())
{
    keep_freed_memory();
    State& s = *state_;
    s.callbacks = std::move(callbacks);
    s.most = most;
    s.ipc = url.starts_with("ipc:");
    constexpr std::size_t usual_bytes = std::size_t(32) << 20;
    constexpr double to_greet = 10;
    s.guests.emplace(url, access, Guests::Limits{Guests::most_connections(), std::max(usual_bytes, 4 * most), to_greet},
                     [&s](Guests::Guest& guest) { s.serve(guest); });
}

Responder::~Responder() = default;

const std::string& Responder::address() const { return state_->guests->address(); }

Ends Responder::ends(Peer)
{
    if (!answered)
        return {};
    const auto [here, there] = answered->ends();
    return {here, there};
}

struct Requester::State {
    std::string url;
    std::size_t most;
    bool ipc;
    Socket socket;
    std::uint32_t number = 0x80000000;    // of the request made last
    std::optional<Incoming> incoming;
};

// Tries until there is a connection and the other side is a server. Pauses grow, so as not to hammer one who refuses
// us.
Requester::Requester(const std::string& url, const Access& access, std::size_t most, double seconds,
                     const std::function<bool()>& stop)
    : state_(std::make_unique<State>())
{
    keep_freed_memory();
    State& s = *state_;
    s.url = url;
    s.most = most;
    s.ipc = url.starts_with("ipc:");
    Dialer dialer(url, access);
    const Moment end = after_seconds(seconds);
    for (auto pause = std::chrono::milliseconds(100);; pause = std::min(2 * pause, std::chrono::milliseconds(1000))) {
        try {
            s.socket = dialer.connect(end, stop);
            shake_hands(s.socket, SpProtocol::request, SpProtocol::reply, end);
            return;
        } catch (const Error& e) {
            if (e.status() != ExitStatus::peer_lost)
                throw;
        }
        for (const Moment on = Clock::now() + pause; Clock::now() < on;) {
            if (stop() || Clock::now() > end)
                throw Error(url,
                            is_encrypted(url)
                                ? "nobody answers there, or one side does not accept the other's certificate"
                                : "nobody answers there",
                            ExitStatus::peer_lost);
            ::poll(nullptr, 0, 20);
        }
    }
}

Requester::~Requester() = default;

Ends Requester::ends() const
{
    const auto [here, there] = state_->socket.ends();
    return {here, there};
}

void Requester::exchange(std::size_t n, double seconds, const std::function<Message(std::size_t)>& make,
                         const std::function<void(std::size_t, Message&&)>& take, const std::function<bool()>& stop)
{
    Message made;    // one is enough: it has left before the next is asked for
    exchange_kept(
        n, seconds, [&](std::size_t i) -> Message& { return made = make(i); }, take, stop);
}

// Some requests are on their way while answers come, so that the connection is never waited for between two. The next
// one leaves before an answer is taken: what `take` costs hides behind the network. Where the server does not read on,
// the answers that it may be waiting to be rid of are received meanwhile.
void Requester::exchange_kept(std::size_t n, double seconds, const std::function<Message&(std::size_t)>& message,
                              const std::function<void(std::size_t, Message&&)>& take,
                              const std::function<bool()>& stop)
{
    constexpr auto look_about = std::chrono::milliseconds(200);
    State& s = *state_;
    struct Asked {
        std::size_t request;
        Moment until;
    };
    std::map<std::uint32_t, Asked> asked;    // by number
    std::deque<Incoming> arrived;
    std::size_t next = 0, taken = 0;
    Moment look = Clock::now();
    const auto first_deadline = [&] {    // of those asked, in their order
        return asked.empty() ? Moment::max() : asked.begin()->second.until;
    };
    const auto look_for_reasons_to_stop = [&] {
        const Moment now = Clock::now();
        if (now < std::min(look, first_deadline()))
            return;
        look = now + look_about;
        if (stop())
            throw Error(s.url, "given up", ExitStatus::peer_lost);
        for (const auto& [number, a] : asked)
            if (now > a.until)
                throw Error(s.url, "no answer", ExitStatus::peer_lost);
    };
    const auto receive = [&](Moment until) {
        if (!s.incoming)
            s.incoming.emplace(s.ipc);
        if (s.incoming->advance(s.socket, until, [&](std::size_t bytes) {
                if (bytes > s.most + word * most_words)
                    throw Error(s.url, "an answer that is too long", ExitStatus::peer_lost);
                return bytes;
            })) {
            arrived.push_back(std::move(*s.incoming));
            s.incoming.reset();
        }
    };
    const auto send_more = [&] {
        while (next < n && asked.size() < in_flight) {
            Message& request = message(next);
            s.number = (s.number + 1) | 0x80000000;
            std::array<std::byte, word> number;
            put(number.data(), s.number, word);
            asked[s.number] = {next++, after_seconds(seconds)};
            for (std::span<const std::byte> left = Outgoing::framed(request, s.ipc, number); !left.empty();) {
                const std::size_t sent = s.socket.write_some(left, Clock::now() + look_about);
                left = left.subspan(sent);
                look_for_reasons_to_stop();
                if (sent == 0 && arrived.size() < in_flight)
                    receive(Clock::now());
            }
        }
    };
    try {
        while (taken < n) {
            send_more();
            look_for_reasons_to_stop();
            if (arrived.empty())
                receive(std::min(look, first_deadline()));
            if (arrived.empty())
                continue;
            Incoming answer = std::move(arrived.front());
            arrived.pop_front();
            const auto found = asked.find(answer.number());
            if (found == asked.end())
                continue;
            const std::size_t request = found->second.request;
            asked.erase(found);
            ++taken;
            send_more();
            take(request, answer.message());
        }
    } catch (const Error& e) {
        s.socket.end();
        if (e.subject() == "connection")
            throw Error(s.url, e.reason(), e.status());
        throw;
    } catch (...) {
        s.socket.end();
        throw;
    }
}

}    // namespace nonna
