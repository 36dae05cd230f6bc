// Private to this room: what stands behind Servers (client.h): a link to each server, with a thread of its own.
//
// Model to hold in mind: the caller's thread hands work over and waits for it; a link's thread connects, pushes and
// fetches. Both look at State under its mutex, which nobody holds while it waits for a server. Where a link stands is
// the state of its connection and the state of its work, of the push and of the fetch each. The arrows are LinkState's
// functions:
//
//     Peer      greeted                  missed
//       unmet -----------> ready ------------------> lost
//         | missed for      ^ ^                       |
//         | a second        | '-----------------------'
//         v                 |         greeted
//       awaited ------------'
//               greeted
//
//     Work  want_push              pushed
//           want_fetch    take_up  fetched
//       none ------> wanted ------> under_way ------> none, of a push or of versions alone
//        ^            |  ^             |   |
//        |            |  '-------------'   '--------> arrived, of values
//        |------------'   missed, failed                 |
//        | give_up_fetch                                 |
//        '-----------------------------------------------'
//                             collect
//
// missed: there is no connection, or no longer. Where that leads to another state it is said: at the start after a
// second, later at once. On its return a lost server's link says how long it was away and what is lost. From each state
// it is one step to `failed`, for good: the server refuses us, or something is wrong with us. Then the thread ends, and
// the caller is thrown `failure`.
//
// A push is taken up before a fetch, and one thing at a time; values that have arrived may be wanted anew, and what is
// wanted be replaced by something newer. So nothing is under way but with a ready peer, and a link touches what the
// caller lent only while its work is under way.
#pragma once

#include "base/error.h"
#include "paramserver/client.h"
#include "paramserver/connection.h"
#include "paramserver/rendezvous.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nonna
{

using Clock = std::chrono::steady_clock;
inline double since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

// The two diagrams above; a step that they do not have is a bug (assert). It has no lock and no clock of its own.
class LinkState
{
  public:
    enum class Peer { unmet, awaited, ready, lost, failed };
    enum class Work { none, wanted, under_way, arrived };

    Peer peer() const { return peer_; }
    Work push() const { return push_; }
    Work fetch() const { return fetch_; }
    bool ready() const { return peer_ == Peer::ready; }
    bool pushing() const { return push_ != Work::none; }
    bool fetching() const { return fetch_ == Work::wanted || fetch_ == Work::under_way; }

    // The caller's
    void want_push();
    void want_fetch();
    void give_up_fetch();    // what is not there yet is not waited for any more
    bool collect();          // are there values that came since the last time?

    // The thread's
    enum class Job { none, connect, push, fetch };
    Job next() const;
    Job take_up();    // the next, which is under way from now on
    void greeted();
    bool missed(double seconds);    // there is no connection, for so long; is that to be said?
    void failed();
    void pushed();
    void fetched(bool values);

  private:
    Peer peer_ = Peer::unmet;
    Work push_ = Work::none, fetch_ = Work::none;
    void stop_work();
};

// One server. What only the thread uses comes first; the rest is under State::mutex.
struct Servers::Link {
    State& shared;
    const Portion portion;    // which shards, with a rendezvous folder
    std::unique_ptr<Requester> requester;

    std::string url;
    LinkState state;
    // Whatever fails is one trouble, until some work is done or nothing is asked for: a server that greets and then
    // answers nothing is as good as away.
    Clock::time_point away_since = Clock::now();
    bool troubled = true;
    int returns = 0;    // greetings since then
    std::string reason = "nobody answers there";
    std::exception_ptr failure;
    struct ServedShard {    // our side of one of the server's
        std::uint32_t index = 0, epoch = 0;
        Range range;
        std::vector<Range> chunks;
        std::uint64_t version = 0;        // as last heard
        std::uint64_t fetched = 0;        // of the values in use
        std::uint64_t base = 0;           // of the gradient that is being computed
        std::uint64_t pushed_base = 0;    // of the one handed over last
        bool decided = true;              // that one
        Pushes pushes;
    };
    std::vector<ServedShard> shards;    // as many as at the first greeting
    std::uint64_t sequence = 0;         // of the push handed over last
    std::jthread thread;                // last: ends first

    Link(State& shared_, const Portion& portion_, const std::string& url_)
        : shared(shared_), portion(portion_), url(url_)
    {
    }
    std::string name() const;    // for people
    void run();                  // the thread's body

  private:
    struct Chunk {
        ServedShard* shard;
        std::uint32_t number;
    };
    struct Piece {    // to be fetched
        std::size_t shard;
        Range range;
        std::uint32_t flags;
    };
    LinkState::Job do_next();
    bool try_again(const Error& lost, double pause);
    void work_is_done();
    void give_up();
    void rest(std::chrono::milliseconds time);

    void connect();
    void account(const Welcome& welcome);
    void push();
    Message push_message(const Chunk& chunk) const;
    void take_answer(const Chunk& chunk, std::span<const std::byte> bytes);
    void fetch();
    bool fetch_pieces(const std::vector<Piece>& pieces, std::vector<std::uint64_t>& versions);
};

struct Servers::State {
    // The run's, from the beginning to the end.
    const Layout& layout;
    const ClientOptions options;
    Rendezvous rendezvous;
    const Wire wire;
    const std::size_t most_message;
    const Hello hello;
    const Digest token;

    std::mutex mutex;    // of all below
    std::condition_variable for_links, for_caller;
    bool stop = false;

    // What all servers have in common, as the first that was greeted says it.
    struct Common {
        std::uint32_t shards = 0;    // in all; 0: none was greeted yet
        UpdateOptions update;
    } common;

    // What the caller lent: the links write into the one and read the other while their fetch, their push is under way.
    struct ToFetch {
        Want want = Want::values;
        std::span<float> values;
        std::span<double> statistics;
    } to_fetch;
    struct ToPush {
        std::span<const float> gradient;
        double factor = 1, decay = 1;
        std::vector<double> statistics;
    } to_push;

    // What came of it, and what it took.
    bool stale = false;    // a push was, since must_fetch asked
    std::uint64_t staleness_sum = 0, staleness_count = 0;
    double waited_fetch = 0, waited_push = 0;    // seconds, the caller's

    std::vector<std::unique_ptr<Link>> links;    // last: their threads end first

    State(const Layout& layout, const ClientOptions& options, std::int64_t replica);
    void find_links();
    void require_all_shards() const;
    void end();
    bool stopping();

    void check_patience() const;
    bool let_go(const LinkState& state) const;
    // Waits, as the caller, until each link satisfies `done`; returns seconds. The lock is held.
    template <class Done> double wait(std::unique_lock<std::mutex>& lock, bool patient, Done done);
};

}    // namespace nonna
