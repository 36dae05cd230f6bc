// Links to servers of this very process over ipc: the same bits as the optimiser's, a server that goes and comes back,
// and what became of the pushes meanwhile.
#include "paramserver/client.h"
#include "../files.h"
#include "../standard_error.h"
#include "models.h"
#include "paramserver/server.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include <algorithm>

using namespace nonna;
using namespace nonna::test;

namespace
{

const Layout layout_(three_segments(), 4, "x");

// Shards first to last of a model in three, which can be reached while `listens`.
struct Holder {
    Pool pool{1};
    std::string url;
    std::unique_ptr<Server> server;
    std::unique_ptr<Responder> responder;

    Holder(const std::string& path, std::uint32_t first, std::uint32_t last) : url("ipc://" + path)
    {
        std::vector<ShardCopy> shards;
        for (std::uint32_t i = first; i <= last; ++i)
            shards.push_back(fresh(layout_, i, 3));
        server = std::make_unique<Server>(layout_, update_by(Rule::momentum), 3, std::move(shards),
                                          std::vector<Snapshots>(), Admission(), pool);
        listen();
    }
    void listen()
    {
        responder = std::make_unique<Responder>(
            url, Access{}, server->most_message(),
            Responder::Callbacks{
                [this](Message&& m, Responder::Peer peer) { return server->answer(std::move(m), peer); },
                [this](Responder::Peer peer) { server->closed(peer); },
                [this](Responder::Peer peer) { return server->standing(peer); }});
    }
    void go() { responder.reset(); }
};

struct Fixture {
    Folder folder;
    Holder two{folder / "two", 0, 1}, one{folder / "one", 2, 2};
    std::vector<float> values = std::vector<float>(layout_.size());
    std::vector<double> statistics = std::vector<double>(4);
    std::vector<float> expected = noise(layout_.size(), 0.5f, 0.37);
    Pool pool{1};
    Optimiser alone{Rule::momentum, 0.75, three_segments(), pool};

    ClientOptions options() const
    {
        ClientOptions o;
        o.servers = two.url + "," + one.url;
        o.patience = 20;
        return o;
    }
    std::vector<float> gradient(int step) const { return noise(layout_.size(), 1, 0.1 * step); }
    // Of the numbers that `holder` has, or of all.
    bool agrees(const Range& range) const
    {
        return std::equal(values.begin() + std::ptrdiff_t(range.first), values.begin() + std::ptrdiff_t(range.end()),
                          expected.begin() + std::ptrdiff_t(range.first));
    }
    bool agrees() const { return agrees({0, layout_.size()}); }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(client)

BOOST_FIXTURE_TEST_CASE(the_same_bits_as_the_optimiser, Fixture)
{
    Servers servers(layout_, options(), 0);
    BOOST_TEST((servers.update() == update_by(Rule::momentum)));
    std::vector<Range> ranges;
    for (int step = 1; step <= 5; ++step) {
        servers.fetch(values, statistics);
        servers.wait_fetched();
        ranges.clear();
        BOOST_TEST(servers.arrived(ranges));
        BOOST_TEST(ranges.size() == 3u);
        BOOST_TEST(agrees());
        servers.begin_gradient();
        const std::vector<float> g = gradient(step);
        servers.push(g, 0.5, 0.5, std::vector<double>(4, 1));
        alone.apply(0.125 * 0.5, g, expected);
        servers.settle();
    }
    servers.finish();
    std::vector<std::uint64_t> versions;
    servers.pull(values, statistics, versions);
    BOOST_TEST(agrees());
    BOOST_TEST((versions == std::vector<std::uint64_t>(3, 5)));
    BOOST_TEST(servers.least_version() == 5u);
    // 0.5, then half of it and 1, five times
    BOOST_TEST((statistics == std::vector<double>(4, 1.953125)));
    for (const Servers::Pushes& p : servers.pushes())
        BOOST_TEST((p.handed_over == 5 && p.decided.accepted == 5 && p.dropped == 0 && p.lost == 0));
    BOOST_TEST((servers.staleness_count() == 15 && servers.staleness_sum() == 0));
}

BOOST_FIXTURE_TEST_CASE(a_server_goes_and_comes_back, Fixture)
{
    Servers servers(layout_, options(), 0);
    servers.fetch(values, statistics);
    servers.wait_fetched();
    std::vector<Range> ranges;
    servers.arrived(ranges);
    servers.begin_gradient();

    const StandardError said(folder / "said");
    one.go();
    // The first waits for the server, the second takes its place: that is handed over when the server is back.
    std::vector<std::vector<float>> gradients = {gradient(1), gradient(2)};
    for (const std::vector<float>& g : gradients) {
        servers.push(g, 1, 1, std::vector<double>(4, 0));
        servers.settle();
    }
    servers.fetch(values, statistics);
    servers.wait_fetched();    // of those that are there
    ranges.clear();
    BOOST_TEST(servers.arrived(ranges));
    BOOST_REQUIRE(ranges.size() == 2u);
    alone.apply(0.125, gradients[0], expected);
    alone.apply(0.125, gradients[1], expected);
    for (const Range& range : ranges)
        BOOST_TEST(agrees(range));
    BOOST_TEST(!servers.fetching());

    one.listen();
    servers.finish();
    std::vector<Servers::Pushes> pushes = servers.pushes();
    BOOST_TEST((pushes[0].decided.accepted == 2 && pushes[1].decided.accepted == 2 && pushes[0].dropped == 0));
    BOOST_TEST((pushes[2].handed_over == 2 && pushes[2].decided.accepted == 1 && pushes[2].dropped == 1));
    BOOST_TEST(servers.least_version() == 1u);
    const std::string text = said.text();
    BOOST_TEST(text.find(one.url + " (shard 2/3): ") != std::string::npos);
    BOOST_TEST(text.find("; waiting for it up to 20 s") != std::string::npos);
    BOOST_TEST(text.find("; 0 of this replica's pushes are lost") != std::string::npos);
}

// As above, by a caller who would rather wait.
BOOST_FIXTURE_TEST_CASE(a_lost_server_is_waited_for, Fixture)
{
    ClientOptions o = options();
    o.wait = true;
    Servers servers(layout_, o, 0);
    servers.fetch(values, statistics);
    servers.wait_fetched();
    std::vector<Range> ranges;
    servers.arrived(ranges);
    servers.begin_gradient();

    const StandardError said(folder / "said");
    std::atomic<bool> back{false};
    one.go();
    std::jthread returns([&] {
        while (said.text().find("waiting for it") == std::string::npos)
            std::this_thread::yield();
        back = true;
        one.listen();
    });
    const std::vector<float> g = gradient(1), h = gradient(2);
    servers.push(g, 1, 1, std::vector<double>(4, 0));
    servers.push(h, 1, 1, std::vector<double>(4, 0));    // waits for the one before
    BOOST_TEST(back);
    servers.settle();
    servers.fetch(values, statistics);
    servers.wait_fetched();
    ranges.clear();
    servers.arrived(ranges);
    BOOST_TEST(ranges.size() == 3u);
    alone.apply(0.125, g, expected);
    alone.apply(0.125, h, expected);
    BOOST_TEST(agrees());
    for (const Servers::Pushes& p : servers.pushes())
        BOOST_TEST((p.handed_over == 2 && p.decided.accepted == 2 && p.dropped == 0 && p.lost == 0));
}

BOOST_FIXTURE_TEST_CASE(what_the_servers_do_not_agree_on, Fixture)
{
    ClientOptions o = options();
    o.servers = two.url;
    BOOST_TEST(refusal([&] { Servers(layout_, o, 0); }) == "shard 2/3: no server holds it");
    o.servers = two.url + "," + one.url + "," + one.url;
    BOOST_TEST(refusal([&] { Servers(layout_, o, 0); }).ends_with("holds shard 2 as another does"));
    const Layout other(three_segments(), 4, "y");
    BOOST_TEST(refusal([&] { Servers(other, options(), 0); }).ends_with("this server holds another model"));
}

// A server that greets and then answers nothing is as good as one that is away, however often it greets.
BOOST_FIXTURE_TEST_CASE(whatever_fails_counts_against_the_patience, Fixture)
{
    one.responder.reset();
    one.responder = std::make_unique<Responder>(
        one.url, Access{}, one.server->most_message(),
        Responder::Callbacks{[this](Message&& m, Responder::Peer peer) {
                                 std::uint16_t version = 0;
                                 if (kind_of(m.bytes(), version) == Kind::hello)
                                     return one.server->answer(std::move(m), peer);
                                 return Message(encode(Answer{Kind::saved, 0, 0, 0, 0}));
                             },
                             [this](Responder::Peer peer) { one.server->closed(peer); },
                             [this](Responder::Peer peer) { return one.server->standing(peer); }});
    ClientOptions o = options();
    o.patience = 0.5;
    const StandardError said(folder / "said");
    Servers servers(layout_, o, 0);
    servers.fetch(values, statistics);
    const auto ends = [&] {
        for (;;) {
            servers.settle();
            std::vector<Range> ranges;
            servers.arrived(ranges);
        }
    };
    BOOST_CHECK_EXCEPTION(ends(), Error, [](const Error& e) {
        return e.status() == ExitStatus::peer_lost &&
               e.reason().find("an answer that is none of ours") != std::string::npos;
    });
    const std::string text = said.text();
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') <= 2);    // it is away, and back: once
}

BOOST_AUTO_TEST_SUITE_END()
