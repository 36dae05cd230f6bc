// What a server says of itself: JSON for our own programs, Prometheus text for everybody's.
#include "io/exposition.h"
#include "paramserver/server.h"

#include <nlohmann/json.hpp>

namespace nonna
{

using nlohmann::ordered_json;

std::string Server::state() const
{
    const auto now = Clock::now();
    auto seconds = [&](Clock::time_point then) { return std::chrono::duration<double>(now - then).count(); };
    ordered_json all = {{"protocol", protocol_version},
                        {"shards_in_all", of_},
                        {"optimizer", row_of(update_.rule).name},
                        {"rate", update_.rate},
                        {"max_staleness", update_.max_staleness},
                        {"uptime", seconds(started_)},
                        {"requests", requests_.load()},
                        {"errors", errors_.load()},
                        {"refused_greetings", refused_greetings_.load()},
                        {"failed_snapshots", failed_snapshots_.load()},
                        {"bytes_in", bytes_in_.load()},
                        {"bytes_out", bytes_out_.load()},
                        {"shards", ordered_json::array()},
                        {"replicas", ordered_json::array()}};
    for (const Held& held : held_) {
        // A report of the shard first, then the server's own: each mutex is held for itself, so that whoever asks for
        // the state never stands between a push and its shard.
        const ParameterShard::Report report = held.shard->report();
        ordered_json shard = {{"shard", held.shard->index()},
                              {"first", held.shard->range().first},
                              {"count", held.shard->range().count},
                              {"version", report.version},
                              {"base", report.tallied_from},
                              {"staleness_median", report.staleness.quantile(0.5)},
                              {"staleness_p99", report.staleness.quantile(0.99)}};
        const std::lock_guard lock(mutex_);
        shard["pushes_per_second"] = rate(held);
        if (held.snapshots)
            shard["snapshot_version"] = held.saved;
        shard["snapshot_age"] = held.saved_at ? ordered_json(seconds(*held.saved_at)) : ordered_json(nullptr);
        all["shards"].push_back(shard);
        for (const auto& [number, r] : report.replicas) {
            const auto contact = contact_.find(number);
            all["replicas"].push_back(
                {{"shard", held.shard->index()},
                 {"replica", number},
                 {"epoch", r.epoch},
                 {"sequence", r.decided},
                 {"accepted", r.accepted_in_epoch},
                 {"accepted_in_all", r.tally.accepted},
                 {"stale", r.tally.stale},
                 {"refused", r.tally.refused},
                 {"repeats", r.repeats},
                 {"last_contact",
                  contact == contact_.end() ? ordered_json(nullptr) : ordered_json(seconds(contact->second))}});
        }
    }
    return all.dump();
}

std::string Server::metrics() const
{
    Exposition page;
    const auto single = [&](const char* name, const char* help, std::uint64_t value) {
        page.counter(name, help, double(value));
    };
    single("nonna_requests_total", "messages answered", requests_);
    single("nonna_errors_total", "messages answered with an error", errors_);
    single("nonna_refused_greetings_total", "clients without the token or of another model", refused_greetings_);
    single("nonna_received_bytes_total", "bytes of requests", bytes_in_);
    single("nonna_sent_bytes_total", "bytes of answers", bytes_out_);
    single("nonna_failed_snapshots_total", "snapshots that could not be written", failed_snapshots_);

    // One report of each shard for the whole page, so that its figures agree with each other.
    std::vector<ParameterShard::Report> reports;
    std::vector<Exposition::Labels> labels;
    for (const Held& held : held_) {
        reports.push_back(held.shard->report());
        labels.push_back({{"shard", std::to_string(held.shard->index())}});
    }
    auto each = [&](const std::string& name, const char* help, auto value, const char* type = "counter") {
        page.head(name, type, help);
        for (std::size_t i = 0; i < reports.size(); ++i)
            page.sample(name, labels[i], double(value(reports[i])));
    };
    auto of_all_replicas = [](auto count) {
        return [count](const ParameterShard::Report& report) {
            std::uint64_t n = 0;
            for (const auto& [number, replica] : report.replicas)
                n += count(replica);
            return n;
        };
    };
    each(
        "nonna_version", "pushes applied to the shard", [](const auto& report) { return report.version; },
        "gauge");    // what is called a counter has to end with _total
    each("nonna_pushes_accepted_total", "applied", of_all_replicas([](const auto& r) { return r.tally.accepted; }));
    each("nonna_pushes_repeated_total", "chunks of pushes decided before",
         of_all_replicas([](const auto& r) { return r.repeats; }));
    each("nonna_pushes_stale_total", "not applied: too old",
         of_all_replicas([](const auto& r) { return r.tally.stale; }));
    each("nonna_pushes_refused_total", "not applied: not finite",
         of_all_replicas([](const auto& r) { return r.tally.refused; }));

    page.head("nonna_staleness", "histogram", "applied pushes by the age of their values, in versions");
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const Staleness& staleness = reports[i].staleness;
        const auto bucket = [&](const std::string& most, std::uint64_t pushes) {
            Exposition::Labels all = labels[i];
            all.emplace_back("le", most);
            page.sample("nonna_staleness_bucket", all, double(pushes));
        };
        for (std::uint64_t most = 0; most <= 512; most = most ? 2 * most : 1)
            bucket(std::to_string(most), staleness.up_to(most));
        bucket("+Inf", staleness.count());
        page.sample("nonna_staleness_sum", labels[i], double(staleness.sum()));
        page.sample("nonna_staleness_count", labels[i], double(staleness.count()));
    }
    page.head("nonna_snapshot_age_seconds", "gauge", "since the last snapshot was written");
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < held_.size(); ++i)
        if (held_[i].saved_at)
            page.sample("nonna_snapshot_age_seconds", labels[i],
                        std::chrono::duration<double>(Clock::now() - *held_[i].saved_at).count());
    return page.text();
}

}    // namespace nonna
