// Private to this room: the links of a replica to its servers (client.h), what their threads and the caller share.
//
// A link's thread does one thing at a time, a push before a fetch; `busy` says that it touches the caller's arrays. All
// that both sides see is under State::mutex; `work` wakes the threads, `news` the caller.
#pragma once

#include "paramserver/client.h"
#include "paramserver/transport.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace nonna
{

using LinkClock = std::chrono::steady_clock;
inline double since(LinkClock::time_point then)
{
    return std::chrono::duration<double>(LinkClock::now() - then).count();
}

// One server. What the thread alone uses comes first; the rest is under State::mutex.
struct Servers::Link {
    Part shards_wanted;    // with a rendezvous folder
    std::string url;
    std::unique_ptr<Requester> requester;

    struct ShardState {
        std::uint32_t index = 0, epoch = 0;
        Range range;
        std::vector<Range> chunks;
        std::uint64_t version = 0;      // as last heard
        std::uint64_t fetched = 0;      // of the values in use
        std::uint64_t base = 0;         // of the gradient under way
        std::uint64_t pushed_base = 0;    // of the one handed over
        bool decided = true;            // the push handed over last
        Tally tally;
    };
    std::vector<ShardState> shards;    // set once, at the first greeting
    enum class Now { connecting, ready, lost } now = Now::connecting;
    LinkClock::time_point lost_at = LinkClock::now();
    std::string reason;
    bool push_wanted = false, fetch_wanted = false, busy = false, came = false;
    Want want = Want::values;    // of the fetch
    std::uint64_t sequence = 0;
    std::exception_ptr failure;
    std::jthread thread;
};

struct Servers::State {
    const Layout& layout;
    const ClientOptions options;
    const Wire wire;
    Hello hello;
    std::size_t most;

    std::mutex mutex;
    std::condition_variable work, news;
    bool stop = false;
    bool stale = false;
    std::uint32_t of = 0;
    ServerRule rule;
    std::span<float> values;
    std::span<double> statistics;
    std::span<const float> gradient;
    double factor = 1, decay = 1;
    std::vector<double> contribution;
    double waited_fetch = 0, waited_push = 0;
    std::uint64_t staleness_sum = 0, staleness_count = 0;
    std::vector<std::unique_ptr<Link>> links;    // last: their threads end first

    State(const Layout& layout, const ClientOptions& options, std::int64_t replica);
    std::string name(const Link& link) const;    // for messages

    void find_links();
    void run(Link& link);
    void connect(Link& link);
    void account(Link& link, const Welcome& welcome);
    void push(Link& link);
    void fetch(Link& link);
    void check_patience();
    bool stopping()
    {
        const std::lock_guard lock(mutex);
        return stop;
    }
    // Waits, as the caller, until each link satisfies `done`; returns seconds. The lock is held.
    template <class Done> double wait(std::unique_lock<std::mutex>& lock, bool patient, Done done);
};

}    // namespace nonna
