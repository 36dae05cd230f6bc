// What parameter servers cost, beside what nng itself moves: run by servers.sh, not by itself for conclusions.
//
//   bench_servers URL ROUNDS        URL: ipc://PATH or tcp://127.0.0.1:0
//
// Prints TSV, name value unit, medians of ROUNDS. A child process serves tests/study/small.conf's 8.9 M parameters as
// one shard (SGD), this one is the replica:
//     raw_gb_s       messages of 2 MiB from one process to another over a pair of nng's, one way, received whole
//     fetch_ms       all values, until they are in place
//     push_ms        a whole gradient, until it is applied
//     update_ms      that update alone, in memory
//     moved_gb_s     2 * bytes / (fetch + push): how fast values and gradients move, the update with them
//     wire_gb_s      the same without the update's time
#include "base/parallel.h"
#include "model/model_file.h"
#include "paramserver/client.h"
#include "paramserver/server.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace
{

using namespace nonna;
using Clock = std::chrono::steady_clock;

constexpr std::size_t piece = std::size_t(2) << 20;
constexpr int pieces = 200;

double seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

double median(std::vector<double> v)
{
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
}

void print(const char* name, double value, const char* unit) { std::printf("%s\t%.4g\t%s\n", name, value, unit); }

void must(int result)
{
    if (result != 0) {
        std::fprintf(stderr, "nng: %s\n", nng_strerror(result));
        std::exit(1);
    }
}

// A child that does `work`, which writes its address to the pipe once it can be reached.
struct Child {
    pid_t pid;
    std::string url;
    template <class Work> explicit Child(Work work)
    {
        int fds[2];
        if (pipe(fds) != 0)
            std::exit(1);
        pid = fork();
        if (pid == 0) {
            work([&](const std::string& address) { (void)!write(fds[1], address.data(), address.size()); });
            _exit(0);
        }
        char text[256];
        const ssize_t n = read(fds[0], text, sizeof text);
        url.assign(text, n > 0 ? std::size_t(n) : 0);
    }
    ~Child()
    {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
};

void send_pieces(const std::string& url, const auto& ready)
{
    nng_socket socket;
    nng_listener listener;
    must(nng_pair0_open(&socket));
    must(nng_listen(socket, url.c_str(), &listener, 0));
    int port = 0;
    ready(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0 ? "tcp://127.0.0.1:" + std::to_string(port)
                                                                             : url);
    for (;;) {
        nng_msg* go;
        must(nng_recvmsg(socket, &go, 0));
        nng_msg_free(go);
        for (int i = 0; i < pieces; ++i) {
            nng_msg* msg;
            must(nng_msg_alloc(&msg, piece));
            must(nng_sendmsg(socket, msg, 0));
        }
    }
}

}    // namespace

int main(int argc, char** argv)
{
    if (argc != 3)
        return 2;
    const std::string url = argv[1];
    const int rounds = std::atoi(argv[2]);
    const Architecture architecture = Architecture::read(NONNA_SOURCE_DIR "/tests/study/small.conf");
    const Layout layout(parameter_segments(architecture), 2 * architecture.stages.size(), "benchmark");
    UpdateOptions updating;
    updating.rate = 1e-9;

    // forks come before nng's threads
    const Child sender([&](const auto& ready) { send_pieces(url.starts_with("ipc") ? url + ".raw" : url, ready); });
    const Child holder([&](const auto& ready) {
        Pool pool(0);
        ShardCopy start;
        start.range = layout.shard(0, 1);
        start.values = Aligned<float>(layout.size());
        std::fill(start.values.begin(), start.values.end(), 0.1f);
        start.statistics.resize(layout.statistics());
        std::vector<ShardCopy> shards;
        shards.push_back(std::move(start));
        Server server(layout, updating, 1, std::move(shards), {}, Admission(), pool);
        Responder responder(url, {}, server.most_message(),
                            {[&](Message&& m, Responder::Peer peer) { return server.answer(std::move(m), peer); },
                             [&](Responder::Peer peer) { server.closed(peer); },
                             [&](Responder::Peer peer) { return server.standing(peer); }});
        ready(responder.address());
        pause();
    });

    nng_socket socket;
    must(nng_pair0_open(&socket));
    must(nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, 2 * piece));
    must(nng_dial(socket, sender.url.c_str(), nullptr, 0));
    ClientOptions options;
    options.servers = holder.url;
    options.patience = 10;
    Servers servers(layout, options, 0);
    Aligned<float> values(layout.size()), gradient(layout.size());
    std::fill(gradient.begin(), gradient.end(), 1e-3f);
    std::vector<double> statistics(layout.statistics()), raw, fetch, push, update;
    Pool pool(0);
    Optimiser optimiser(Rule::sgd, 0, layout.segments(layout.shard(0, 1)), pool);
    for (int round = -2; round < rounds; ++round) {    // two to warm up
        nng_msg* msg;
        must(nng_msg_alloc(&msg, 1));
        Clock::time_point start = Clock::now();
        must(nng_sendmsg(socket, msg, 0));
        for (int i = 0; i < pieces; ++i) {
            must(nng_recvmsg(socket, &msg, 0));
            nng_msg_free(msg);
        }
        const double t_raw = seconds(start);
        start = Clock::now();
        servers.fetch(values, statistics);
        servers.wait_fetched();
        const double t_fetch = seconds(start);
        servers.begin_gradient();
        start = Clock::now();
        servers.push(gradient, 1, 1, statistics);
        servers.finish();
        const double t_push = seconds(start);
        start = Clock::now();
        optimiser.apply(1e-9, gradient, values);
        const double t_update = seconds(start);
        if (round < 0)
            continue;
        raw.push_back(t_raw);
        fetch.push_back(t_fetch);
        push.push_back(t_push);
        update.push_back(t_update);
    }
    const double bytes = double(layout.size()) * sizeof(float);
    print("bytes", bytes, "B");
    print("raw_gb_s", double(piece) * pieces / median(raw) / 1e9, "GB/s");
    print("fetch_ms", median(fetch) * 1e3, "ms");
    print("push_ms", median(push) * 1e3, "ms");
    print("update_ms", median(update) * 1e3, "ms");
    print("moved_gb_s", 2 * bytes / (median(fetch) + median(push)) / 1e9, "GB/s");
    print("wire_gb_s", 2 * bytes / (median(fetch) + median(push) - median(update)) / 1e9, "GB/s");
    std::fflush(stdout);
    nng_close(socket);
    return 0;
}
