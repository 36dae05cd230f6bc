// Private to this room: what a tile knows of its peers (tile_peers.h), between the threads on which it is asked
// (tile_answers.cpp), those that put to its peers, and its caller's (tile_peers.cpp).
#pragma once

#include "base/error.h"
#include "paramserver/admission.h"
#include "paramserver/tile_address.h"
#include "paramserver/tile_messages.h"
#include "paramserver/tile_peers.h"
#include "paramserver/transport.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace nonna
{

// Of one peer, both directions; all of it under the mutex but `thread`.
struct TilePeer {
    std::uint32_t tile = 0;
    std::string url;    // where it was last looked for

    struct Posted {
        std::uint64_t sequence = 0;
        Message message;
    };
    std::deque<Posted> queue;    // posted, and not acknowledged yet
    // Sequences: of the last one, of the last that has left, and how many of them the peer has taken.
    std::uint64_t posted = 0, sent = 0, used = 0;
    std::map<std::uint64_t, Message> held;    // by tag: came, and were not taken yet
    std::uint64_t received = 0, taken = 0;

    std::optional<std::uint64_t> incarnation;    // once both have met
    bool left = false;                           // it has finished
    bool told = false;                           // it knows that we have
    std::exception_ptr failure;
    std::string trouble;    // why there is no connection; empty while there is one
    std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();    // an answer, the last time
    TilePeers::Traffic traffic;
    std::condition_variable wake;    // its thread
    std::jthread thread;
};

struct TilePeers::State {
    const TilePeersOptions options;
    const std::uint64_t incarnation;    // drawn
    const Digest token;
    const Admission admission;

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::unique_ptr<TilePeer>> peers;         // by tile; null: ourselves
    std::map<Responder::Peer, std::uint32_t> sessions;    // connections that have greeted
    std::uint64_t refused = 0;
    bool finishing = false, stopping = false;
    std::string why_stopping;
    std::string first_loss;    // what is said to others when we give up for it
    std::string why() const
    {
        return !why_stopping.empty() ? why_stopping : !first_loss.empty() ? first_loss : "its process ends";
    }

    std::optional<Responder> responder;
    std::optional<PublishedTile> published;

    explicit State(const TilePeersOptions& o);
    ~State();

    TilePlaceName place(std::uint32_t tile) const { return {tile, options.tiles, options.replica}; }
    std::string subject(const TilePeer& peer) const
    {
        return place(peer.tile).text() + (peer.url.empty() ? "" : " at " + peer.url);
    }
    void wake_all()    // the mutex is held
    {
        changed.notify_all();
        for (auto& p : peers)
            if (p)
                p->wake.notify_all();
    }
    bool stop()
    {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    // The side that answers.
    Message answer(Message&& request, Responder::Peer connection);
    Message greet(const TileGreeting& greeting, Responder::Peer connection);
    Message hold(Message&& request, const TilePut& put, TilePeer& peer);
    Message kept(const TilePeer& peer) const
    {
        return Message(encode(TileKept{options.tile, peer.received, peer.taken}));
    }
    Message refuse(TileRefusal why, const std::string& text)    // the mutex is held
    {
        ++refused;
        return Message(encode(TileRefused{options.tile, why, text}));
    }

    // The side that puts, on the peer's thread.
    void run(TilePeer& peer);
    std::unique_ptr<Requester> connect(TilePeer& peer);
    void greet(Requester& requester, TilePeer& peer, std::uint64_t meant);
    void talk(Requester& requester, TilePeer& peer);
    void put(Requester& requester, TilePeer& peer, std::size_t n);
    void say(Requester& requester, TilePeer& peer, std::vector<std::byte> message, bool last);
    void throw_if_refused(TilePeer& peer, std::span<const std::byte> answer);
    void take_answer(TilePeer& peer, std::span<const std::byte> answer);
    void say_last_words(Requester& requester, TilePeer& peer);
    // The mutex is held. `loss`: of whom this is the consequence, if of another than this peer.
    void fail(TilePeer& peer, const std::string& reason, const std::string& loss = "");

    // Of one who is waited for in vain; the mutex is held.
    Error too_late(const TilePeer& peer, const std::string& reason) const
    {
        return {subject(peer), peer.trouble.empty() ? reason : "lost: " + peer.trouble, ExitStatus::peer_lost};
    }
    void check() const;    // the mutex is held: throws the first peer's failure
    TilePeer& peer(std::uint32_t tile) { return *peers.at(tile); }
};

}    // namespace nonna
