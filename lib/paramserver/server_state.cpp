// What a server says of itself: JSON for our own programs, Prometheus text for everybody's.
#include "paramserver/server.h"

#include <nlohmann/json.hpp>

namespace nonna
{

using nlohmann::ordered_json;

std::string Server::state() const
{
    const auto now = Clock::now();
    auto seconds = [&](Clock::time_point then) { return std::chrono::duration<double>(now - then).count(); };
    static constexpr const char* rules[] = {"sgd", "momentum", "adagrad"};
    ordered_json all = {{"protocol", protocol_version},
                        {"shards_in_all", of_},
                        {"optimizer", rules[rule_.rule]},
                        {"rate", rule_.rate},
                        {"max_staleness", rule_.max_staleness},
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
        const Shard::Counts c = held.shard->counts();
        ordered_json shard = {{"shard", held.shard->index()},
                              {"first", held.shard->range().first},
                              {"count", held.shard->range().count},
                              {"version", c.version},
                              {"base", c.base},
                              {"staleness_median", c.staleness.quantile(0.5)},
                              {"staleness_p99", c.staleness.quantile(0.99)}};
        const std::lock_guard lock(mutex_);
        shard["pushes_per_second"] = rate(held);
        if (held.snapshots)
            shard["snapshot_version"] = held.saved;
        shard["snapshot_age"] = held.saved_at ? ordered_json(seconds(*held.saved_at)) : ordered_json(nullptr);
        all["shards"].push_back(shard);
        for (const auto& [replica, r] : c.replicas) {
            const auto contact = contact_.find(replica);
            all["replicas"].push_back(
                {{"shard", held.shard->index()},
                 {"replica", replica},
                 {"epoch", r.epoch},
                 {"sequence", r.seen},
                 {"accepted", r.accepted},
                 {"accepted_in_all", r.all},
                 {"stale", r.stale},
                 {"refused", r.refused},
                 {"repeats", r.repeats},
                 {"last_contact",
                  contact == contact_.end() ? ordered_json(nullptr) : ordered_json(seconds(contact->second))}});
        }
    }
    return all.dump();
}

std::string Server::metrics() const
{
    std::string text;
    auto head = [&](const char* name, const char* type, const char* help) {
        text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
    };
    auto line = [&](const std::string& name, double value) {
        char number[64];
        std::snprintf(number, sizeof number, " %.17g\n", value);
        text += name + number;
    };
    auto one = [&](const char* name, const char* type, const char* help, double value) {
        head(name, type, help);
        line(name, value);
    };
    one("nonna_requests_total", "counter", "messages answered", double(requests_));
    one("nonna_errors_total", "counter", "messages answered with an error", double(errors_));
    one("nonna_refused_greetings_total", "counter", "clients without the token or of another model",
        double(refused_greetings_));
    one("nonna_received_bytes_total", "counter", "bytes of requests", double(bytes_in_));
    one("nonna_sent_bytes_total", "counter", "bytes of answers", double(bytes_out_));
    one("nonna_failed_snapshots_total", "counter", "snapshots that could not be written", double(failed_snapshots_));

    std::vector<Shard::Counts> counts;
    std::vector<std::string> labels;
    for (const Held& held : held_) {
        counts.push_back(held.shard->counts());
        labels.push_back("shard=\"" + std::to_string(held.shard->index()) + "\"");
    }
    auto each = [&](const char* name, const char* type, const char* help, auto value) {
        head(name, type, help);
        for (std::size_t i = 0; i < counts.size(); ++i)
            line(std::string(name) + "{" + labels[i] + "}", double(value(counts[i])));
    };
    auto sum = [](std::uint64_t ReplicaRecord::*member) {
        return [member](const Shard::Counts& c) {
            std::uint64_t n = 0;
            for (const auto& [replica, r] : c.replicas)
                n += r.*member;
            return n;
        };
    };
    each("nonna_version", "counter", "pushes applied to the shard", [](const auto& c) { return c.version; });
    each("nonna_pushes_accepted_total", "counter", "applied", sum(&ReplicaRecord::all));
    each("nonna_pushes_repeated_total", "counter", "chunks of pushes decided before", sum(&ReplicaRecord::repeats));
    each("nonna_pushes_stale_total", "counter", "not applied: too old", sum(&ReplicaRecord::stale));
    each("nonna_pushes_refused_total", "counter", "not applied: not finite", sum(&ReplicaRecord::refused));
    head("nonna_staleness", "histogram", "applied pushes by the age of their values, in versions");
    for (std::size_t i = 0; i < counts.size(); ++i) {
        for (std::uint64_t most = 0; most <= 512; most = most ? 2 * most : 1)
            line("nonna_staleness_bucket{" + labels[i] + ",le=\"" + std::to_string(most) + "\"}",
                 double(counts[i].staleness.up_to(most)));
        line("nonna_staleness_bucket{" + labels[i] + ",le=\"+Inf\"}", double(counts[i].staleness.count()));
        line("nonna_staleness_sum{" + labels[i] + "}", double(counts[i].staleness.sum()));
        line("nonna_staleness_count{" + labels[i] + "}", double(counts[i].staleness.count()));
    }
    head("nonna_snapshot_age_seconds", "gauge", "since the last snapshot was written");
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < held_.size(); ++i)
        if (held_[i].saved_at)
            line("nonna_snapshot_age_seconds{" + labels[i] + "}",
                 std::chrono::duration<double>(Clock::now() - *held_[i].saved_at).count());
    return text;
}

}    // namespace nonna
