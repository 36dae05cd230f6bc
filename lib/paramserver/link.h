// Private to this room: what stands behind Servers (client.h): a link to each server, and what its thread does.
//
// Model to hold in mind: the caller's thread and the links' threads share State under its mutex, which nobody holds
// while it waits for a server. A link that is not busy does not touch the caller's buffers.
#pragma once

#include "base/error.h"
#include "paramserver/client.h"
#include "paramserver/connection.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nonna
{

using Clock = std::chrono::steady_clock;
inline double since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

// One server. What the thread alone uses comes first; the rest is under State::mutex.
struct Servers::Link {
    Portion shards_wanted;    // with a rendezvous folder
    std::string url;
    std::unique_ptr<Requester> requester;

    struct ShardState {
        std::uint32_t index = 0, epoch = 0;
        Range range;
        std::vector<Range> chunks;
        std::uint64_t version = 0;        // as last heard
        std::uint64_t fetched = 0;        // of the values in use
        std::uint64_t base = 0;           // of the gradient under way
        std::uint64_t pushed_base = 0;    // of the one handed over
        bool decided = true;              // the push handed over last
        Pushes pushes;
    };
    std::vector<ShardState> shards;    // set once, at the first greeting
    enum class Now { connecting, ready, lost } now = Now::connecting;
    Clock::time_point lost_at = Clock::now();
    std::string reason = "nobody answers there";
    bool said = false;    // at the start, that it is waited for
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
    UpdateOptions update;
    std::span<float> values;
    std::span<double> statistics;
    std::span<const float> gradient;
    double factor = 1, decay = 1;
    std::vector<double> pushed_statistics;
    double waited_fetch = 0, waited_push = 0;
    std::uint64_t staleness_sum = 0, staleness_count = 0;
    std::vector<std::unique_ptr<Link>> links;    // last: their threads end first

    State(const Layout& layout, const ClientOptions& options, std::int64_t replica);
    std::string name(const Link& link) const;

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
