// Where a run's servers are: a folder in which each server's file holds its address.
//
// servers-0000-0003-of-0008 holds one line, the URL of the process with shards 0 to 3 of 8. It appears by an atomic
// rename once the server answers, is replaced when the server comes back elsewhere, and goes when it ends cleanly. A
// folder belongs to one run: publishing a shard removes the files of other numbers of shards.
#pragma once

#include "paramserver/layout.h"

#include <string>
#include <vector>

namespace nonna
{

class Published
{
  public:
    Published(const std::string& folder, const Portion& shards, const std::string& url);
    ~Published();    // the file goes
    Published(const Published&) = delete;

  private:
    std::string path_, url_;
};

struct Found {
    Portion shards;
    std::string url;
};
std::vector<Found> servers_in(const std::string& folder);    // in the order of shards; a missing folder has none

// URLs of a list "URL,URL,...", or of a file with one a line.
std::vector<std::string> listed_servers(const std::string& text);

}    // namespace nonna
