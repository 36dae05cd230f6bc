// Where a run's servers are: a folder in which each server's file holds its address.
//
// servers-0000-0003-of-0008 holds one line, the URL of the process with shards 0 to 3 of 8, for its own user's eyes. It
// appears complete, once the server answers, and goes when the server ends cleanly. As long as the server lives it
// holds its file locked (flock), and nobody else replaces or removes it; a file without a lock is of a server that was
// killed, and whoever comes for its shards takes its place. A folder belongs to one run: a server's shards are nobody
// else's, and all of the same number of shards.
//
// Others may write into the folder, so that nothing there is believed: what counts is a regular file of our own user
// that nobody else can write, with exactly such a name and one address in it. Everything else is passed over, what is
// called servers-... with a warning; no link is followed, nothing is opened that could make us wait.
#pragma once

#include "base/descriptor.h"
#include "paramserver/layout.h"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace nonna
{

struct Found {
    Portion shards;
    std::string url;
};

// Does a server still answer at an address? Asked where a lock does not say it: of another machine, or without locks.
using StillAnswers = std::function<bool(const Found&)>;

// Error (locked) that names the server which is there with some of these shards, or with another number of shards.
void require_unserved(const std::string& folder, const Portion& shards, const StillAnswers& answers);

class Published
{
  public:
    // Error as of require_unserved, also where two begin at once: then one of them stays, or none.
    Published(const std::string& folder, const Portion& shards, const std::string& url, const StillAnswers& answers);
    ~Published();    // the file goes, if it is still ours
    Published(const Published&) = delete;

  private:
    std::string path_;
    const std::string url_;
    Descriptor file_;    // open and locked
    bool put_in_place(const std::string& temporary);
    void withdraw();
};

// The folder as those read it who look for servers. Any thread at any time.
class Rendezvous
{
  public:
    explicit Rendezvous(std::string folder) : folder_(std::move(folder)) {}
    // In the order of shards; a missing folder has none. Of several that claim a shard, or cut the model otherwise,
    // those whose servers live, if one does.
    std::vector<Found> servers();

  private:
    const std::string folder_;
    std::mutex mutex_;
    std::set<std::string> named_;    // what was warned of, as the folder is read again and again
};

// Those that hold every shard of one cut, each once; empty where some are missing. A run's servers publish themselves
// one after another, and one that was killed may still stand there.
std::vector<Found> complete(const std::vector<Found>& found);
// The shards that are missing from every cut that is there: none where one is complete.
std::vector<Portion> missing(const std::vector<Found>& found);
std::string shards_text(const std::vector<Portion>& shards);    // "shard 1/4, shard 3/4"

// URLs of a list "URL,URL,...", or of a file with one a line.
std::vector<std::string> listed_servers(const std::string& text);

}    // namespace nonna
