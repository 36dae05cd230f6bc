#include "paramserver/client.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "paramserver/link.h"

#include <algorithm>
#include <utility>

namespace nonna
{

template <class Done> double Servers::State::wait(std::unique_lock<std::mutex>& lock, bool patient, Done done)
{
    const Clock::time_point start = Clock::now();
    for (;;) {
        check_patience();
        const bool all = std::all_of(links.begin(), links.end(), [&](const auto& link) { return done(*link); });
        const bool none =
            std::none_of(links.begin(), links.end(), [](const auto& link) { return link->now == Link::Now::ready; });
        if (all && (patient || !none || interrupted()))
            return since(start);
        if (interrupted() && patient)
            throw_if_interrupted();
        news.wait_for(lock, std::chrono::milliseconds(100));
    }
}

Servers::Servers(const Layout& layout, const ClientOptions& options, std::int64_t replica)
    : state_(std::make_unique<State>(layout, options, replica))
{
    State& s = *state_;
    s.find_links();
    for (auto& link : s.links)
        link->thread = std::jthread([&s, l = link.get()] { s.run(*l); });
    try {
        std::unique_lock lock(s.mutex);
        s.wait(lock, true, [](const Link& link) { return link.now == Link::Now::ready; });
        std::vector<int> holders(s.of);
        for (const auto& link : s.links)
            for (const Link::ShardState& shard : link->shards)
                if (++holders[shard.index] > 1)
                    throw Error(s.name(*link), "holds shard " + std::to_string(shard.index) + " as another does",
                                ExitStatus::usage);
        for (std::size_t i = 0; i < holders.size(); ++i)
            if (holders[i] == 0)
                throw Error("shard " + std::to_string(i) + "/" + std::to_string(s.of), "no server holds it",
                            ExitStatus::usage);
    } catch (...) {
        {
            const std::lock_guard lock(s.mutex);
            s.stop = true;
        }
        s.work.notify_all();
        throw;
    }
}

Servers::~Servers()
{
    {
        const std::lock_guard lock(state_->mutex);
        state_->stop = true;
    }
    state_->work.notify_all();
}

UpdateOptions Servers::update() const { return state_->update; }
std::uint32_t Servers::shards() const { return state_->of; }

std::uint64_t Servers::least_version()
{
    State& s = *state_;
    ask({}, {}, Want::version);
    std::unique_lock lock(s.mutex);
    s.wait(lock, true, [](const Link& link) { return !link.fetch_wanted; });
    std::uint64_t least = ~std::uint64_t(0);
    for (const auto& link : s.links)
        for (const Link::ShardState& shard : link->shards)
            least = std::min(least, shard.version);
    return least;
}

void Servers::fetch(std::span<float> values, std::span<double> statistics) { ask(values, statistics, Want::values); }

void Servers::ask(std::span<float> values, std::span<double> statistics, Want want)
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.wait(lock, true, [](const Link& link) { return !link.busy || !link.fetch_wanted; });
    s.values = values;
    s.statistics = statistics;
    for (auto& link : s.links) {
        link->fetch_wanted = true;
        link->want = want;
        link->came = false;
    }
    s.work.notify_all();
}

void Servers::wait_fetched()
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_fetch += s.wait(lock, false, [](const Link& link) {
        return !link.fetch_wanted || (!link.busy && link.now == Link::Now::lost);
    });
    for (auto& link : s.links)    // those that are lost write no more
        link->fetch_wanted = false;
}

bool Servers::arrived(std::vector<Range>& ranges)
{
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    s.check_patience();
    bool first = false;
    for (auto& link : s.links)
        if (std::exchange(link->came, false))
            for (const Link::ShardState& shard : link->shards) {
                ranges.push_back(shard.range);
                first = first || shard.index == 0;
            }
    return first;
}

bool Servers::fetching() const
{
    const std::lock_guard lock(state_->mutex);
    return std::any_of(state_->links.begin(), state_->links.end(), [](const auto& link) { return link->fetch_wanted; });
}

void Servers::begin_gradient()
{
    const std::lock_guard lock(state_->mutex);
    for (auto& link : state_->links)
        for (Link::ShardState& shard : link->shards)
            shard.base = shard.fetched;
}

void Servers::push(std::span<const float> gradient, double factor, double decay, std::span<const double> statistics)
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_push += s.wait(
        lock, false, [](const Link& link) { return !link.push_wanted || (!link.busy && link.now == Link::Now::lost); });
    s.gradient = gradient;
    s.factor = factor;
    s.decay = decay;
    s.pushed_statistics.assign(statistics.begin(), statistics.end());
    for (auto& link : s.links) {
        for (Link::ShardState& shard : link->shards) {
            if (!shard.decided)
                ++shard.pushes.dropped;
            ++shard.pushes.handed_over;
            shard.decided = false;
            shard.pushed_base = shard.base;
        }
        ++link->sequence;
        link->push_wanted = true;
    }
    s.work.notify_all();
}

bool Servers::must_fetch()
{
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->stale, false);
}

void Servers::settle()
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_push += s.wait(
        lock, false, [](const Link& link) { return !link.push_wanted || (!link.busy && link.now == Link::Now::lost); });
}

void Servers::finish()
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_push += s.wait(lock, false, [](const Link& link) {
        return !link.push_wanted || (!link.busy && link.now == Link::Now::lost && interrupted());
    });
}

void Servers::pull(std::span<float> values, std::span<double> statistics, std::vector<std::uint64_t>& versions)
{
    State& s = *state_;
    ask(values, statistics, Want::frozen);
    std::unique_lock lock(s.mutex);
    s.wait(lock, true, [](const Link& link) { return !link.fetch_wanted; });
    versions.assign(s.of, 0);
    for (const auto& link : s.links)
        for (const Link::ShardState& shard : link->shards)
            versions[shard.index] = shard.fetched;
}

std::vector<Servers::Pushes> Servers::pushes() const
{
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    std::vector<Pushes> all(s.of);
    for (const auto& link : s.links)
        for (const Link::ShardState& shard : link->shards)
            all[shard.index] = shard.pushes;
    return all;
}

double Servers::waited_fetch() const { return state_->waited_fetch; }
double Servers::waited_push() const { return state_->waited_push; }

std::uint64_t Servers::staleness_sum() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->staleness_sum;
}

std::uint64_t Servers::staleness_count() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->staleness_count;
}

}    // namespace nonna
