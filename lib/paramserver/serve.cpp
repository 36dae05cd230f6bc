#include "paramserver/serve.h"

#include "base/available_memory.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/notify.h"
#include "paramserver/rendezvous.h"
#include "paramserver/server.h"

#include <filesystem>
#include <optional>

#include <poll.h>

namespace nonna
{

namespace
{

ServerRule rule_of(const ServeOptions& o)
{
    ServerRule rule;
    rule.rule = std::uint32_t(parse_rule(o.optimizer));
    rule.rate = o.rate;
    rule.momentum = o.momentum;
    rule.max_staleness = std::uint64_t(o.max_staleness);
    rule.staleness_scale = o.staleness_scale;
    return rule;
}

// A socket's path as others find it, whatever folder they are in.
std::string from_anywhere(const std::string& url)
{
    const std::string scheme = "ipc://";
    return url.starts_with(scheme) ? scheme + std::filesystem::absolute(url.substr(scheme.size())).string() : url;
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

}    // namespace

bool serve(const Layout& layout, const std::vector<double>& statistics,
           const std::function<void(Range, std::span<float>)>& start, const ServeOptions& options, Pool& pool)
{
    const Part part = Part::parse(options.shard, "--shard", true);
    const ServerRule rule = rule_of(options);
    require_access(options.listen, options.access);
    if (!options.metrics.empty() && !options.access.insecure && options.metrics.starts_with("http://")) {
        const std::string host = options.metrics.substr(7, options.metrics.find('/', 7) - 7);
        const bool port = host.find(':') != std::string::npos && !host.ends_with("]");
        if (!is_loopback("tcp://" + host + (port ? "" : ":80")))
            throw Error(options.metrics,
                        "beyond this machine, and not encrypted: http://127.0.0.1:PORT/metrics, or --insecure",
                        ExitStatus::usage);
    }
    const Digest token = token_digest(options.access);

    std::uint64_t numbers = 0;
    for (std::uint32_t i = part.first; i <= part.last; ++i)
        numbers += layout.shard(i, part.of).count;
    const int copies = 1 + (rule.rule != 0) + (options.snapshot.empty() ? 0 : 2);
    require_memory("shard " + part.text(), numbers * sizeof(float) * copies, "values, the rule's state and a snapshot");

    std::vector<ShardCopy> shards;
    std::vector<Snapshots> snapshots;
    for (std::uint32_t i = part.first; i <= part.last; ++i) {
        std::optional<ShardCopy> restored;
        if (!options.snapshot.empty()) {
            snapshots.emplace_back(options.snapshot, layout, i, part.of, Rule(rule.rule));
            restored = snapshots.back().restore();
        }
        if (restored) {
            say("shard " + std::to_string(i) + "/" + std::to_string(part.of) + ": version " +
                std::to_string(restored->version) + " of the snapshots in " + options.snapshot);
            shards.push_back(std::move(*restored));
            continue;
        }
        ShardCopy fresh;
        fresh.index = i;
        fresh.of = part.of;
        fresh.range = layout.shard(i, part.of);
        fresh.values = Aligned<float>(fresh.range.count);
        start(fresh.range, fresh.values);
        if (i == 0)
            fresh.statistics = statistics;
        shards.push_back(std::move(fresh));
    }

    Server server(layout, rule, part.of, std::move(shards), std::move(snapshots), token, pool);
    {
        Responder responder(options.listen, options.access, server.most_message(),
                            {[&](Message&& m, Responder::Peer peer) { return server.answer(std::move(m), peer); },
                             [&](Responder::Peer peer) { server.closed(peer); }});
        const std::string address = from_anywhere(responder.address());
        std::optional<WebPage> page;
        if (!options.metrics.empty())
            page.emplace(options.metrics, [&] { return server.metrics(); });
        std::optional<Published> published;
        if (!options.rendezvous.empty())
            published.emplace(options.rendezvous, part, address);
        say("shard " + part.text() + " ready at " + address +
            (page ? ", metrics at " + page->address() : std::string()));
        notify_manager("READY=1");
        watch(server, !options.snapshot.empty(), options.snapshot_every);
        notify_manager("STOPPING=1");
    }    // nobody is answered any more
    return server.snapshot();
}

}    // namespace nonna
