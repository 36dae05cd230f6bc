// A parameter server: shards, the clients that greeted, and an answer to every message.
//
// Model to hold in mind: `answer` is a function from a request to a reply; it is called on several threads and waits
// for nothing but an update under way. A connection must greet first (hello), with the model's layout, and be let
// in (admission.h); what it may ask depends on what it greeted as. A message that makes no sense gets an error
// and is counted, and changes nothing.
#pragma once

#include "base/descriptor.h"
#include "paramserver/admission.h"
#include "paramserver/parameter_shard.h"
#include "paramserver/snapshot.h"
#include "paramserver/transport.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <string>

namespace nonna
{

class Server
{
  public:
    // `snapshots`: empty, or one for each shard.
    Server(const Layout& layout, const UpdateOptions& update, std::uint32_t of, std::vector<ShardCopy> shards,
           std::vector<Snapshots> snapshots, const Admission& admission, Pool& pool);

    Message answer(Message&& request, Responder::Peer peer);
    void closed(Responder::Peer peer);
    Standing standing(Responder::Peer peer) const;
    std::size_t most_message() const;

    // Snapshots of the shards that moved since their last. One that cannot be written is said, counted and left.
    bool snapshot();
    void tick();                    // once a second, for rates
    std::string state() const;      // JSON: nonna-protocol(7)
    std::string metrics() const;    // Prometheus text

  private:
    using Clock = std::chrono::steady_clock;
    struct Decided {    // on pushes, of all replicas
        std::uint64_t accepted = 0, repeated = 0, stale = 0, refused = 0;
    };
    struct Held {
        std::unique_ptr<ParameterShard> shard;
        std::unique_ptr<Snapshots> snapshots;    // null: none are kept
        std::uint64_t saved = 0;                 // version of the last
        Decided before;                          // by the processes before this one, as the snapshot has it
        std::optional<Clock::time_point> saved_at;
        std::deque<std::pair<Clock::time_point, std::uint64_t>> versions;    // of the last seconds
    };
    using Key = std::pair<Responder::Peer, std::uint32_t>;    // a connection, a shard
    struct Frozen {
        std::shared_ptr<const ShardCopy> copy;
        Clock::time_point made, asked;    // asked: the last time
        std::uint64_t left = 0;           // numbers that were not asked for yet
    };

    const Layout& layout_;
    const UpdateOptions update_;
    const std::uint32_t of_;
    const Admission admission_;
    const Clock::time_point started_ = Clock::now();
    std::vector<Held> held_;    // the vector never changes

    mutable std::mutex mutex_;    // of what follows, and of Held but the shards
    std::map<Responder::Peer, Hello> sessions_;
    std::map<std::uint32_t, Clock::time_point> contact_;    // with each replica
    std::map<Key, Frozen> frozen_;                          // a copy goes once all its numbers were asked for
    std::mutex saving_;                                     // one snapshot at a time
    std::vector<Descriptor> reserve_;                       // descriptors for it, so that there are some
    std::atomic<std::uint64_t> bytes_in_{0}, bytes_out_{0}, requests_{0}, errors_{0}, refused_greetings_{0},
        failed_snapshots_{0};

    Message greet(const Hello& hello, Responder::Peer peer);
    Message fetch(const Fetch& fetch, Responder::Peer peer);
    Message push(const Push& push, const Hello& hello, std::shared_ptr<const void> owner);
    Message snapshot_of(std::uint32_t shard);
    Message error(ErrorCode code, const std::string& text);
    Message dispatch(std::shared_ptr<Message> request, Responder::Peer peer);
    Held* find(std::uint32_t shard);
    std::shared_ptr<const ShardCopy> frozen(const Fetch& fetch, Held& held, Responder::Peer peer);
    static bool expired(const Frozen& frozen, Clock::time_point now);
    static bool dawdles(const Frozen& frozen, Clock::time_point now);
    void leave(const Hello& hello);
    bool save(Held& held);
    void keep_reserve();
    static double rate(const Held& held);
    static Decided decided(const ParameterShard::Report& report);
};

}    // namespace nonna
