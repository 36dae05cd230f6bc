#include "paramserver/shard.h"

#include <algorithm>

namespace nonna
{

Shard::Shard(const Layout& layout, const ServerRule& rule, ShardCopy start, Pool& pool)
    : chunks_(layout.chunks(start.range)), rule_(rule),
      optimiser_(Rule(rule.rule), rule.momentum, layout.segments(start.range), pool), now_(std::move(start)),
      widened_(0)
{
    std::copy(now_.state.begin(), now_.state.end(), optimiser_.state().begin());
    now_.state = {};
}

std::optional<WelcomeShard> Shard::greet(std::uint32_t replica, std::uint64_t incarnation)
{
    const std::lock_guard lock(mutex_);
    ReplicaRecord& r = now_.replicas[replica];
    if (r.incarnation != incarnation || r.epoch == 0) {
        if (std::find(r.former.begin(), r.former.end(), incarnation) != r.former.end())
            return std::nullopt;
        if (r.epoch > 0)
            r.former.push_back(r.incarnation);
        if (r.former.size() > 8)
            r.former.erase(r.former.begin());
        ++r.epoch;
        r.incarnation = incarnation;
        r.seen = r.accepted = 0;
        r.last = {};
        assemblies_.erase(replica);
    }
    return WelcomeShard{now_.index, r.epoch, now_.range, now_.version, r.seen, r.accepted};
}

WelcomeShard Shard::look() const
{
    const std::lock_guard lock(mutex_);
    return {now_.index, 0, now_.range, now_.version, 0, 0};
}

std::variant<Answer, ErrorMessage> Shard::push(const Push& push, std::uint32_t replica, std::uint64_t incarnation,
                                               std::shared_ptr<const void> owner)
{
    if (push.chunk >= chunks_.size() || push.range != chunks_[push.chunk] || push.sequence == 0)
        return ErrorMessage{ErrorCode::no_such_shard, "no such chunk of this shard"};
    if (push.contribution.size() != (push.chunk == 0 ? now_.statistics.size() : 0))
        return ErrorMessage{ErrorCode::malformed, "not this shard's number of statistics"};
    const bool finite = all_finite(push.numbers.data(), push.wire, push.range.count);

    const std::lock_guard lock(mutex_);
    ReplicaRecord& r = now_.replicas[replica];
    if (r.incarnation != incarnation || r.epoch != push.epoch)
        return ErrorMessage{ErrorCode::replaced,
                            "another process has taken the place of replica " + std::to_string(replica)};
    if (push.sequence <= r.seen) {
        ++r.repeats;
        Answer again = r.last;
        if (push.sequence < r.seen)
            again = {Kind::accepted, now_.index, push.sequence, now_.version, 0};
        return again;
    }
    auto at = assemblies_.find(replica);
    if (at != assemblies_.end() && push.sequence < at->second.sequence)
        return Answer{Kind::received, now_.index, push.sequence, now_.version, 0};    // a late one; given up since
    if (at == assemblies_.end() || push.sequence > at->second.sequence) {
        if (at == assemblies_.end() && assemblies_.size() >= most_assemblies && !drop_stalled())
            return ErrorMessage{ErrorCode::busy, "many pushes are under way"};
        at = assemblies_.insert_or_assign(replica, Assembly()).first;
        at->second.incarnation = incarnation;
        at->second.sequence = push.sequence;
        at->second.chunks.resize(chunks_.size());
        at->second.owners.resize(chunks_.size());
        at->second.missing = chunks_.size();
    }
    Assembly& assembly = at->second;
    assembly.touched = std::chrono::steady_clock::now();
    if (!assembly.owners[push.chunk]) {
        assembly.chunks[push.chunk] = push;
        assembly.owners[push.chunk] = std::move(owner);
        assembly.finite = assembly.finite && finite;
        --assembly.missing;
    }
    if (assembly.missing > 0)
        return Answer{Kind::received, now_.index, push.sequence, now_.version, 0};
    const Answer answer = decide(assembly, r);
    assemblies_.erase(at);
    return answer;
}

// Of a replica that stopped in the middle of a push, and is still connected; it would begin anew.
bool Shard::drop_stalled()
{
    const auto oldest = std::min_element(assemblies_.begin(), assemblies_.end(), [](const auto& a, const auto& b) {
        return a.second.touched < b.second.touched;
    });
    if (std::chrono::steady_clock::now() - oldest->second.touched < std::chrono::seconds(5))
        return false;
    assemblies_.erase(oldest);
    return true;
}

Answer Shard::decide(Assembly& assembly, ReplicaRecord& r)
{
    const Push& first = assembly.chunks.front();
    Answer answer{Kind::accepted, now_.index, first.sequence, now_.version, 0};
    answer.staleness = now_.version - std::min(now_.version, first.base);
    if (!assembly.finite) {
        answer.kind = Kind::refused;
        ++r.refused;
    } else if (rule_.max_staleness > 0 && answer.staleness > rule_.max_staleness) {
        answer.kind = Kind::stale;
        ++r.stale;
    } else {
        staleness_.add(answer.staleness);
        // Descent along gradients that are t steps old is stable up to 2 sin(pi / (4 t + 2)) over the curvature: as
        // good as 2 / (1 + t).
        const double scale = rule_.staleness_scale ? 1 + double(answer.staleness) : 1;
        apply(assembly, rule_.rate * first.factor / scale);
        answer.version = now_.version;
        ++r.accepted;
        ++r.all;
    }
    r.seen = first.sequence;
    r.last = answer;
    return answer;
}

void Shard::apply(Assembly& assembly, double rate)
{
    const std::unique_lock lock(values_);
    for (const Push& chunk : assembly.chunks) {
        const float* gradient = reinterpret_cast<const float*>(chunk.numbers.data());
        if (chunk.wire != Wire::fp32 || reinterpret_cast<std::uintptr_t>(gradient) % alignof(float) != 0) {
            if (widened_.size() < chunk.range.count)
                widened_ = Aligned<float>(chunk.range.count);
            unpack(chunk.numbers.data(), chunk.wire, {widened_.data(), chunk.range.count});
            gradient = widened_.data();
        }
        optimiser_.apply(rate, chunk.range.first - now_.range.first, {gradient, chunk.range.count}, now_.values);
    }
    const Push& first = assembly.chunks.front();
    for (std::size_t i = 0; i < now_.statistics.size(); ++i)
        now_.statistics[i] = first.decay * now_.statistics[i] + first.contribution[i];
    ++now_.version;
}

void Shard::forget(std::uint32_t replica, std::uint64_t incarnation)
{
    const std::lock_guard lock(mutex_);
    const auto at = assemblies_.find(replica);
    if (at != assemblies_.end() && at->second.incarnation == incarnation)
        assemblies_.erase(at);
}

std::uint64_t Shard::read(Range range, Wire wire, std::byte* into) const
{
    const std::shared_lock lock(values_);
    pack(std::span<const float>(now_.values).subspan(range.first - now_.range.first, range.count), wire, {}, into);
    return now_.version;
}

std::vector<double> Shard::statistics() const
{
    const std::shared_lock lock(values_);
    return now_.statistics;
}

ShardCopy Shard::copy() const
{
    const std::lock_guard lock(mutex_);    // values change under it alone
    ShardCopy copy = now_;                 // its own state is empty, the optimiser has it
    const std::span<const float> state = optimiser_.state();
    copy.state = Aligned<float>(state.size());
    std::copy(state.begin(), state.end(), copy.state.begin());
    return copy;
}

Shard::Counts Shard::counts() const
{
    const std::lock_guard lock(mutex_);
    return {now_.version, now_.base, staleness_, now_.replicas};
}

}    // namespace nonna
