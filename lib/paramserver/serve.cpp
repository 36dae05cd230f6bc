#include "paramserver/serve.h"

#include "base/available_memory.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/notify.h"
#include "optimiser/optimiser.h"
#include "paramserver/client.h"
#include "paramserver/metrics_address.h"
#include "paramserver/rendezvous.h"
#include "paramserver/server.h"
#include "paramserver/web_page.h"

#include <filesystem>
#include <optional>

#include <poll.h>

namespace nonna
{

namespace
{

UpdateOptions update_of(const ServeOptions& o)
{
    UpdateOptions update;
    update.rule = o.optimizer;
    update.rate = o.rate.value_or(row_of(o.optimizer).usual_rate);
    update.momentum = o.momentum;
    update.max_staleness = std::uint64_t(o.max_staleness);
    update.staleness_scale = o.staleness_scale;
    return update;
}

// A socket's path as others find it, whatever folder they are in.
std::string from_anywhere(const std::string& url)
{
    const std::string scheme = "ipc://";
    return url.starts_with(scheme) ? scheme + std::filesystem::absolute(url.substr(scheme.size())).string() : url;
}

// For the folder of addresses. What says more than that nobody is there is a server, though not for us.
bool still_answers(const Found& server, const Access& access)
{
    constexpr double seconds = 2;
    try {
        server_state(server.url, access, seconds);
    } catch (const Error& e) {
        return e.status() != ExitStatus::peer_lost;
    }
    return true;
}

// Until a signal: snapshots in time, rates every second.
void watch(Server& server, bool snapshots, double every)
{
    using Clock = std::chrono::steady_clock;
    Clock::time_point saved = Clock::now(), ticked = saved;
    while (!interrupted()) {
        ::poll(nullptr, 0, 100);    // a signal ends it
        const Clock::time_point now = Clock::now();
        if (now - ticked >= std::chrono::seconds(1)) {
            server.tick();
            ticked = now;
        }
        if (snapshots && std::chrono::duration<double>(now - saved).count() >= every) {
            server.snapshot();
            saved = Clock::now();
        }
    }
}

// On its return nobody is answered any more, so that what the last snapshot holds is the end.
void answer_until_a_signal(Server& server, const Portion& portion, const ServeOptions& options)
{
    Responder responder(options.listen, options.access, server.most_message(),
                        {[&](Message&& m, Responder::Peer peer) { return server.answer(std::move(m), peer); },
                         [&](Responder::Peer peer) { server.closed(peer); },
                         [&](Responder::Peer peer) { return server.standing(peer); }});
    const std::string address = from_anywhere(responder.address());
    std::optional<WebPage> page;
    if (!options.metrics.empty())
        page.emplace(options.metrics, [&] { return server.metrics(); });
    std::optional<Published> published;
    if (!options.rendezvous.empty())
        published.emplace(options.rendezvous, portion, address,
                          [&](const Found& other) { return still_answers(other, options.access); });
    std::optional<MetricsAddress> metrics;
    if (page && published)
        metrics.emplace(options.rendezvous, Process{"server", portion}, page->address());
    say("shard " + portion.text() + " ready at " + address +
        (page ? ", metrics at " + page->address() : std::string()));
    notify_manager("READY=1");
    watch(server, !options.snapshot.empty(), options.snapshot_every);
    notify_manager("STOPPING=1");
}

}    // namespace

// The order matters: options that are wrong touch nothing; the memory is asked for before anything is read; snapshots
// come before the model's own values; and only who holds its shards can be reached and is published.
bool serve(const Layout& layout, const std::vector<double>& statistics,
           const std::function<void(Range, std::span<float>)>& start, const ServeOptions& options, Pool& pool)
{
    const Portion portion = Portion::parse(options.shard, "--shard", true);
    const UpdateOptions update = update_of(options);
    // whoever looks in the folder of addresses may be anywhere, and takes the whole path
    require_access(options.rendezvous.empty() ? options.listen : from_anywhere(options.listen), options.access);
    require_page_address(options.metrics, options.access.insecure);
    const Digest token = token_digest(options.access);
    if (!options.rendezvous.empty())
        require_unserved(options.rendezvous, portion,
                         [&](const Found& other) { return still_answers(other, options.access); });

    std::uint64_t numbers = 0;
    for (std::uint32_t i = portion.first; i <= portion.last; ++i)
        numbers += layout.shard(i, portion.of).count;
    // values and what the rule keeps, and all of it once more while a snapshot is written
    const std::uint64_t copies = (1 + row_of(update.rule).kept()) * (options.snapshot.empty() ? 1 : 2);
    require_memory("shard " + portion.text(), numbers * sizeof(float) * copies,
                   "values, the rule's state and a snapshot");

    std::vector<ShardCopy> shards;
    std::vector<Snapshots> snapshots;
    for (std::uint32_t i = portion.first; i <= portion.last; ++i) {
        std::optional<ShardCopy> restored;
        if (!options.snapshot.empty()) {
            snapshots.emplace_back(options.snapshot, layout, i, portion.of, update.rule);
            restored = snapshots.back().restore();
        }
        if (restored) {
            say("shard " + std::to_string(i) + "/" + std::to_string(portion.of) + ": version " +
                std::to_string(restored->version) + " of the snapshots in " + options.snapshot);
            shards.push_back(std::move(*restored));
            continue;
        }
        ShardCopy fresh;
        fresh.index = i;
        fresh.of = portion.of;
        fresh.range = layout.shard(i, portion.of);
        fresh.values = Aligned<float>(fresh.range.count);
        start(fresh.range, fresh.values);
        if (i == 0)
            fresh.statistics = statistics;
        shards.push_back(std::move(fresh));
    }
    const bool open = is_loopback(options.listen) && options.listen.starts_with("tcp://") && !options.access.insecure;
    Server server(layout, update, portion.of, std::move(shards), std::move(snapshots), Admission(token, open), pool);
    answer_until_a_signal(server, portion, options);
    return server.snapshot();
}

}    // namespace nonna
