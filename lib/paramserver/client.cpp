#include "paramserver/client.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "paramserver/link.h"

#include <algorithm>
#include <random>
#include <utility>

namespace nonna
{

namespace
{

constexpr double start_without_a_word = 1;    // seconds that servers may take at the start before that is said

Hello hello_of(const Layout& layout, std::int64_t replica)
{
    Hello hello;
    hello.role = replica < 0 ? Role::observer : Role::replica;
    hello.replica = std::uint32_t(std::max<std::int64_t>(0, replica));
    std::random_device entropy;    // a name of this process, nothing more
    hello.incarnation = std::uint64_t(entropy()) << 32 | entropy();
    hello.layout = layout.digest();
    return hello;
}

}    // namespace

Servers::State::State(const Layout& layout_, const ClientOptions& options_, std::int64_t replica)
    : layout(layout_), options(options_), rendezvous(options_.rendezvous), wire(options_.wire),
      most_message(layout_.largest_chunk() * sizeof(float) + most_head), hello(hello_of(layout_, replica)),
      token(token_digest(options_.access))
{
}

void Servers::State::find_links()
{
    if (!options.servers.empty()) {
        for (const std::string& url : listed_servers(options.servers)) {
            require_access(url, options.access);
            links.push_back(std::make_unique<Link>(*this, Portion{}, url));
        }
        return;
    }
    const Clock::time_point start = Clock::now();
    for (bool said = false;;) {
        const std::vector<Found> found = rendezvous.servers();
        for (const Found& f : complete(found)) {
            require_access(f.url, options.access);
            links.push_back(std::make_unique<Link>(*this, f.shards, std::string()));
        }
        if (!links.empty())
            return;
        throw_if_interrupted();
        if (!said && since(start) > start_without_a_word) {
            said = true;
            say(options.rendezvous + ": waiting for servers of every shard to publish themselves there");
        }
        if (since(start) > options.patience)
            throw Error(options.rendezvous,
                        found.empty() ? "no servers of every shard there"
                                      : "no server there of " + shards_text(missing(found)),
                        ExitStatus::peer_lost);
        std::unique_lock lock(mutex);
        for_caller.wait_for(lock, std::chrono::milliseconds(50));
    }
}

// A list of addresses may name a server twice, or forget one; the mutex is held.
void Servers::State::require_all_shards() const
{
    std::vector<int> holders(common.shards);
    for (const auto& link : links)
        for (const Link::ServedShard& shard : link->shards)
            if (++holders[shard.index] > 1)
                throw Error(link->name(), "holds shard " + std::to_string(shard.index) + " as another does",
                            ExitStatus::usage);
    for (std::size_t i = 0; i < holders.size(); ++i)
        if (holders[i] == 0)
            throw Error("shard " + std::to_string(i) + "/" + std::to_string(common.shards), "no server holds it",
                        ExitStatus::usage);
}

void Servers::State::end()
{
    {
        const std::lock_guard lock(mutex);
        stop = true;
    }
    for_links.notify_all();
}

bool Servers::State::stopping()
{
    const std::lock_guard lock(mutex);
    return stop;
}

// The caller's part of every failure of a link; the mutex is held.
void Servers::State::check_patience() const
{
    for (const auto& link : links) {
        if (link->failure)
            std::rethrow_exception(link->failure);
        if (!link->state.ready() && since(link->away_since) > options.patience)
            throw Error(link->name(), "lost: " + link->reason, ExitStatus::peer_lost);
    }
}

// Where `done` lets lost servers pass, one is enough to go on with: when all are lost, going on would compute for
// nobody, so that an impatient caller waits, too. A patient one is thrown the interrupt that an impatient one lets
// pass, as that one's step ends soon.
template <class Done> double Servers::State::wait(std::unique_lock<std::mutex>& lock, bool patient, Done done)
{
    const Clock::time_point start = Clock::now();
    for (;;) {
        check_patience();
        const bool all = std::all_of(links.begin(), links.end(), [&](const auto& link) { return done(*link); });
        const bool none =
            std::none_of(links.begin(), links.end(), [](const auto& link) { return link->state.ready(); });
        if (all && (patient || !none || interrupted()))
            return since(start);
        if (interrupted() && patient)
            throw_if_interrupted();
        for_caller.wait_for(lock, std::chrono::milliseconds(100));
    }
}

namespace
{

// What `wait` waits for.
bool lost(const LinkState& state) { return state.peer() == LinkState::Peer::lost; }

}    // namespace

// A lost server is not waited for, unless that was asked for; but nobody waits for one who is to stop.
bool Servers::State::let_go(const LinkState& state) const { return lost(state) && (!options.wait || interrupted()); }

Servers::Servers(const Layout& layout, const ClientOptions& options, std::int64_t replica)
    : state_(std::make_unique<State>(layout, options, replica))
{
    State& s = *state_;
    s.find_links();
    for (auto& link : s.links)
        link->thread = std::jthread([l = link.get()] { l->run(); });
    try {
        std::unique_lock lock(s.mutex);
        s.wait(lock, true, [](const Link& link) { return link.state.ready(); });
        s.require_all_shards();
    } catch (...) {
        s.end();    // else their threads would be waited for in vain
        throw;
    }
}

Servers::~Servers() { state_->end(); }

UpdateOptions Servers::update() const { return state_->common.update; }

std::uint64_t Servers::least_version()
{
    State& s = *state_;
    ask({}, {}, Want::version);
    std::unique_lock lock(s.mutex);
    s.wait(lock, true, [](const Link& link) { return !link.state.fetching(); });
    std::uint64_t least = ~std::uint64_t(0);
    for (const auto& link : s.links)
        for (const Link::ServedShard& shard : link->shards)
            least = std::min(least, shard.version);
    return least;
}

void Servers::fetch(std::span<float> values, std::span<double> statistics) { ask(values, statistics, Want::values); }

void Servers::ask(std::span<float> values, std::span<double> statistics, Want want)
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.wait(lock, true, [](const Link& link) { return link.state.fetch() != LinkState::Work::under_way; });
    s.to_fetch = {want, values, statistics};
    for (auto& link : s.links)
        link->state.want_fetch();
    s.for_links.notify_all();
}

void Servers::wait_fetched()
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_fetch +=
        s.wait(lock, false, [&](const Link& link) { return !link.state.fetching() || s.let_go(link.state); });
    for (auto& link : s.links)    // those that are lost write no more
        link->state.give_up_fetch();
}

bool Servers::arrived(std::vector<Range>& ranges)
{
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    s.check_patience();
    bool first = false;
    for (auto& link : s.links)
        if (link->state.collect())
            for (const Link::ServedShard& shard : link->shards) {
                ranges.push_back(shard.range);
                first = first || shard.index == 0;
            }
    return first;
}

bool Servers::fetching() const
{
    const std::lock_guard lock(state_->mutex);
    return std::any_of(state_->links.begin(), state_->links.end(),
                       [](const auto& link) { return link->state.fetching(); });
}

void Servers::begin_gradient()
{
    const std::lock_guard lock(state_->mutex);
    for (auto& link : state_->links)
        for (Link::ServedShard& shard : link->shards)
            shard.base = shard.fetched;
}

void Servers::push(std::span<const float> gradient, double factor, double decay, std::span<const double> statistics)
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_push +=
        s.wait(lock, false, [&](const Link& link) { return !link.state.pushing() || s.let_go(link.state); });
    s.to_push = {gradient, factor, decay, {statistics.begin(), statistics.end()}};
    for (auto& link : s.links) {
        for (Link::ServedShard& shard : link->shards) {
            if (!shard.decided)
                ++shard.pushes.dropped;
            ++shard.pushes.handed_over;
            shard.decided = false;
            shard.pushed_base = shard.base;
        }
        ++link->sequence;
        link->state.want_push();
    }
    s.for_links.notify_all();
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
    s.waited_push +=
        s.wait(lock, false, [&](const Link& link) { return !link.state.pushing() || s.let_go(link.state); });
}

void Servers::finish()
{
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.waited_push += s.wait(
        lock, false, [](const Link& link) { return !link.state.pushing() || (lost(link.state) && interrupted()); });
}

void Servers::pull(std::span<float> values, std::span<double> statistics, std::vector<std::uint64_t>& versions)
{
    State& s = *state_;
    ask(values, statistics, Want::frozen);
    std::unique_lock lock(s.mutex);
    s.wait(lock, true, [](const Link& link) { return !link.state.fetching(); });
    versions.assign(s.common.shards, 0);
    for (const auto& link : s.links)
        for (const Link::ServedShard& shard : link->shards)
            versions[shard.index] = shard.fetched;
}

std::vector<Servers::Pushes> Servers::pushes() const
{
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    std::vector<Pushes> all(s.common.shards);
    for (const auto& link : s.links)
        for (const Link::ServedShard& shard : link->shards)
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
