#include "train/tile_processes.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace nonna
{

namespace
{

// What goes over a socket: this, and so many bytes. Both sides are one program on one machine.
struct Frame {
    std::uint64_t tag, size;
};
constexpr std::uint64_t farewell = ~std::uint64_t(0), failure = farewell - 1;    // tags of no message

std::string name_of_tile(const Tiling& tiling, int tile)
{
    return "tile " + std::to_string(tile / tiling.columns) + "," + std::to_string(tile % tiling.columns) + " of " +
           tiling.text();
}

// False where the other side is gone.
bool send_all(int socket, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = uninterrupted([&] { return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
        if (n < 0)
            return false;
        bytes = bytes.subspan(std::size_t(n));
    }
    return true;
}

bool receive_all(int socket, std::span<std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = uninterrupted([&] { return ::recv(socket, bytes.data(), bytes.size(), 0); });
        if (n <= 0)
            return false;
        bytes = bytes.subspan(std::size_t(n));
    }
    return true;
}

class TileProcess : public Exchange
{
  public:
    // `sockets`: to each other tile; none to itself.
    TileProcess(const Tiling& tiling, int tile, std::vector<Descriptor> sockets)
        : Exchange(tile, tiling.tiles()), tiling_(tiling), sockets_(std::move(sockets)),
          arrived_(std::size_t(tiling.tiles()))
    {
        for (int t = 0; t < tiles(); ++t)
            if (t != tile)
                readers_.emplace_back([this, t] { read_from(t); });
    }
    ~TileProcess() override
    {
        for (const Descriptor& socket : sockets_)
            if (socket)
                ::shutdown(socket.number(), SHUT_RDWR);
        for (std::thread& reader : readers_)
            reader.join();
    }

    // All of this tile's messages are sent: that it is gone is no loss.
    void leave() { tell({farewell, 0}, {}); }
    void leave(const Error& e)
    {
        const std::string text = char(e.status()) + e.subject() + '\0' + e.reason();
        tell({failure, text.size()}, std::as_bytes(std::span(text)));
    }

  private:
    const Tiling tiling_;
    std::vector<Descriptor> sockets_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::vector<std::map<std::uint64_t, std::vector<std::byte>>> arrived_;    // from each tile, by tag
    std::vector<bool> left_ = std::vector<bool>(arrived_.size());
    std::optional<Error> lost_;
    std::vector<std::thread> readers_;

    void post(int to, std::uint64_t tag, std::span<const std::byte> bytes) override
    {
        const Frame frame{tag, bytes.size()};
        const int socket = sockets_[std::size_t(to)].number();
        if (send_all(socket, std::as_bytes(std::span(&frame, 1))) && send_all(socket, bytes))
            return;
        std::unique_lock lock(mutex_);    // the reader sees it too, and may know why
        news_.wait(lock, [&] { return lost_ || left_[std::size_t(to)]; });
        throw lost_ ? *lost_ : gone(to);
    }

    void take(int from, std::uint64_t tag, std::span<std::byte> bytes) override
    {
        std::unique_lock lock(mutex_);
        auto& messages = arrived_[std::size_t(from)];
        auto found = messages.end();
        news_.wait(lock, [&] {
            found = messages.find(tag);
            return found != messages.end() || lost_ || left_[std::size_t(from)];
        });
        if (found == messages.end())
            throw lost_ ? *lost_ : gone(from);
        const std::vector<std::byte> message = std::move(found->second);
        messages.erase(found);
        lock.unlock();
        if (message.size() != bytes.size())
            throw Error(name_of_tile(tiling_, from), "has sent something else than was expected");
        std::memcpy(bytes.data(), message.data(), bytes.size());
    }

    Error gone(int tile) const
    {
        return {name_of_tile(tiling_, tile), "its process has ended, and the other tiles' with it",
                ExitStatus::peer_lost};
    }

    void tell(Frame frame, std::span<const std::byte> text)
    {
        for (const Descriptor& socket : sockets_)
            if (socket && send_all(socket.number(), std::as_bytes(std::span(&frame, 1))))
                send_all(socket.number(), text);
    }

    // A reader's life.
    void read_from(int tile)
    {
        const int socket = sockets_[std::size_t(tile)].number();
        for (Frame frame{}; receive_all(socket, std::as_writable_bytes(std::span(&frame, 1)));) {
            std::vector<std::byte> bytes(frame.size);
            if (!receive_all(socket, bytes))
                break;
            const std::lock_guard lock(mutex_);
            if (frame.tag == farewell)
                left_[std::size_t(tile)] = true;
            else if (frame.tag == failure)
                lose(told(bytes));
            else
                arrived_[std::size_t(tile)].emplace(frame.tag, std::move(bytes));
            news_.notify_all();
        }
        const std::lock_guard lock(mutex_);
        if (!left_[std::size_t(tile)])
            lose(gone(tile));
        news_.notify_all();
    }
    void lose(const Error& e)    // the first counts: what follows is what came of it
    {
        if (!lost_)
            lost_ = e;
    }
    static Error told(const std::vector<std::byte>& bytes)
    {
        const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const std::size_t end = text.find('\0');
        return {text.substr(1, end - 1), text.substr(end + 1), ExitStatus(text[0])};
    }
};

// A pair of sockets for every two tiles: [a][b] is what a has to reach b.
std::vector<std::vector<Descriptor>> open_sockets(const Tiling& tiling)
{
    rlimit limit{};    // each process needs few, but this one has them all until it has forked
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &limit);
    }
    const std::size_t n = std::size_t(tiling.tiles());
    std::vector<std::vector<Descriptor>> all;
    for (std::size_t a = 0; a < n; ++a)
        all.emplace_back(n);
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = a + 1; b < n; ++b) {
            int pair[2];
            if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
                throw Error(tiling.text() + " tiles", "too many for one machine: " + errno_reason());
            all[a][b] = Descriptor(pair[0], name_of_tile(tiling, int(b)));
            all[b][a] = Descriptor(pair[1], name_of_tile(tiling, int(a)));
        }
    return all;
}

// What a tile does, here or in a child; an Error is told to the others before it leaves.
void run_tile(const Tiling& tiling, int tile, std::vector<Descriptor> sockets,
              const std::function<void(const TilePlace&)>& f)
{
    TileProcess process(tiling, tile, std::move(sockets));
    try {
        f({tiling, &process});
        process.leave();
    } catch (const Error& e) {
        if (process.ended_together())
            process.leave();
        else
            process.leave(e);
        throw;
    } catch (const std::exception& e) {
        process.leave(Error(name_of_tile(tiling, tile), e.what()));
        throw;
    }
}

[[noreturn]] void live_as_child(const Tiling& tiling, int tile, std::vector<Descriptor> sockets, pid_t parent,
                                const std::function<void(const TilePlace&)>& f)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)    // it had ended already
        ::_exit(int(ExitStatus::peer_lost));
    ignore_interrupts();
    set_verbosity(Verbosity::quiet);
    int status = int(ExitStatus::done);
    try {
        run_tile(tiling, tile, std::move(sockets), f);
    } catch (const Error& e) {
        status = int(e.status());
    } catch (...) {
        status = int(ExitStatus::failed);
    }
    ::_exit(status);
}

// The children of this process, none of which outlives it.
class Children
{
  public:
    ~Children()
    {
        for (const pid_t child : pids_)
            ::kill(child, SIGKILL);
        for (const pid_t child : pids_)
            wait_for(child);
    }
    void add(pid_t child) { pids_.push_back(child); }
    void end()    // they have left, or are about to
    {
        for (const pid_t child : std::exchange(pids_, {}))
            wait_for(child);
    }

  private:
    std::vector<pid_t> pids_;
    static void wait_for(pid_t child)
    {
        uninterrupted([&] { return ::waitpid(child, nullptr, 0); });
    }
};

// A tile whose messages the parameter servers' transport carries.
class DistantTile : public Exchange
{
  public:
    explicit DistantTile(const TilePeersOptions& options)
        : Exchange(int(options.tile), int(options.tiles)), peers_(options)
    {
    }
    TilePeers& peers() { return peers_; }

  private:
    TilePeers peers_;
    void post(int to, std::uint64_t tag, std::span<const std::byte> bytes) override
    {
        peers_.post(std::uint32_t(to), tag, bytes);
    }
    void take(int from, std::uint64_t tag, std::span<std::byte> bytes) override
    {
        peers_.take(std::uint32_t(from), tag, bytes);
    }
};

}    // namespace

void in_tile_processes(const Tiling& tiling, const std::function<void(const TilePlace&)>& f)
{
    std::vector<std::vector<Descriptor>> sockets = open_sockets(tiling);
    const pid_t self = ::getpid();
    Children children;
    for (int t = 1; t < tiling.tiles(); ++t) {
        const pid_t child = ::fork();
        if (child < 0)
            throw Error(name_of_tile(tiling, t), "no process for it: " + errno_reason());
        if (child == 0) {
            std::vector<Descriptor> own = std::move(sockets[std::size_t(t)]);
            sockets.clear();    // the others': else none would ever be seen to close
            live_as_child(tiling, t, std::move(own), self, f);
        }
        children.add(child);
    }
    std::vector<Descriptor> own = std::move(sockets.front());
    sockets.clear();
    run_tile(tiling, 0, std::move(own), f);
    children.end();
}

void in_tile_process(const Tiling& tiling, const TilePeersOptions& options,
                     const std::function<void(const TilePlace&)>& f)
{
    DistantTile tile(options);
    try {
        f({tiling, &tile});
    } catch (const std::exception& e) {
        if (tile.ended_together())
            tile.peers().finish();
        else
            tile.peers().give_up(e.what());
        throw;
    }
    tile.peers().finish();
}

}    // namespace nonna
