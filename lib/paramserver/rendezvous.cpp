#include "paramserver/rendezvous.h"

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"
#include "io/output.h"
#include "paramserver/access.h"
#include "paramserver/shared_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr const char* common_beginning = "servers-";
constexpr std::size_t most_address = 4096;    // bytes

std::string file_name(const Portion& shards)
{
    char name[64];
    std::snprintf(name, sizeof name, "%s%04u-%04u-of-%04u", common_beginning, shards.first, shards.last, shards.of);
    return name;
}

// Only of a name that we would have given: what scanning lets pass is held against that.
std::optional<Portion> portion_of(const std::string& name)
{
    Portion p;
    if (std::sscanf(name.c_str(), "servers-%4u-%4u-of-%4u", &p.first, &p.last, &p.of) != 3 || file_name(p) != name ||
        p.first > p.last || p.last >= p.of || p.of > Layout::most_shards)
        return std::nullopt;
    return p;
}

// The address in a file, or in `against` why there is none; neither of a file that is gone.
std::string address_in(const std::string& path, std::string& against)
{
    struct stat status {
    };
    if (::lstat(path.c_str(), &status) != 0)
        return "";
    against = reason_against(status);
    if (!against.empty())
        return "";
    Descriptor file = open_ours(path, O_RDONLY);
    if (!file) {
        against = ::lstat(path.c_str(), &status) == 0 ? "cannot be opened" : "";
        return "";
    }
    std::string text(most_address, '\0');
    try {
        text.resize(file.read(std::as_writable_bytes(std::span(text))));
        against = "holds no server's address";
        if (text.find('\n') + 1 != text.size() || text.empty())    // one line, to its end
            return "";
        text.pop_back();
        if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; }))
            return "";
        is_loopback(text);    // throws of what is no address
        against.clear();
        return text;
    } catch (const Error& e) {
        against = e.status() == ExitStatus::usage ? against : e.reason();
        return "";
    }
}

bool overlap(const Portion& a, const Portion& b) { return a.of != b.of || (a.first <= b.last && b.first <= a.last); }

// Who looks whether a file is locked has a lock of its own for that moment, so that one moment says nothing.
bool lock_soon(const Descriptor& file, bool shared)
{
    for (int tries = 0; tries < 20; ++tries) {
        if (file.try_lock(shared))
            return true;
        ::poll(nullptr, 0, 10);
    }
    return false;
}

// The lock is this machine's kernel's, or a file server's if that has locks: an address beyond this machine is asked,
// too.
bool lives(const Descriptor& file, const Found& server, const StillAnswers& answers)
{
    try {
        if (!lock_soon(file, true))
            return true;
    } catch (const Error&) {    // no locks in this file system
        return !server.url.empty() && answers(server);
    }
    return !server.url.empty() && !is_loopback(server.url) && answers(server);
}

[[noreturn]] void throw_served(const std::string& path, const Found& server)
{
    throw Error(path,
                "a server of shard " + server.shards.text() + " is running" +
                    (server.url.empty() ? "" : ", at " + server.url) + "; stop it, or give another --rendezvous",
                ExitStatus::locked);
}

// Calls `dead(path)` of every server's file of our own that stands in the way and whose server does not live.
template <class Dead>
void look_for_servers(const std::string& folder, const Portion& shards, const std::string& but,
                      const StillAnswers& answers, Dead dead)
{
    for (const std::string& name : names_in(folder)) {
        const std::optional<Portion> other = portion_of(name);
        if (!other || name == but || !overlap(*other, shards))
            continue;
        const std::string path = folder + "/" + name;
        const Descriptor file = open_ours(path, O_RDONLY);
        if (!file)
            continue;
        std::string against;
        const Found server{*other, address_in(path, against)};
        if (lives(file, server, answers))
            throw_served(path, server);
        dead(path);
    }
}

}    // namespace

void require_unserved(const std::string& folder, const Portion& shards, const StillAnswers& answers)
{
    look_for_servers(folder, shards, "", answers, [](const std::string&) {});
}

// The file is written under another name and locked, then put in its place; whoever comes second finds it locked. Two
// whose shards overlap have different names: each looks once more when its own is there, so that one of them sees the
// other, or both do.
Published::Published(const std::string& folder, const Portion& shards, const std::string& url,
                     const StillAnswers& answers)
    : url_(url)
{
    const std::string name = file_name(shards);
    path_ = folder + "/" + name;
    std::string temporary;
    file_ = open_temporary(folder, name, 0600, temporary);
    try {
        file_.write(url + "\n");
        file_.sync();
        for (int tries = 0;; ++tries) {
            require_unserved(folder, shards, answers);
            if (put_in_place(temporary))
                break;
            if (tries == 20)
                throw Error(path_, "cannot be replaced by this server's address: remove it");
        }
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    sync_folder(folder);
    try {
        look_for_servers(folder, shards, name, answers, [](const std::string& path) { ::unlink(path.c_str()); });
    } catch (...) {
        withdraw();
        throw;
    }
}

// False where another was quicker, and all is to be looked at anew.
bool Published::put_in_place(const std::string& temporary)
{
    struct stat there {
    };
    Descriptor dead;     // held until ours is there
    std::string trap;    // what it was, if no file of anybody's
    if (::lstat(path_.c_str(), &there) != 0) {
        if (::link(temporary.c_str(), path_.c_str()) == 0) {    // unlike rename, it replaces nothing
            ::unlink(temporary.c_str());
            return true;
        }
        if (errno == EEXIST)
            return false;    // else a file system without hard links
    } else if (is_ours(there)) {
        dead = open_ours(path_, O_RDWR);    // over NFS only who may write can lock
        if (!dead)
            dead = open_ours(path_, O_RDONLY);
        try {
            if (dead && !lock_soon(dead, false))
                return false;
        } catch (const Error&) {    // no locks here
        }
        struct stat now {
        };
        if (!dead || ::lstat(path_.c_str(), &now) != 0 || !same_file(there, now))
            return false;
    } else if (S_ISREG(there.st_mode))
        throw Error(path_, "belongs to another user: remove it, or give another --rendezvous", ExitStatus::locked);
    else
        trap = reason_against(there);
    if (std::rename(temporary.c_str(), path_.c_str()) != 0)
        throw Error(path_, errno_reason() + ": the server's address cannot be put there");
    if (!trap.empty())
        warn(path_, trap + "; replaced by this server's address");
    return true;
}

void Published::withdraw()
{
    struct stat there {
    }, ours{};
    std::string against;
    if (::lstat(path_.c_str(), &there) == 0 && ::fstat(file_.number(), &ours) == 0 && same_file(there, ours) &&
        address_in(path_, against) == url_)
        ::unlink(path_.c_str());
}

Published::~Published()
{
    try {
        withdraw();
    } catch (const std::exception&) {
    }
}

namespace
{

bool in_conflict(const std::vector<Found>& all)    // in the order of shards
{
    for (std::size_t i = 1; i < all.size(); ++i)
        if (overlap(all[i - 1].shards, all[i].shards))
            return true;
    return false;
}

bool is_locked(const std::string& path)
{
    try {
        const Descriptor file = open_ours(path, O_RDONLY);
        return file && !file.try_lock(true);
    } catch (const Error&) {    // no locks here
        return false;
    }
}

}    // namespace

std::vector<Found> Rendezvous::servers()
{
    std::vector<Found> all;
    std::vector<std::pair<std::string, std::string>> strays;    // new ones: path, reason
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names_in(folder_)) {
        if (!name.starts_with(common_beginning))
            continue;
        const std::string path = folder_ + "/" + name;
        const std::optional<Portion> shards = portion_of(name);
        std::string against = "not the name of a server's file";
        const std::string url = shards ? address_in(path, against) : "";
        if (!url.empty())
            all.push_back({*shards, url});
        else if (!against.empty() && named_.insert(name + ": " + against).second)
            strays.emplace_back(path, against);
    }
    if (!strays.empty())
        warn(strays.front().first,
             strays.front().second + "; passed over" +
                 (strays.size() > 1 ? ", as " + std::to_string(strays.size() - 1) + " more like it are" : ""));
    std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.shards.first < b.shards.first; });
    if (in_conflict(all)) {
        std::vector<Found> living;
        std::copy_if(all.begin(), all.end(), std::back_inserter(living),
                     [&](const Found& f) { return is_locked(folder_ + "/" + file_name(f.shards)); });
        return living.empty() ? all : living;
    }
    return all;
}

namespace
{

// A row of servers of one number of shards, from shard 0 to the last, each beginning where the one before ends; empty
// where there is none.
std::vector<Found> chain_of(const std::vector<Found>& found, std::uint32_t of)
{
    std::map<std::uint32_t, const Found*> last{{0, nullptr}};    // of a row that ends before this shard
    for (const Found& f : found)    // in the order of shards, so that each row to a shard is known when that begins
        if (f.shards.of == of && last.contains(f.shards.first))
            last.try_emplace(f.shards.last + 1, &f);
    std::vector<Found> chain;
    if (last.contains(of))
        for (std::uint32_t at = of; at > 0; at = chain.back().shards.first)
            chain.push_back(*last[at]);
    std::reverse(chain.begin(), chain.end());
    return chain;
}

std::set<std::uint32_t> cuts_of(const std::vector<Found>& found)
{
    std::set<std::uint32_t> all;
    for (const Found& f : found)
        all.insert(f.shards.of);
    return all;
}

}    // namespace

std::vector<Found> complete(const std::vector<Found>& found)
{
    for (const std::uint32_t of : cuts_of(found))
        if (std::vector<Found> chain = chain_of(found, of); !chain.empty())
            return chain;
    return {};
}

std::vector<Portion> missing(const std::vector<Found>& found)
{
    if (!complete(found).empty())
        return {};
    std::vector<Portion> gaps;
    for (const std::uint32_t of : cuts_of(found)) {
        std::uint32_t next = 0;    // the first shard that nobody before holds
        for (const Found& f : found) {
            if (f.shards.of != of)
                continue;
            if (f.shards.first > next)
                gaps.push_back({next, f.shards.first - 1, of});
            next = std::max(next, f.shards.last + 1);
        }
        if (next < of)
            gaps.push_back({next, of - 1, of});
    }
    return gaps;
}

std::string shards_text(const std::vector<Portion>& shards)
{
    std::string text;
    for (const Portion& p : shards)
        text += (text.empty() ? "shard " : ", shard ") + p.text();
    return text;
}

std::vector<std::string> listed_servers(const std::string& text)
{
    const auto unschemed = [](const std::string& address) {
        return Error(address, "not an address, which begins with tcp://, tls+tcp:// or ipc://", ExitStatus::usage);
    };
    std::string list = text;
    char separator = ',';
    if (text.find("://") == std::string::npos) {
        // HOST:PORT, unless a file is called so
        if (text.find(':') != std::string::npos && ::access(text.c_str(), F_OK) != 0)
            throw unschemed(text);
        list = without_mark(read_whole_file(text, 1 << 20));
        separator = '\n';
    }
    std::vector<std::string> urls;
    std::istringstream lines(list);
    for (std::string url; std::getline(lines, url, separator);)
        if (!url.empty() && url[0] != '#') {
            if (url.find("://") == std::string::npos)
                throw unschemed(url);
            urls.push_back(url);
        }
    if (urls.empty())
        throw Error(text, "names no server", ExitStatus::usage);
    return urls;
}

}    // namespace nonna
