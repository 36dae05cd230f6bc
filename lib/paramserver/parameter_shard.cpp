#include "paramserver/parameter_shard.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nonna
{

namespace
{

double largest_of(std::span<const float> numbers)
{
    return largest(std::as_bytes(numbers).data(), Wire::fp32, numbers.size());
}

}    // namespace

ParameterShard::ParameterShard(const Layout& layout, const UpdateOptions& update, ShardCopy start, Pool& pool)
    : chunks_(layout.chunks(start.range)), update_(update),
      optimiser_(update.rule, update.momentum, layout.segments(start.range), pool), now_(std::move(start)), widened_(0)
{
    std::copy(now_.state.begin(), now_.state.end(), optimiser_.state().begin());
    now_.state = {};    // the optimiser has it now
    bounds_ = measured();
}

Optimiser::Bounds ParameterShard::measured() const { return {largest_of(now_.values), largest_of(optimiser_.state())}; }

bool ParameterShard::has_place(std::uint32_t replica) const
{
    const std::lock_guard lock(mutex_);
    return now_.replicas.size() < most_replicas || now_.replicas.contains(replica);
}

bool ParameterShard::knows(std::uint32_t replica) const
{
    const std::lock_guard lock(mutex_);
    return now_.replicas.contains(replica);
}

std::optional<WelcomeShard> ParameterShard::greet(std::uint32_t replica, std::uint64_t incarnation)
{
    const std::lock_guard lock(mutex_);
    Replica& r = now_.replicas[replica];
    if (r.incarnation != incarnation || r.epoch == 0) {
        // A process that was replaced must not come back: it and its successor would take the place by turns.
        if (std::find(r.former.begin(), r.former.end(), incarnation) != r.former.end())
            return std::nullopt;
        if (r.epoch > 0)
            r.former.push_back(r.incarnation);
        if (r.former.size() > 8)
            r.former.erase(r.former.begin());
        ++r.epoch;
        r.incarnation = incarnation;
        r.decided = r.accepted_in_epoch = 0;
        r.answer = {};
        assemblies_.erase(replica);
    }
    return WelcomeShard{now_.index, r.epoch, now_.range, now_.version, r.decided, r.accepted_in_epoch};
}

WelcomeShard ParameterShard::look() const
{
    const std::lock_guard lock(mutex_);
    return {now_.index, 0, now_.range, now_.version, 0, 0};
}

// A push is decided at most once, whatever a network or a client that tries again makes of its chunks. So what is asked
// comes in this order: is it a chunk of this shard, does the process still have the replica's place, was the push
// decided before; only then do the bytes count.
std::variant<Answer, ErrorMessage> ParameterShard::push(const Push& push, std::uint32_t replica,
                                                        std::uint64_t incarnation, std::shared_ptr<const void> owner)
{
    if (push.chunk >= chunks_.size() || push.range != chunks_[push.chunk] || push.sequence == 0)
        return ErrorMessage{ErrorCode::no_such_shard, "no such chunk of this shard"};
    if (push.statistics.size() != (push.chunk == 0 ? now_.statistics.size() : 0))
        return ErrorMessage{ErrorCode::malformed, "not this shard's number of statistics"};
    const double most = largest(push.numbers.data(), push.wire, push.range.count);    // before others have to wait

    const std::lock_guard lock(mutex_);
    const auto record = now_.replicas.find(replica);
    if (record == now_.replicas.end())
        return ErrorMessage{ErrorCode::greet_first, "replica " + std::to_string(replica) + " has not said hello"};
    Replica& r = record->second;
    if (r.incarnation != incarnation || r.epoch != push.epoch)
        return ErrorMessage{ErrorCode::replaced,
                            "another process has taken the place of replica " + std::to_string(replica)};
    if (push.sequence <= r.decided) {
        ++r.repeats;
        // Of those before the last nothing is kept: who asks for one has gone on since, and is only kept from pushing
        // it again.
        return push.sequence == r.decided ? r.answer
                                          : Answer{Kind::accepted, now_.index, push.sequence, now_.version, 0};
    }
    const Answer received{Kind::received, now_.index, push.sequence, now_.version, 0};
    const auto known = assemblies_.find(replica);
    if (known != assemblies_.end() && push.sequence < known->second.sequence)
        return received;    // a late one, given up since
    Assembly* const assembly = assembly_of(replica, incarnation, push.sequence);
    if (!assembly)
        return ErrorMessage{ErrorCode::busy, "many pushes are under way"};
    assembly->touched = std::chrono::steady_clock::now();
    if (!assembly->owners[push.chunk]) {    // else it came before
        assembly->chunks[push.chunk] = push;
        assembly->owners[push.chunk] = std::move(owner);
        assembly->largest = std::max(assembly->largest, most);
        --assembly->missing;
    }
    if (assembly->missing > 0)
        return received;
    const Answer answer = decide(*assembly, r);
    assemblies_.erase(replica);
    return answer;
}

// Where the chunks of this push are put together; a new one takes the place of the replica's push before. Null: there
// is no place. Chunks stay in the messages that they came in (`owners`), so that nothing is copied, and every assembly
// holds a gradient of the shard: hence the bound.
ParameterShard::Assembly* ParameterShard::assembly_of(std::uint32_t replica, std::uint64_t incarnation,
                                                      std::uint64_t sequence)
{
    const auto known = assemblies_.find(replica);
    if (known != assemblies_.end() && known->second.sequence == sequence)
        return &known->second;
    if (known == assemblies_.end() && assemblies_.size() >= most_assemblies && !drop_stalled())
        return nullptr;
    Assembly fresh;
    fresh.incarnation = incarnation;
    fresh.sequence = sequence;
    fresh.chunks.resize(chunks_.size());
    fresh.owners.resize(chunks_.size());
    fresh.missing = chunks_.size();
    return &assemblies_.insert_or_assign(replica, std::move(fresh)).first->second;
}

// Of a replica that stopped in the middle of a push, and is still connected; it would begin anew.
bool ParameterShard::drop_stalled()
{
    const auto oldest = std::min_element(assemblies_.begin(), assemblies_.end(), [](const auto& a, const auto& b) {
        return a.second.touched < b.second.touched;
    });
    if (std::chrono::steady_clock::now() - oldest->second.touched < std::chrono::seconds(5))
        return false;
    assemblies_.erase(oldest);
    return true;
}

Answer ParameterShard::decide(Assembly& assembly, Replica& r)
{
    const Push& first = assembly.chunks.front();
    Answer answer{Kind::accepted, now_.index, first.sequence, now_.version, 0};
    answer.staleness = now_.version - std::min(now_.version, first.base);
    // Descent along gradients that are t steps old is stable up to 2 sin(pi / (4 t + 2)) over the curvature: as good as
    // 2 / (1 + t).
    const double scale = update_.staleness_scale ? 1 + double(answer.staleness) : 1;
    if (!std::isfinite(assembly.largest)) {
        answer.kind = Kind::refused;
        ++r.tally.refused;
    } else if (update_.max_staleness > 0 && answer.staleness > update_.max_staleness) {
        answer.kind = Kind::stale;
        ++r.tally.stale;
    } else if (!apply(assembly, update_.rate * first.factor / scale)) {
        answer.kind = Kind::refused;
        ++r.tally.refused;
    } else {
        staleness_.add(answer.staleness);
        answer.version = now_.version;
        ++r.accepted_in_epoch;
        ++r.tally.accepted;
    }
    r.decided = first.sequence;
    r.answer = answer;
    return answer;
}

// A push of finite numbers may still be one after which something is not: a square, or a sum with what there was. It
// must not come in, as then nobody could go on, from here or from a snapshot. What cannot happen by the bounds, which
// cost a look at the gradient's largest number, needs no more. The bounds grow with every push, however small: where
// they are too wide they are measured anew. What is still in doubt is tried.
bool ParameterShard::apply(Assembly& assembly, double rate)
{
    const Push& first = assembly.chunks.front();
    for (std::size_t i = 0; i < now_.statistics.size(); ++i)
        if (!std::isfinite(first.decay * now_.statistics[i] + first.statistics[i]))
            return false;
    Optimiser::Bounds after = optimiser_.after_step(bounds_, rate, assembly.largest);
    if (!optimiser_.harmless(after))
        after = optimiser_.after_step(measured(), rate, assembly.largest);
    const std::unique_lock lock(values_);    // readers wait until the whole push is applied
    // `turn` divides by the velocity's norm, which all but vanishes with such a gradient
    const bool vanishing = row_of(update_.rule).whole_matrix && assembly.largest < 1e-30;
    if (optimiser_.harmless(after) && !vanishing) {
        move(assembly, rate);
        bounds_ = after;
    } else if (!move_or_undo(assembly, rate))
        return false;
    for (std::size_t i = 0; i < now_.statistics.size(); ++i)
        now_.statistics[i] = first.decay * now_.statistics[i] + first.statistics[i];
    ++now_.version;
    return true;
}

// Only for a push that may well be refused, as it costs a copy of the shard.
bool ParameterShard::move_or_undo(Assembly& assembly, double rate)
{
    const std::vector<float> values(now_.values.begin(), now_.values.end());
    const std::vector<float> state(optimiser_.state().begin(), optimiser_.state().end());
    move(assembly, rate);
    bounds_ = measured();
    if (std::isfinite(bounds_.parameters) && std::isfinite(bounds_.state))
        return true;
    std::copy(values.begin(), values.end(), now_.values.begin());
    std::copy(state.begin(), state.end(), optimiser_.state().begin());
    bounds_ = measured();
    return false;
}

void ParameterShard::move(Assembly& assembly, double rate)
{
    for (const Push& chunk : assembly.chunks) {
        // fp32 is used where it lies in the message, if that is where floats may be
        const float* gradient = reinterpret_cast<const float*>(chunk.numbers.data());
        if (chunk.wire != Wire::fp32 || reinterpret_cast<std::uintptr_t>(gradient) % alignof(float) != 0) {
            if (widened_.size() < chunk.range.count)
                widened_ = Aligned<float>(chunk.range.count);
            unpack(chunk.numbers.data(), chunk.wire, {widened_.data(), chunk.range.count});
            gradient = widened_.data();
        }
        optimiser_.apply(rate, chunk.range.first - now_.range.first, {gradient, chunk.range.count}, now_.values);
    }
}

void ParameterShard::forget(std::uint32_t replica, std::uint64_t incarnation)
{
    const std::lock_guard lock(mutex_);
    const auto at = assemblies_.find(replica);
    if (at != assemblies_.end() && at->second.incarnation == incarnation)
        assemblies_.erase(at);
    const auto record = now_.replicas.find(replica);
    if (record != now_.replicas.end() && record->second.incarnation == incarnation && !record->second.pushed())
        now_.replicas.erase(record);
}

std::uint64_t ParameterShard::read(Range range, Wire wire, std::byte* into) const
{
    const std::shared_lock lock(values_);
    pack(std::span<const float>(now_.values).subspan(range.first - now_.range.first, range.count), wire, {}, into);
    return now_.version;
}

std::vector<double> ParameterShard::statistics() const
{
    const std::shared_lock lock(values_);
    return now_.statistics;
}

ShardCopy ParameterShard::copy() const
{
    const std::lock_guard lock(mutex_);    // values change under it alone
    ShardCopy copy = now_;                 // its state is empty, the optimiser has it
    const std::span<const float> state = optimiser_.state();
    copy.state = Aligned<float>(state.size());
    std::copy(state.begin(), state.end(), copy.state.begin());
    return copy;
}

ParameterShard::Report ParameterShard::report() const
{
    const std::lock_guard lock(mutex_);
    return {now_.version, now_.tallied_from, staleness_, now_.replicas};
}

}    // namespace nonna
