// What running servers say of themselves, as people read it.
#pragma once

#include "paramserver/client.h"
#include "paramserver/metrics_address.h"

#include <string>
#include <vector>

namespace nonna
{

struct ServerStatus {
    std::string url;       // empty: nobody has published that he has these shards
    std::string shards;    // as the folder says; empty where it was not asked
    std::string json;      // nonna-protocol(7); empty: did not answer
    std::string reason;    // why not
};

// Of every server of a list, or of the folder where it is empty, then of the shards that nobody there has. Error where
// there is nobody.
std::vector<ServerStatus> ask_servers(const std::vector<std::string>& urls, const ClientOptions& options);

// Tables of servers, of replicas and of pages of metrics, columns filled with spaces.
std::string status_tables(const std::vector<ServerStatus>& servers, const std::vector<MetricsPage>& pages);
// One object a line: {"url": ..., "state": ...} or {"url": ..., "error": ...}; {"shards": "1/4", "error": ...} of those
// that are missing; {"process": "replica 0/2", "metrics": URL}.
std::string status_json(const std::vector<ServerStatus>& servers, const std::vector<MetricsPage>& pages);

}    // namespace nonna
