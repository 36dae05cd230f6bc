#include "paramserver/cluster.h"

#include "base/error.h"
#include "base/log.h"
#include "base/supervise.h"
#include "io/spool.h"
#include "paramserver/access.h"

#include <filesystem>

#include <stdlib.h>

namespace nonna
{

namespace
{

// A folder for one run; a temporary one is removed with it, unless it failed and some replica had come
// to its first checkpoint.
class Folder
{
  public:
    explicit Folder(const std::string& given) : owned_(given.empty())
    {
        if (!owned_) {    // sockets are found from anywhere by whole paths
            path_ = std::filesystem::absolute(given).string();
            return;
        }
        path_ = temporary_folder() + "/nonna-cluster-XXXXXX";
        if (!::mkdtemp(path_.data()))
            throw Error(temporary_folder() + ": temporary folder (TMPDIR names another place, --folder one that stays)",
                        errno_reason());
    }
    ~Folder()
    {
        std::error_code ignored;
        if (!owned_)
            return;
        if (!finished_ && stays())
            say("what was learnt is kept: --folder " + path_ + " --resume goes on with it");
        else
            std::filesystem::remove_all(path_, ignored);
    }
    void finished() { finished_ = true; }
    bool stays() const    // with something to go on from
    {
        std::error_code ignored;
        bool learnt = !owned_;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path_, ignored))
            learnt = learnt || entry.path().filename().string().starts_with("step-");
        return learnt;
    }
    Folder(const Folder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    bool owned_, finished_ = false;
};

// A command line, word by word.
class Words
{
  public:
    Words(const std::string& program) : words_{program} {}
    Words& add(const std::string& word)
    {
        words_.push_back(word);
        return *this;
    }
    Words& add(const std::string& option, const std::string& value) { return add(option).add(value); }
    Words& add(const std::vector<std::string>& words)
    {
        words_.insert(words_.end(), words.begin(), words.end());
        return *this;
    }
    const std::vector<std::string>& all()
    {
        if (verbosity() != Verbosity::normal)    // as talkative as this program
            words_.push_back(verbosity() == Verbosity::quiet ? "-q" : "-v");
        return words_;
    }

  private:
    std::vector<std::string> words_;
};

std::string part(std::int64_t i, std::int64_t of) { return std::to_string(i) + "/" + std::to_string(of); }

std::string socket_of(const std::string& folder, std::int64_t server)
{
    return "ipc://" + folder + "/server-" + std::to_string(server);
}

Program server(const ClusterOptions& o, const std::string& folder, std::int64_t i)
{
    Words words(sibling("nonna-serve"));
    words.add(o.model).add("--shard", part(i, o.servers)).add("--rendezvous", folder + "/servers");
    words.add("--listen", socket_of(folder, i));
    words.add("--snapshot", folder + "/snapshots").add(o.serve);
    return {"server " + std::to_string(i), words.all(), {}, true};
}

Program replica(const ClusterOptions& o, const std::string& folder, std::int64_t i)
{
    Words words(sibling("nonna-train"));
    words.add(o.model).add("--replica", part(i, o.replicas)).add("--rendezvous", folder + "/servers");
    words.add("--steps", std::to_string(o.steps / o.replicas + (i < o.steps % o.replicas)));
    words.add("--checkpoint", folder + "/replica-" + std::to_string(i)).add(o.train);
    if (i == 0)
        words.add(o.train_first);
    if (!o.logs.empty())
        words.add("--log", o.logs + "/train-" + std::to_string(i) + ".tsv");
    if (o.resume)
        words.add("--resume");
    return {"replica " + std::to_string(i), words.all(),
            o.resume ? std::vector<std::string>() : std::vector<std::string>{"--resume"}, false};
}

}    // namespace

void run_cluster(const ClusterOptions& o)
{
    if (!o.folder.empty() && !o.resume && std::filesystem::exists(o.folder + "/snapshots"))
        throw Error(o.folder, "holds a run already; --resume goes on with it", ExitStatus::usage);
    std::error_code failure;
    if (!o.logs.empty() && (std::filesystem::create_directories(o.logs, failure), failure))
        throw Error(o.logs, "the folder cannot be made: " + failure.message());
    Folder folder(o.folder);
    require_short_path(socket_of(folder.path(), o.servers - 1),
                       "a --folder with a shorter path" + std::string(o.folder.empty() ? ", or TMPDIR" : ""));
    std::vector<Program> programs;
    for (std::int64_t i = 0; i < o.servers; ++i)
        programs.push_back(server(o, folder.path(), i));
    for (std::int64_t i = 0; i < o.replicas; ++i)
        programs.push_back(replica(o, folder.path(), i));
    Words pull(sibling("nonna-info"));
    pull.add("--rendezvous", folder.path() + "/servers").add("--model", o.model).add("--pull", o.output);
    pull.add("--deadline", "60");    // a busy machine is no reason to lose what was learnt
    const Program last{"model", pull.all(), {}, false};
    try {
        supervise(programs, &last);
    } catch (const Error& e) {
        if (e.status() == ExitStatus::interrupted && !folder.stays())    // it begins anew
            throw Error(e.subject(), e.reason());
        throw;
    }
    folder.finished();
}

}    // namespace nonna
