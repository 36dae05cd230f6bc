#include "paramserver/status.h"

#include "base/error.h"
#include "paramserver/rendezvous.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

namespace nonna
{

using nlohmann::ordered_json;

namespace
{

using Row = std::vector<std::string>;

std::string aligned(const std::vector<Row>& rows)
{
    std::vector<std::size_t> widths;
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths.resize(std::max(widths.size(), i + 1));
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += row[i] + std::string(i + 1 < row.size() ? widths[i] - row[i].size() + 2 : 0, ' ');
        text += "\n";
    }
    return text;
}

std::string seconds(const ordered_json& j)
{
    if (!j.is_number())
        return "never";
    const double s = j.get<double>();
    char text[32];
    if (s < 120)
        std::snprintf(text, sizeof text, "%.0f s", s);
    else
        std::snprintf(text, sizeof text, s < 7200 ? "%.0f min" : "%.0f h", s < 7200 ? s / 60 : s / 3600);
    return text;
}

std::string decimal(double v)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", v);
    return text;
}

// A number of a server's answer, which is from outside.
std::uint64_t whole(const ordered_json& j, const char* name)
{
    const auto found = j.find(name);
    return found != j.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

}    // namespace

std::vector<ServerStatus> ask_servers(const std::vector<std::string>& urls, const ClientOptions& options)
{
    std::vector<ServerStatus> servers;
    for (const std::string& url : urls)
        servers.push_back({url, "", "", ""});
    if (urls.empty()) {
        const std::vector<Found> found = Rendezvous(options.rendezvous).servers();
        for (const Found& f : found)
            servers.push_back({f.url, f.shards.text(), "", ""});
        if (servers.empty())
            throw Error(options.rendezvous, "no server has published itself there", ExitStatus::peer_lost);
        for (const Portion& shards : missing(found))
            servers.push_back({"", shards.text(), "", "missing: no server has published that it holds it"});
    }
    for (ServerStatus& server : servers)
        try {
            if (server.url.empty())
                continue;
            server.json = server_state(server.url, options.access, options.deadline);
            if (!ordered_json::accept(server.json))
                throw Error(server.url, "an answer that is none of ours", ExitStatus::peer_lost);
        } catch (const Error& e) {
            if (e.status() == ExitStatus::usage)
                throw;
            server.json.clear();
            server.reason = e.reason();
        }
    return servers;
}

// A row for each shard; a replica pushes to all shards, so that its row is the sum over them, with the latest contact.
// A server that does not answer has a row that says why: the table is asked for when something is wrong.
std::string status_tables(const std::vector<ServerStatus>& servers, const std::vector<MetricsPage>& pages)
{
    std::vector<Row> shards{{"shard", "version", "pushes/s", "staleness", "99 %", "snapshot", "server"}};
    struct Replica {
        std::uint64_t epoch = 0, accepted = 0, stale = 0, refused = 0, repeats = 0;
        ordered_json contact;
    };
    std::map<std::uint64_t, Replica> replicas;
    for (const ServerStatus& server : servers) {
        if (server.json.empty()) {
            shards.push_back({server.shards.empty() ? "?" : server.shards, "", "", "", "", "",
                              server.url + (server.url.empty() ? "" : ": ") + server.reason});
            continue;
        }
        const ordered_json state = ordered_json::parse(server.json);
        for (const ordered_json& s : state.value("shards", ordered_json::array()))
            shards.push_back({std::to_string(whole(s, "shard")) + "/" + std::to_string(whole(state, "shards_in_all")),
                              std::to_string(whole(s, "version")), decimal(s.value("pushes_per_second", 0.0)),
                              std::to_string(whole(s, "staleness_median")), std::to_string(whole(s, "staleness_p99")),
                              seconds(s.value("snapshot_age", ordered_json())), server.url});
        for (const ordered_json& r : state.value("replicas", ordered_json::array())) {
            Replica& sum = replicas[whole(r, "replica")];
            sum.epoch = std::max(sum.epoch, whole(r, "epoch"));
            sum.accepted += whole(r, "accepted_in_all");
            sum.stale += whole(r, "stale");
            sum.refused += whole(r, "refused");
            sum.repeats += whole(r, "repeats");
            const ordered_json contact = r.value("last_contact", ordered_json());
            if (contact.is_number() && (!sum.contact.is_number() || contact < sum.contact))
                sum.contact = contact;
        }
    }
    std::string text = aligned(shards);
    std::vector<Row> rows{{"replica", "starts", "applied", "too old", "refused", "repeated", "last contact"}};
    for (const auto& [number, r] : replicas)
        rows.push_back({std::to_string(number), std::to_string(r.epoch), std::to_string(r.accepted),
                        std::to_string(r.stale), std::to_string(r.refused), std::to_string(r.repeats),
                        seconds(r.contact)});
    if (!replicas.empty())
        text += "\n" + aligned(rows);
    rows = {{"process", "metrics"}};
    for (const MetricsPage& page : pages)
        rows.push_back({page.process.text(), page.url});
    return text + (pages.empty() ? "" : "\n" + aligned(rows));
}

std::string status_json(const std::vector<ServerStatus>& servers, const std::vector<MetricsPage>& pages)
{
    std::string text;
    for (const ServerStatus& server : servers) {
        ordered_json line;
        line[server.url.empty() ? "shards" : "url"] = server.url.empty() ? server.shards : server.url;
        if (server.json.empty())
            line["error"] = server.reason;
        else
            line["state"] = ordered_json::parse(server.json);
        text += line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    }
    for (const MetricsPage& page : pages)
        text += ordered_json{{"process", page.process.text()}, {"metrics", page.url}}.dump() + "\n";
    return text;
}

}    // namespace nonna
