// One shard of a model's parameters: values, the update rule's state, a version, and what its replicas have pushed.
//
// Model to hold in mind: a push is a gradient of the whole shard, cut into chunks that arrive in any order, perhaps
// twice. It is applied when its last chunk is there, whole or not at all, and at most once: a replica's pushes carry a
// growing sequence, and one that is not above the last decided is answered again, not applied again. It is refused
// where it, or what it would make of the values, of the rule's state or of the statistics, is not finite. The version
// counts applied pushes. A replica's place belongs to the process (incarnation) that greeted last; those before it are
// refused.
//
// Any number of threads. Reading goes on beside everything but the update itself, so no reader sees half a push.
#pragma once

#include "optimiser/optimiser.h"
#include "paramserver/protocol.h"
#include "paramserver/staleness.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <variant>

namespace nonna
{

class Pool;

// What a shard knows of a replica.
struct Replica {
    std::uint32_t epoch = 0;
    std::uint64_t incarnation = 0;
    std::vector<std::uint64_t> former;    // incarnations before, the latest last, at most 8
    std::uint64_t decided = 0;            // sequence of the last push decided in this epoch
    Answer answer;                        // and what was said to it
    std::uint64_t accepted_in_epoch = 0;
    Tally tally;                  // of every epoch
    std::uint64_t repeats = 0;    // chunks of pushes that were decided before, likewise
    bool pushed() const { return decided + repeats + tally.accepted + tally.stale + tally.refused > 0; }
};

// Everything there is to a shard, at one moment: what a snapshot holds.
struct ShardCopy {
    std::uint32_t index = 0, of = 1;
    Range range;
    std::uint64_t version = 0;
    std::uint64_t tallied_from = 0;    // version at which the replicas' tallies begin
    Aligned<float> values, state;      // state: as Optimiser has it
    std::vector<double> statistics;
    std::map<std::uint32_t, Replica> replicas;
};

class ParameterShard
{
  public:
    // `start`: of this very range; its state may be empty (the beginning).
    ParameterShard(const Layout& layout, const UpdateOptions& update, ShardCopy start, Pool& pool);

    std::uint32_t index() const { return now_.index; }
    Range range() const { return now_.range; }

    // There is a record of each replica that has pushed, for ever, and of those connected: so many, and no more.
    static constexpr std::size_t most_replicas = 4096;
    bool has_place(std::uint32_t replica) const;
    bool knows(std::uint32_t replica) const;

    // A process takes the replica's place, or is welcomed again; nullopt: another has taken it since.
    std::optional<WelcomeShard> greet(std::uint32_t replica, std::uint64_t incarnation);
    WelcomeShard look() const;

    // A chunk of a push of a replica. `owner` keeps the bytes that push.numbers points into.
    std::variant<Answer, ErrorMessage> push(const Push& push, std::uint32_t replica, std::uint64_t incarnation,
                                            std::shared_ptr<const void> owner);
    // It is gone: its unfinished push, and its record where it never pushed.
    void forget(std::uint32_t replica, std::uint64_t incarnation);

    // Packs values of a range inside the shard's; returns their version.
    std::uint64_t read(Range range, Wire wire, std::byte* into) const;
    std::vector<double> statistics() const;

    ShardCopy copy() const;

    // What people are told of it.
    struct Report {
        std::uint64_t version = 0, tallied_from = 0;
        Staleness staleness;
        std::map<std::uint32_t, Replica> replicas;
    };
    Report report() const;

  private:
    struct Assembly {    // a push under way
        std::uint64_t incarnation = 0, sequence = 0;
        std::vector<Push> chunks;
        std::vector<std::shared_ptr<const void>> owners;
        std::size_t missing = 0;
        double largest = 0;                               // absolute value in the gradient so far
        std::chrono::steady_clock::time_point touched;    // by its latest chunk
    };
    static constexpr std::size_t most_assemblies = 8;    // memory: so many gradients of the shard

    const std::vector<Range> chunks_;
    const UpdateOptions update_;
    Optimiser optimiser_;
    ShardCopy now_;    // its state is the optimiser's

    mutable std::mutex mutex_;            // all but the values; held while they change
    mutable std::shared_mutex values_;    // values and statistics
    Staleness staleness_;
    std::map<std::uint32_t, Assembly> assemblies_;    // of replicas
    Aligned<float> widened_;
    Optimiser::Bounds bounds_;    // of values and state

    Assembly* assembly_of(std::uint32_t replica, std::uint64_t incarnation, std::uint64_t sequence);
    bool drop_stalled();
    Answer decide(Assembly& assembly, Replica& replica);
    bool apply(Assembly& assembly, double rate);
    void move(Assembly& assembly, double rate);
    bool move_or_undo(Assembly& assembly, double rate);
    Optimiser::Bounds measured() const;
};

}    // namespace nonna
