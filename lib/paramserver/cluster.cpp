#include "paramserver/cluster.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/log.h"
#include "base/supervise.h"
#include "io/spool.h"
#include "paramserver/access.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

constexpr const char* lock_name = "lock";
constexpr const char* folder_begins = "nonna-cluster-";

// Whether somebody is at work in the folder: this program, or what it had started and did not come to stop.
bool in_use(const fs::path& folder)
{
    std::error_code error;
    for (fs::recursive_directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
        const std::string name = i->path().filename().string();
        if (name != lock_name && !name.ends_with(".lock"))
            continue;
        const Descriptor lock = Descriptor::try_open(i->path().string(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
        if (lock && !lock.try_lock(false))
            return true;
    }
    return false;
}

bool has_learnt(const fs::path& folder)    // there is something to go on from
{
    std::error_code error;
    for (const auto& below : fs::recursive_directory_iterator(folder, error))
        if (below.path().filename().string().starts_with("step-"))
            return true;
    return false;
}

void say_kept(const fs::path& folder)
{
    say("what was learnt is kept: --folder " + folder.string() + " --resume goes on with it");
}

// Temporary folders of runs that were killed are known by the lock that nobody holds any more. They go, as they would
// have gone with their run; where something was learnt they stay, as they would have stayed, and lose the lock, so that
// this is said once.
void clear_up_after_killed()
{
    std::error_code error;
    for (fs::directory_iterator i(temporary_folder(), error), end; !error && i != end; i.increment(error)) {
        const fs::path folder = i->path();
        struct stat about {
        };
        std::error_code ignored;
        if (folder.filename().string().starts_with(folder_begins) && ::lstat(folder.c_str(), &about) == 0 &&
            S_ISDIR(about.st_mode) && about.st_uid == ::geteuid() && fs::exists(folder / lock_name, ignored) &&
            !in_use(folder)) {
            if (!has_learnt(folder)) {
                fs::remove_all(folder, ignored);
            } else if (fs::remove(folder / lock_name, ignored)) {
                say("a run was killed");
                say_kept(folder);
            }
        }
    }
}

// A folder for one run; a temporary one is removed with it, unless it failed and some replica had come
// to its first checkpoint. While it is used its lock is held, and it has one as long as it is to be removed.
class Folder
{
  public:
    explicit Folder(const std::string& given) : owned_(given.empty())
    {
        if (!owned_) {    // sockets are found from anywhere by whole paths
            path_ = std::filesystem::absolute(given).string();
            std::error_code ignored;
            if (fs::path(path_).filename().string().starts_with(folder_begins) && !in_use(path_))    // a killed run's
                fs::remove(path_ + "/" + lock_name, ignored);
            return;
        }
        clear_up_after_killed();
        do {    // until it was locked before another run took it for one that was left
            path_ = temporary_folder() + "/" + folder_begins + "XXXXXX";
            if (!::mkdtemp(path_.data()))
                throw Error(temporary_folder() +
                                ": temporary folder (TMPDIR names another place, --folder one that stays)",
                            errno_reason());
            lock_ = Descriptor::try_open(path_ + "/" + lock_name, O_RDWR | O_CREAT | O_EXCL);
            if (!lock_ && errno != ENOENT)
                throw Error(path_ + "/" + lock_name, errno_reason());
        } while (!lock_ || !lock_.try_lock(false) || ::access((path_ + "/" + lock_name).c_str(), F_OK) != 0);
    }
    ~Folder()
    {
        std::error_code ignored;
        if (!owned_)
            return;
        if (!finished_ && stays()) {
            std::filesystem::remove(path_ + "/" + lock_name, ignored);
            say_kept(path_);
        } else {
            std::filesystem::remove_all(path_, ignored);
        }
    }
    void finished() { finished_ = true; }
    bool stays() const { return !owned_ || has_learnt(path_); }
    Folder(const Folder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    bool owned_, finished_ = false;
    Descriptor lock_;
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
