// A replica's side of its parameter servers: one vector of values and gradients, however many servers hold it.
//
// Model to hold in mind: each server has a link, a thread that pushes and fetches beside the arithmetic; the caller's
// one thread hands work over and takes results. A link whose server is lost (killed, hung, cut off) says so once, goes
// on trying to reach it, and holds nobody up: its part of the values stays as it was, and of its gradients the newest
// waits while the others are dropped and counted. When all servers are lost the caller waits. One that stays away for
// longer than the patience ends the run: Error with status peer_lost. Who would rather lose time than gradients waits
// for every lost server (ClientOptions::wait).
//
// On its return a server may be back at its snapshot, behind what it had said was applied: that many pushes are lost,
// and the link says so. Every push is counted: applied, too old, refused, dropped or lost.
#pragma once

#include "paramserver/access.h"
#include "paramserver/protocol.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct ClientOptions {
    std::string servers;       // "URL,URL,..." or a file of them; or
    std::string rendezvous;    // a folder in which they publish themselves
    Access access;
    double patience = 600;    // seconds without a server
    bool wait = false;        // for a lost server, as for all of them, so that no gradient is dropped
    double deadline = 10;     // seconds for one answer
    Wire wire = Wire::fp32;
};

class Servers
{
  public:
    // Connects to all of them as replica `replica`, or as an observer (-1). Waits for them up to the patience.
    Servers(const Layout& layout, const ClientOptions& options, std::int64_t replica);
    ~Servers();
    Servers(const Servers&) = delete;

    UpdateOptions update() const;
    std::uint64_t least_version();    // of all shards, asked for now

    // Values and statistics are asked for, and written there as they come. Until then only those ranges may be looked
    // at that `arrived` has named.
    void fetch(std::span<float> values, std::span<double> statistics);
    // Waits until every server's part is there, or its server is lost and writes no more.
    void wait_fetched();
    // Ranges that came since the last call, without waiting. True where the statistics are among them.
    bool arrived(std::vector<Range>& ranges);
    bool fetching() const;

    // The gradients from here on are computed on the values fetched so far.
    void begin_gradient();
    // Hands a gradient over, and waits only for the one before it. It must stay as it is until the next push has
    // returned, or finish. Statistics kept become decay * kept + these, the rate is the servers' times `factor`.
    void push(std::span<const float> gradient, double factor, double decay, std::span<const double> statistics);
    bool must_fetch();    // a push was too old: the values are to be fetched anew
    void settle();        // waits until the last push was decided, but not for a lost server, unless all are
    void finish();        // waits until the last push was decided, also for a lost server; or an interrupt

    // All values, each shard's as they were at one moment; `versions`: of the shards. Waits, up to the patience.
    void pull(std::span<float> values, std::span<double> statistics, std::vector<std::uint64_t>& versions);

    // What became of the pushes that were handed over. Dropped: not sent, as a newer one came while the server was
    // away. Lost: accepted, but after the snapshot that the server came back from.
    struct Pushes {
        std::uint64_t handed_over = 0;
        Tally decided;
        std::uint64_t dropped = 0, lost = 0;
    };
    std::vector<Pushes> pushes() const;                              // by shard
    double waited_fetch() const, waited_push() const;                // seconds the caller waited
    std::uint64_t staleness_sum() const, staleness_count() const;    // of accepted pushes

  private:
    struct Link;
    struct State;
    enum class Want { values, frozen, version };
    void ask(std::span<float> values, std::span<double> statistics, Want want);
    std::unique_ptr<State> state_;
};

// Of one server, for people: its state (JSON, nonna-protocol(7)), or a snapshot now (versions by shard).
std::string server_state(const std::string& url, const Access& access, double deadline);
std::vector<std::uint64_t> server_snapshot(const std::string& url, const Access& access, double deadline);

}    // namespace nonna
