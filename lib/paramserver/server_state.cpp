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

Server::Decided Server::decided(const ParameterShard::Report& report)
{
    Decided sum;
    for (const auto& [number, replica] : report.replicas) {
        sum.accepted += replica.tally.accepted;
        sum.repeated += replica.repeats;
        sum.stale += replica.tally.stale;
        sum.refused += replica.tally.refused;
    }
    return sum;
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
    page.head("nonna_version", "gauge", "pushes applied to the shard");    // only what ends in _total is a counter
    for (std::size_t i = 0; i < reports.size(); ++i)
        page.sample("nonna_version", labels[i], double(reports[i].version));
    // Of this process alone: a server that came back from a snapshot would begin below what it had said before, and
    // readers take a counter that falls for one that began anew at 0.
    const auto of_pushes = [&](const char* name, const char* help, std::uint64_t Decided::*count) {
        page.head(name, "counter", help);
        for (std::size_t i = 0; i < reports.size(); ++i)
            page.sample(name, labels[i], double(decided(reports[i]).*count - held_[i].before.*count));
    };
    of_pushes("nonna_pushes_accepted_total", "applied", &Decided::accepted);
    of_pushes("nonna_pushes_repeated_total", "chunks of pushes decided before", &Decided::repeated);
    of_pushes("nonna_pushes_stale_total", "not applied: too old", &Decided::stale);
    of_pushes("nonna_pushes_refused_total", "not applied: not finite", &Decided::refused);

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
