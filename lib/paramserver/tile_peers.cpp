#include "paramserver/tile_peers.h"

#include "paramserver/connection.h"
#include "paramserver/socket.h"
#include "paramserver/tile_state.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

namespace nonna
{

namespace
{

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr double one_try = 1;               // seconds for a connection, before the folder is looked at again
constexpr auto idle = milliseconds(500);    // between pings of a peer for which there is nothing to put
constexpr auto recheck = milliseconds(50);
constexpr double last_words = 1;    // seconds for saying that we give up

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::uint64_t draw_incarnation()
{
    std::uint64_t n = 0;
    const Digest random = draw_nonce();
    std::memcpy(&n, random.data(), sizeof n);
    return n;
}

// What is wrong for good, and no reason to try again.
bool is_final(const Error& e) { return e.status() != ExitStatus::peer_lost; }

}    // namespace

TilePeers::State::State(const TilePeersOptions& o)
    : options(o), incarnation(draw_incarnation()), token(token_digest(o.access)),
      admission(token, !o.access.insecure && !o.listen.empty() && is_loopback(o.listen) && o.listen.starts_with("tcp:"))
{
    if (options.tile >= options.tiles)
        throw Error(place(options.tile).text(), "there is no such tile", ExitStatus::usage);
    std::string listen = options.listen;
    if (listen.empty()) {
        std::error_code error;
        std::filesystem::create_directories(options.folder, error);
        listen = "ipc://" + std::filesystem::absolute(options.folder).string() + "/tile-" +
                 std::to_string(options.replica) + "-" + std::to_string(options.tile) + ".socket";
        require_short_path(listen, "give a shorter --rendezvous");
    }
    require_access(listen, options.access);
    for (std::uint32_t tile = 0; tile < options.tiles; ++tile) {
        peers.push_back(tile == options.tile ? nullptr : std::make_unique<TilePeer>());
        if (peers.back())
            peers.back()->tile = tile;
    }
    responder.emplace(listen, options.access, options.most_message + most_head,
                      Responder::Callbacks{[this](Message&& m, Responder::Peer c) { return answer(std::move(m), c); },
                                           [this](Responder::Peer c) {
                                               const std::lock_guard lock(mutex);
                                               sessions.erase(c);
                                           },
                                           [this](Responder::Peer c) {
                                               const std::lock_guard lock(mutex);
                                               return sessions.contains(c) ? Standing::replica : Standing::stranger;
                                           }});
    published.emplace(options.folder, place(options.tile), TileAddress{responder->address(), incarnation});
    const SignalsBlocked blocked;
    for (auto& p : peers)
        if (p)
            p->thread = std::jthread([this, peer = p.get()] { run(*peer); });
}

TilePeers::State::~State()
{
    {
        const std::lock_guard lock(mutex);
        stopping = true;
        wake_all();
    }
    for (auto& p : peers)
        if (p && p->thread.joinable())
            p->thread.join();
    published.reset();
    responder.reset();    // its threads use the rest
}

// The side that puts.

void TilePeers::State::fail(TilePeer& peer, const std::string& reason, const std::string& loss)
{
    if (peer.left)    // it has finished, and may be gone
        return;
    if (first_loss.empty())
        first_loss = loss.empty() ? subject(peer) + ": " + reason : loss;
    if (!peer.failure)
        peer.failure = std::make_exception_ptr(Error(subject(peer), reason, ExitStatus::peer_lost));
    changed.notify_all();
}

void TilePeers::State::run(TilePeer& peer)
{
    {
        const std::lock_guard lock(mutex);
        peer.trouble = "has not published an address in " + options.folder;
    }
    while (!stop()) {
        try {
            if (const std::unique_ptr<Requester> requester = connect(peer)) {
                talk(*requester, peer);
                return;
            }
        } catch (const Error& e) {
            const std::lock_guard lock(mutex);
            peer.trouble = e.reason();
            if (is_final(e)) {
                if (!peer.failure)
                    peer.failure = std::make_exception_ptr(Error(subject(peer), e.reason(), e.status()));
                changed.notify_all();
                return;
            }
        } catch (const std::exception& e) {    // no memory, no thread
            const std::lock_guard lock(mutex);
            fail(peer, e.what());
            return;
        }
        std::unique_lock lock(mutex);
        if (peer.left) {    // it has all, and may have ended while it answered
            peer.told = true;
            changed.notify_all();
        }
        if (stopping || peer.left || peer.failure)
            return;
        if (peer.incarnation) {
            lock.unlock();
            const bool gone = tile_is_gone(options.folder, place(peer.tile));
            lock.lock();
            if (gone && !peer.left)
                return fail(peer, "lost: its process has ended");
        }
        if (since(peer.heard) > options.patience)
            return fail(peer, "lost: " + peer.trouble);
        peer.wake.wait_for(lock, recheck, [&] { return stopping; });
    }
}

// None: it is not there yet, or another process of it than the one that its address names.
std::unique_ptr<Requester> TilePeers::State::connect(TilePeer& peer)
{
    const std::optional<TileAddress> address = find_tile(options.folder, place(peer.tile));
    if (!address)
        return nullptr;
    require_access(address->url, options.access);
    {
        const std::lock_guard lock(mutex);
        peer.url = address->url;
        if (peer.incarnation && *peer.incarnation != address->incarnation)
            throw Error(peer.url, "was started anew; all tiles of a replica begin together", ExitStatus::peer_lost);
    }
    const double seconds = std::min(one_try, options.patience);
    auto requester =
        std::make_unique<Requester>(address->url, options.access, most_head, seconds, [this] { return stop(); });
    greet(*requester, peer, address->incarnation);
    const std::lock_guard lock(mutex);
    if (peer.incarnation && *peer.incarnation != address->incarnation)
        throw Error(peer.url, "was started anew; all tiles of a replica begin together", ExitStatus::peer_lost);
    peer.incarnation = address->incarnation;
    peer.heard = Clock::now();
    peer.trouble.clear();
    return requester;
}

void TilePeers::State::throw_if_refused(TilePeer& peer, std::span<const std::byte> answer)
{
    const std::optional<TileRefused> r = decode_tile_refused(answer);
    if (!r)
        return;
    if (r->why == TileRefusal::gone) {
        const std::lock_guard lock(mutex);
        fail(peer, "has given up: " + r->text, r->text);
    }
    const bool to_try_again = r->why == TileRefusal::other_process || r->why == TileRefusal::greet_first;
    throw Error(peer.url, r->text,
                to_try_again || r->why == TileRefusal::gone ? ExitStatus::peer_lost : ExitStatus::failed);
}

// As with servers (connection.cpp): the one who is called proves himself first, so that nobody else gets the numbers.
void TilePeers::State::greet(Requester& requester, TilePeer& peer, std::uint64_t meant)
{
    TileGreeting greeting{options.tile,    peer.tile,          options.tiles,
                          options.replica, incarnation,        meant,
                          options.network, Hello::Proof::none, {}};
    const std::string& url = peer.url;    // this thread alone changes it
    const auto ask = [&](const std::function<void(std::span<const std::byte>)>& take) {
        requester.exchange(
            1, options.patience, [&](std::size_t) { return Message(encode(greeting)); },
            [&](std::size_t, Message&& answer) {
                throw_if_refused(peer, answer.bytes());
                take(answer.bytes());
            },
            [this] { return stop(); });
    };
    if (!same_token(token, Digest{})) {
        const std::string there = requester.ends().there;
        greeting.proof = Hello::Proof::asked;
        greeting.token = draw_nonce();
        ask([&](std::span<const std::byte> answer) {
            const std::optional<Challenge> challenge = decode_tile_challenge(answer);
            if (!challenge)
                throw Error(url, "asks for no token: it was started without one, or is somebody else's");
            if (!same_token(challenge->proof, proof(token, Side::server, greeting.token, there)))
                throw Error(url, "wrong token: the tile there does not know ours");
            greeting.proof = Hello::Proof::given;
            greeting.token = proof(token, Side::client, challenge->nonce, there);
        });
    }
    ask([&](std::span<const std::byte> answer) {
        if (decode_tile(TileKind::welcome, answer) != peer.tile)
            throw_unexpected(url);
    });
}

// Until the peer has left, or we stop. Error: the connection is lost.
void TilePeers::State::talk(Requester& requester, TilePeer& peer)
{
    const auto room = [&] {    // how many of the queue the peer has room for
        const std::uint64_t last = peer.used + options.ahead;
        std::size_t n = 0;
        while (n < peer.queue.size() && peer.queue[n].sequence <= last)
            ++n;
        return n;
    };
    milliseconds pause(1);    // while a peer that is behind is asked whether it has taken anything
    for (;;) {
        std::unique_lock lock(mutex);
        const bool full = room() == 0 && !peer.queue.empty();
        if (!full)
            pause = milliseconds(1);
        peer.wake.wait_for(lock, full ? pause : idle, [&] {
            return stopping || room() > 0 || (finishing && peer.queue.empty() && (!peer.told || peer.left));
        });
        const std::size_t n = room();
        const bool leaves = finishing && peer.queue.empty() && !peer.told;
        if (stopping || (finishing && peer.told && peer.left)) {
            lock.unlock();
            return say_last_words(requester, peer);
        }
        lock.unlock();
        if (n > 0)
            put(requester, peer, n);
        else if (leaves) {
            say(requester, peer, encode(TileLeave{options.tile, ""}), false);
            const std::lock_guard told(mutex);
            peer.told = true;
            changed.notify_all();
        } else {
            say(requester, peer, encode_tile(TileKind::ping, options.tile), false);
            pause = std::min(2 * pause, milliseconds(20));
        }
    }
}

// The first n of the queue. They stay in it until they are acknowledged; only this thread takes any out, and a deque's
// elements stay where they are while others are added behind.
void TilePeers::State::put(Requester& requester, TilePeer& peer, std::size_t n)
{
    std::vector<TilePeer::Posted*> messages;
    {
        const std::lock_guard lock(mutex);
        for (std::size_t i = 0; i < n; ++i)
            messages.push_back(&peer.queue[i]);
    }
    requester.exchange_kept(
        n, options.patience,
        [&](std::size_t i) -> Message& {
            peer.sent = std::max(peer.sent, messages[i]->sequence);
            return messages[i]->message;
        },
        [&](std::size_t, Message&& answer) { take_answer(peer, answer.bytes()); }, [this] { return stop(); });
}

void TilePeers::State::take_answer(TilePeer& peer, std::span<const std::byte> answer)
{
    throw_if_refused(peer, answer);
    const std::optional<TileKept> kept = decode_tile_kept(answer);
    const std::lock_guard lock(mutex);
    if (!kept || kept->from != peer.tile)
        throw_unexpected(peer.url);
    if (kept->received > peer.sent)    // would free what is still to go
        throw Error(peer.url, "acknowledges what was never sent to it");
    peer.heard = Clock::now();
    while (!peer.queue.empty() && peer.queue.front().sequence <= kept->received)
        peer.queue.pop_front();
    peer.used = std::max(peer.used, kept->taken);
    changed.notify_all();
}

void TilePeers::State::say(Requester& requester, TilePeer& peer, std::vector<std::byte> message, bool last)
{
    requester.exchange(
        1, last ? last_words : options.patience, [&](std::size_t) { return Message(message); },
        [&](std::size_t, Message&& answer) { take_answer(peer, answer.bytes()); },
        [this, last] { return !last && stop(); });
}

void TilePeers::State::say_last_words(Requester& requester, TilePeer& peer)
{
    std::string text;
    {
        const std::lock_guard lock(mutex);
        if (!stopping || peer.told || peer.failure)
            return;
        text = why();
    }
    try {
        say(requester, peer, encode(TileLeave{options.tile, text}), true);
    } catch (const Error&) {    // it finds out by itself
    }
}

// The caller's side.

void TilePeers::State::check() const
{
    for (const auto& p : peers)
        if (p && p->failure)
            std::rethrow_exception(p->failure);
}

TilePeers::TilePeers(const TilePeersOptions& options) : state_(std::make_unique<State>(options)) {}

TilePeers::~TilePeers() { give_up(""); }

const std::string& TilePeers::address() const { return state_->responder->address(); }

void TilePeers::post(std::uint32_t tile, std::uint64_t tag, std::span<const std::byte> bytes)
{
    State& s = *state_;
    TilePeer& peer = s.peer(tile);
    if (bytes.size() > s.options.most_message)
        throw Error(s.subject(peer), "a message of " + std::to_string(bytes.size()) + " bytes is too long");
    Message message(tile_put_head + bytes.size());
    if (!bytes.empty())
        std::memcpy(message.bytes().data() + tile_put_head, bytes.data(), bytes.size());
    const Clock::time_point start = Clock::now();
    std::unique_lock lock(s.mutex);
    for (;;) {
        s.check();
        if (peer.queue.size() < s.options.ahead)
            break;
        if (since(start) > s.options.patience)
            throw s.too_late(peer, "takes nothing");
        s.changed.wait_for(lock, recheck);
    }
    peer.traffic.waited_post += since(start);
    const std::vector<std::byte> head = encode_head(TilePut{s.options.tile, ++peer.posted, tag, {}});
    std::memcpy(message.bytes().data(), head.data(), head.size());
    peer.queue.push_back({peer.posted, std::move(message)});
    ++peer.traffic.sent_messages;
    peer.traffic.sent_bytes += bytes.size();
    lock.unlock();
    peer.wake.notify_one();
}

void TilePeers::take(std::uint32_t tile, std::uint64_t tag, std::span<std::byte> into)
{
    State& s = *state_;
    TilePeer& peer = s.peer(tile);
    const Clock::time_point start = Clock::now();
    std::unique_lock lock(s.mutex);
    auto found = peer.held.find(tag);
    while (found == peer.held.end()) {
        s.check();
        if (peer.left)
            throw Error(s.subject(peer), "has ended before a message that is waited for", ExitStatus::peer_lost);
        if (since(start) > s.options.patience)
            throw s.too_late(peer, "silent: a message does not come");
        s.changed.wait_for(lock, recheck);
        found = peer.held.find(tag);
    }
    const Message message = std::move(found->second);
    peer.held.erase(found);
    ++peer.taken;
    peer.traffic.waited_take += since(start);
    const std::span<const std::byte> bytes = message.bytes().subspan(tile_put_head);
    ++peer.traffic.taken_messages;
    peer.traffic.taken_bytes += bytes.size();
    if (bytes.size() != into.size())
        throw Error(s.subject(peer), "a message of " + std::to_string(bytes.size()) + " bytes in place of " +
                                         std::to_string(into.size()));
    lock.unlock();
    if (!bytes.empty())
        std::memcpy(into.data(), bytes.data(), bytes.size());
}

void TilePeers::finish()
{
    State& s = *state_;
    const Clock::time_point start = Clock::now();
    std::unique_lock lock(s.mutex);
    s.finishing = true;
    s.wake_all();
    for (;;) {
        s.check();
        const TilePeer* waited_for = nullptr;
        for (const auto& p : s.peers)
            if (p && !(p->told && p->left))
                waited_for = p.get();
        if (!waited_for)
            return;
        if (since(start) > s.options.patience)
            throw s.too_late(*waited_for, "does not finish");
        s.changed.wait_for(lock, recheck);
    }
}

void TilePeers::give_up(const std::string& why)
{
    State& s = *state_;
    {
        const std::lock_guard lock(s.mutex);
        s.stopping = true;
        if (s.why_stopping.empty())
            s.why_stopping = why;
        s.wake_all();
    }
    for (auto& p : s.peers)
        if (p && p->thread.joinable())
            p->thread.join();
}

std::vector<TilePeers::Traffic> TilePeers::traffic() const
{
    const std::lock_guard lock(state_->mutex);
    std::vector<Traffic> all;
    for (const auto& p : state_->peers)
        all.push_back(p ? p->traffic : Traffic{});
    return all;
}

std::uint64_t TilePeers::refused() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->refused;
}

}    // namespace nonna
