// What it costs tiles to hand numbers to each other, beside nng's own request and reply, in turns.
//
//   bench_tiles URL ROUNDS        URL: ipc, or tcp://127.0.0.1:0
//
// Prints TSV: bytes, then medians in milliseconds of one message each way between two processes, at the same time:
// TilePeers; a bare Requester and Responder, one message and an empty answer in each direction; nng's REQ and REP.
#include "paramserver/tile_peers.h"
#include "paramserver/transport.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace
{

using namespace nonna;
using Clock = std::chrono::steady_clock;

const std::vector<std::size_t> sizes = {1 << 10, 1 << 14, 1 << 18, 1 << 20, 4 << 20};

void must(int result)
{
    if (result != 0) {
        std::fprintf(stderr, "nng: %s\n", nng_strerror(result));
        std::exit(1);
    }
}

// One side of an exchange: round(size) hands one message over and has got the other's.
using Round = std::function<void(std::size_t)>;

std::vector<double> medians(int rounds, const Round& round)
{
    std::vector<double> all;
    for (const std::size_t size : sizes) {
        std::vector<double> each;
        for (int i = 0; i < rounds; ++i) {
            const Clock::time_point start = Clock::now();
            round(size);
            each.push_back(1000 * std::chrono::duration<double>(Clock::now() - start).count());
        }
        std::sort(each.begin(), each.end());
        all.push_back(each[each.size() / 2]);
    }
    return all;
}

// Both sides run the same rounds; the child's times are not looked at.
std::vector<double> between_two(int rounds, const std::function<Round(int side)>& make)
{
    const pid_t child = fork();
    if (child == 0) {
        medians(rounds, make(1));
        _exit(0);
    }
    std::vector<double> all = medians(rounds, make(0));
    int status = 0;
    waitpid(child, &status, 0);
    return all;
}

std::string address_at(const std::string& path)
{
    for (;;) {
        std::ifstream file(path);
        std::string url;
        if (std::getline(file, url) && !file.eof())
            return url;
        std::this_thread::yield();
    }
}

void publish(const std::string& path, const std::string& url)
{
    std::ofstream(path + ".new") << url << "\n";
    std::filesystem::rename(path + ".new", path);
}

Round tile_rounds(const std::string& folder, const std::string& url, int side)
{
    TilePeersOptions o;
    o.folder = folder;
    o.tile = std::uint32_t(side);
    o.tiles = 2;
    o.listen = url;
    const std::shared_ptr<TilePeers> peers(new TilePeers(o), [](TilePeers* all) {
        all->finish();
        delete all;
    });
    return [peers, side, tag = std::uint64_t(0), bytes = std::vector<std::byte>()](std::size_t size) mutable {
        bytes.resize(size);
        peers->post(std::uint32_t(1 - side), ++tag, bytes);
        peers->take(std::uint32_t(1 - side), tag, bytes);
    };
}

// What comes is counted: a round ends when both its own message was acknowledged and the other's has come.
struct Bare {
    std::mutex mutex;
    std::condition_variable changed;
    int came = 0, rounds = 0;
    std::unique_ptr<Responder> responder;
    std::unique_ptr<Requester> requester;
    std::vector<std::byte> bytes;
};

Round bare_rounds(const std::string& folder, const std::string& url, int side)
{
    auto b = std::make_shared<Bare>();
    const std::string at = folder + "/bare-" + std::to_string(side);
    b->responder = std::make_unique<Responder>(
        url.starts_with("ipc") ? "ipc://" + at + ".socket" : url, Access{}, std::size_t(8) << 20,
        Responder::Callbacks{[b = b.get()](Message&&, Responder::Peer) {
                                 const std::lock_guard lock(b->mutex);
                                 ++b->came;
                                 b->changed.notify_all();
                                 return Message();
                             },
                             [](Responder::Peer) {}, [](Responder::Peer) { return Standing::replica; }});
    publish(at, b->responder->address());
    b->requester = std::make_unique<Requester>(address_at(folder + "/bare-" + std::to_string(1 - side)), Access{}, 4096,
                                               60, [] { return false; });
    return [b](std::size_t size) {
        b->bytes.resize(size);
        b->requester->exchange(
            1, 60, [&](std::size_t) { return Message(b->bytes); }, [](std::size_t, Message&&) {}, [] { return false; });
        std::unique_lock lock(b->mutex);
        ++b->rounds;
        b->changed.wait(lock, [&] { return b->came >= b->rounds; });
    };
}

Round nng_rounds(const std::string& folder, const std::string& url, int side)
{
    struct Sockets {
        nng_socket rep, req;
    };
    auto s = std::make_shared<Sockets>();
    must(nng_rep0_open(&s->rep));
    must(nng_req0_open(&s->req));
    const std::string at = folder + "/nng-" + std::to_string(side);
    std::string here = "ipc://" + at + ".socket";
    nng_listener listener;
    must(nng_listen(s->rep, url.starts_with("ipc") ? here.c_str() : url.c_str(), &listener, 0));
    if (!url.starts_with("ipc")) {
        char* bound = nullptr;
        must(nng_listener_get_string(listener, NNG_OPT_URL, &bound));
        here = bound;
    }
    publish(at, here);
    must(nng_dial(s->req, address_at(folder + "/nng-" + std::to_string(1 - side)).c_str(), nullptr, 0));
    return [s](std::size_t size) {
        std::thread answering([&] {
            nng_msg* m = nullptr;
            must(nng_recvmsg(s->rep, &m, 0));
            nng_msg_clear(m);
            must(nng_sendmsg(s->rep, m, 0));
        });
        nng_msg* m = nullptr;
        must(nng_msg_alloc(&m, size));
        must(nng_sendmsg(s->req, m, 0));
        must(nng_recvmsg(s->req, &m, 0));
        nng_msg_free(m);
        answering.join();
    };
}

}    // namespace

int main(int argc, char** argv)
{
    if (argc != 3)
        return 2;
    const std::string url = argv[1];
    const int rounds = std::atoi(argv[2]);
    std::string folder = "/tmp/nonna-bench-tiles-XXXXXX";
    if (!mkdtemp(folder.data()))
        return 1;
    // a process each, as nng's threads do not survive a fork
    const auto measure = [&](const std::function<Round(int)>& make) {
        int fds[2];
        if (pipe(fds) != 0)
            std::exit(1);
        const pid_t child = fork();
        if (child == 0) {
            const std::vector<double> all = between_two(rounds, make);
            (void)!write(fds[1], all.data(), all.size() * sizeof(double));
            _exit(0);
        }
        std::vector<double> all(sizes.size());
        (void)!read(fds[0], all.data(), all.size() * sizeof(double));
        waitpid(child, nullptr, 0);
        close(fds[0]);
        close(fds[1]);
        return all;
    };
    const auto tiles = measure([&](int side) { return tile_rounds(folder, url == "ipc" ? "" : url, side); });
    const auto bare = measure([&](int side) { return bare_rounds(folder, url, side); });
    const auto nng = measure([&](int side) { return nng_rounds(folder, url, side); });
    std::printf("bytes\ttile_peers_ms\ttransport_ms\tnng_ms\n");
    for (std::size_t i = 0; i < sizes.size(); ++i)
        std::printf("%zu\t%.3f\t%.3f\t%.3f\n", sizes[i], tiles[i], bare[i], nng[i]);
    std::filesystem::remove_all(folder);
}
