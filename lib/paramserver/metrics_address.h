// Where the pages of metrics of a run's processes are: files beside those of the servers' addresses (rendezvous.h),
// each in the form that Prometheus reads (file_sd_configs), so that the folder is all that Prometheus has to be told:
//     metrics-server-0000-0003-of-0008.json   of the server with shards 0 to 3 of 8
//     metrics-replica-0001-0001-of-0002.json  of replica 1 of 2
//     [{"targets": ["127.0.0.1:40123"], "labels": {"__metrics_path__": "/metrics", "job": "nonna-serve",
//       "process": "server 0-3/8", "run": "/srv/run/servers"}}]
//
// A file appears complete and goes when its process ends cleanly; that of a killed one stays, as a target that is down,
// until its successor replaces it. Others than the user may read it, as Prometheus has a user of its own, so that no
// lock says anything. As of servers' addresses, only regular files of our own user that nobody else can write are
// believed.
#pragma once

#include "base/descriptor.h"
#include "paramserver/layout.h"

#include <string>
#include <vector>

namespace nonna
{

struct Process {
    std::string kind;    // server or replica
    Portion portion;     // its shards, or which replica it is
    std::string text() const { return kind + " " + portion.text(); }
};

class MetricsAddress
{
  public:
    // `url` of the page, http://HOST:PORT/PATH. The folder is made where it is not there.
    MetricsAddress(const std::string& folder, const Process& process, const std::string& url);
    ~MetricsAddress();    // the file goes, if it is still ours
    MetricsAddress(const MetricsAddress&) = delete;

  private:
    std::string path_;
    Descriptor file_;
};

struct MetricsPage {
    Process process;
    std::string url;
};
// Servers first, in the order of their portions; what is not as above is passed over.
std::vector<MetricsPage> metrics_pages(const std::string& folder);

}    // namespace nonna
