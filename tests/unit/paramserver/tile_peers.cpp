// Tiles that put numbers to each other, all in this process: whole exchanges, and every way in which one can be absent,
// foreign, late or gone. Their messages.
#include "../files.h"
#include "samples.h"

#include "base/error.h"
#include "paramserver/tile_address.h"
#include "paramserver/tile_messages.h"
#include "paramserver/tile_peers.h"
#include "paramserver/transport.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <numeric>
#include <thread>

using namespace nonna;
using namespace nonna::test;

namespace
{

Bytes noise(std::size_t n, unsigned seed)
{
    Bytes bytes(n);
    for (std::size_t i = 0; i < n; ++i)
        bytes[i] = std::byte((i * 2654435761u + seed * 40503u) >> 13);
    return bytes;
}

TilePeersOptions options_of(const std::string& folder, std::uint32_t tile, std::uint32_t tiles)
{
    TilePeersOptions o;
    o.folder = folder;
    o.tile = tile;
    o.tiles = tiles;
    o.network = ascending(1);
    o.patience = 20;
    return o;
}

// f(tile) on a thread each; what one throws comes out.
template <class F> void on_threads(std::uint32_t tiles, F f)
{
    std::vector<std::future<void>> all;
    for (std::uint32_t tile = 0; tile < tiles; ++tile)
        all.push_back(std::async(std::launch::async, f, tile));
    for (auto& one : all)
        one.get();
}

// The error of f, whose status must be that.
template <class F> std::string error_of(ExitStatus status, F f)
{
    try {
        f();
    } catch (const Error& e) {
        BOOST_TEST(int(e.status()) == int(status));
        return e.what();
    }
    return "none";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Each tile puts messages of many sizes to all others, and takes theirs in another order.
void exchange_all(const std::function<TilePeersOptions(std::uint32_t)>& options, std::uint32_t tiles)
{
    constexpr std::uint64_t tags = 40;
    const auto size = [](std::uint32_t from, std::uint64_t tag) { return tag % 7 == 0 ? 0 : 1000 * tag * tag + from; };
    on_threads(tiles, [&](std::uint32_t tile) {
        TilePeers peers(options(tile));
        std::uint64_t bytes = 0;
        for (std::uint64_t tag = 0; tag < tags; ++tag)
            for (std::uint32_t to = 0; to < tiles; ++to)
                if (to != tile)
                    peers.post(to, tag, noise(size(tile, tag), unsigned(100 * tile + to)));
        for (std::uint32_t from = 0; from < tiles; ++from)
            for (std::uint64_t tag = tags; from != tile && tag-- > 0;) {
                Bytes got(size(from, tag));
                bytes += got.size();
                peers.take(from, tag, got);
                if (got != noise(got.size(), unsigned(100 * from + tile)))
                    throw std::runtime_error("other bytes");
            }
        peers.finish();
        std::uint64_t messages = 0;
        for (const TilePeers::Traffic& t : peers.traffic()) {
            messages += t.taken_messages;
            bytes -= t.taken_bytes;
            if (t.sent_messages != t.taken_messages)
                throw std::runtime_error("another count");
        }
        if (messages != tags * (tiles - 1) || bytes != 0 || peers.refused() != 0)
            throw std::runtime_error("wrong counts");
    });
}

// Somebody else in the place of tile 1 of 2, who answers as he likes.
struct FakePeer {
    std::string folder;
    std::uint64_t incarnation = 77;
    std::function<Message(std::span<const std::byte>)> answer;
    std::optional<Responder> responder;
    std::optional<PublishedTile> published;

    FakePeer(const std::string& folder_, std::function<Message(std::span<const std::byte>)> answer_)
        : folder(folder_), answer(std::move(answer_))
    {
        responder.emplace("tcp://127.0.0.1:0", Access{}, 1 << 20,
                          Responder::Callbacks{[this](Message&& m, Responder::Peer) { return answer(m.bytes()); },
                                               [](Responder::Peer) {},
                                               [](Responder::Peer) { return Standing::replica; }});
        published.emplace(folder, TilePlaceName{1, 2, 0}, TileAddress{responder->address(), incarnation});
    }
};

Message welcome() { return Message(encode_tile(TileKind::welcome, 1)); }
Message kept(std::uint64_t received, std::uint64_t taken) { return Message(encode(TileKept{1, received, taken})); }

// A connection of our own to a tile.
struct Stranger {
    Requester requester;
    explicit Stranger(const TilePeers& peers) : requester(peers.address(), Access{}, 4096, 10, [] { return false; }) {}
    Bytes ask(const Bytes& bytes)
    {
        Bytes answer;
        requester.exchange(
            1, 10, [&](std::size_t) { return Message(bytes); },
            [&](std::size_t, Message&& m) { answer.assign(m.bytes().begin(), m.bytes().end()); }, [] { return false; });
        return answer;
    }
    int refusal(const Bytes& bytes)
    {
        const Bytes answer = ask(bytes);
        const std::optional<TileRefused> r = decode_tile_refused(answer);
        return r ? int(r->why) : 0;
    }
};

Bytes put(std::uint32_t from, std::uint64_t sequence, std::uint64_t tag, const Bytes& bytes)
{
    Bytes all = encode_head(TilePut{from, sequence, tag, {}});
    all.insert(all.end(), bytes.begin(), bytes.end());
    return all;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(tile_messages)

BOOST_AUTO_TEST_CASE(each_is_read_as_it_was_written_and_nothing_else_is)
{
    TileGreeting greeting{2, 1, 4, 9, 0x1122334455667788, 0x99, ascending(3), Hello::Proof::asked, ascending(50)};
    const Bytes g = encode(greeting);
    BOOST_TEST(g.size() == 112u);
    const auto read = decode_tile_greeting(g);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((encode(*read) == g));
    BOOST_TEST(read->meant == 0x99u);
    for (const Bytes& wrong : {altered(g, 16, 2u), altered(g, 16, 4u), altered(g, 28, 1u), altered(g, 12, 3u),
                               altered(g, 4, std::uint16_t(2)), altered(g, 6, std::uint16_t(4))})
        BOOST_TEST(!decode_tile_greeting(wrong));

    const Bytes p = put(3, 7, 9, noise(5, 1));
    BOOST_TEST((decode_tile_put(p)->tag == 9 && decode_tile_put(p)->bytes.size() == 5));
    BOOST_TEST(!decode_tile_put(put(3, 0, 9, {})));
    BOOST_TEST(decode_tile_leave(encode(TileLeave{3, std::string(2000, 'x')}))->why.size() == most_tile_text);
    BOOST_TEST(!decode_tile_kept(encode(TileKept{3, 4, 5})));
    BOOST_TEST(!decode_tile_refused(altered(encode(TileRefused{3, TileRefusal::token, "no"}), 12, 7u)));
    BOOST_TEST(!decode_tile_challenge(g));

    for (const Bytes& whole : {g, p, encode(std::uint32_t(1), Challenge{ascending(1), ascending(2)}),
                               encode(TileKept{3, 5, 4}), encode_tile(TileKind::ping, 3),
                               encode_tile(TileKind::welcome, 3), encode(TileRefused{1, TileRefusal::token, ""})})
        for (std::size_t n = 0; n < std::min(whole.size(), tile_put_head); ++n) {
            const Bytes cut(whole.begin(), whole.begin() + std::ptrdiff_t(n));
            BOOST_TEST(!decode_tile_greeting(cut));
            BOOST_TEST(!decode_tile_put(cut));
            BOOST_TEST(!decode_tile_kept(cut));
            BOOST_TEST((n == 16 || !(decode_tile(TileKind::ping, cut) || decode_tile(TileKind::welcome, cut))));
        }
}

BOOST_AUTO_TEST_CASE(an_address_is_read_as_it_was_written)
{
    const std::string line = tile_line({"tcp://10.0.0.1:77", 0xab});
    BOOST_TEST(line == "tcp://10.0.0.1:77 00000000000000ab\n");
    BOOST_TEST(parse_tile_line(line)->incarnation == 0xabu);
    for (const char* wrong : {"", "\n", "tcp://10.0.0.1:77\n", "tcp://10.0.0.1:77 00000000000000AB\n",
                              "tcp://10.0.0.1:77 00000000000000ab", "xyz://10.0.0.1:77 00000000000000ab\n",
                              "tcp://10.0.0.1: 77 00000000000000ab\n", "tcp://10.0.0.1:77 0x000000000000ab\n"})
        BOOST_TEST(!parse_tile_line(wrong));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tile_peers)

BOOST_AUTO_TEST_CASE(all_numbers_come_to_those_they_are_for)
{
    const Folder folder;
    exchange_all([&](std::uint32_t tile) { return options_of(folder.path, tile, 4); }, 4);
}

BOOST_AUTO_TEST_CASE(over_tcp_with_a_token)
{
    const Folder folder;
    folder.write("token", "a secret of sixteen bytes or more\n");
    const std::string token = folder / "token";
    std::filesystem::permissions(token, std::filesystem::perms(0600));
    const auto options = [&](std::uint32_t tile) {
        TilePeersOptions o = options_of(folder.path, tile, 3);
        o.listen = "tcp://127.0.0.1:0";
        o.access.token = token;
        return o;
    };
    exchange_all(options, 3);

    TilePeers one(options(0));
    TilePeersOptions without = options(1);
    without.access.token.clear();
    TilePeers other(without);
    Bytes none;
    BOOST_TEST(contains(error_of(ExitStatus::failed, [&] { other.take(0, 1, none); }), "a token is needed"));
    BOOST_TEST(contains(error_of(ExitStatus::failed, [&] { one.take(1, 1, none); }), "asks for no token"));
    BOOST_TEST(one.refused() > 0u);
}

// 4 at the peer and 4 here; the ninth waits until one is taken.
BOOST_AUTO_TEST_CASE(a_peer_that_is_ahead_waits)
{
    const Folder folder;
    const auto options = [&](std::uint32_t tile) {
        TilePeersOptions o = options_of(folder.path, tile, 2);
        o.ahead = 4;
        return o;
    };
    TilePeers a(options(0)), b(options(1));
    std::atomic<int> posted = 0;
    auto poster = std::async(std::launch::async, [&] {
        for (std::uint64_t tag = 1; tag <= 100; ++tag) {
            a.post(1, tag, noise(10, unsigned(tag)));
            ++posted;
        }
    });
    while (posted < 8)
        std::this_thread::yield();
    poster.wait_for(std::chrono::milliseconds(300));
    BOOST_TEST(posted == 8);
    for (std::uint64_t tag = 1; tag <= 100; ++tag) {
        Bytes got(10);
        b.take(0, tag, got);
        BOOST_REQUIRE((got == noise(10, unsigned(tag))));
    }
    poster.get();
    BOOST_TEST(a.traffic()[1].waited_post > 0.2);
}

BOOST_AUTO_TEST_CASE(another_network_is_named)
{
    const Folder folder;
    TilePeersOptions other = options_of(folder.path, 1, 2);
    other.network = ascending(2);
    TilePeers a(options_of(folder.path, 0, 2)), b(other);
    Bytes none;
    const std::string said = error_of(ExitStatus::failed, [&] { a.take(1, 1, none); });
    BOOST_TEST(contains(said, "tile 1/2 of replica 0 at ipc://"));
    BOOST_TEST(contains(said, "of another model, or of one that is cut otherwise"));
}

BOOST_AUTO_TEST_CASE(a_tile_is_one_process)
{
    const Folder folder;
    const TilePeers a(options_of(folder.path, 0, 2));
    TilePeersOptions again = options_of(folder.path, 0, 2);
    again.listen = "tcp://127.0.0.1:0";
    BOOST_TEST(
        contains(error_of(ExitStatus::locked, [&] { const TilePeers b(again); }), "tile 0/2 of replica 0 is running"));
}

// What comes from elsewhere is refused, counted, and what is taken afterwards is the peer's.
BOOST_AUTO_TEST_CASE(strangers_change_nothing)
{
    const Folder folder;
    TilePeers a(options_of(folder.path, 0, 2));
    const std::uint64_t incarnation = find_tile(folder.path, {0, 2, 0})->incarnation;
    // The stranger's process lives, but cannot be called.
    const PublishedTile living(folder.path, {1, 2, 0}, {"ipc://" + (folder / "nobody"), 5});
    Stranger s(a);
    const TileGreeting right{1, 0, 2, 0, 5, incarnation, ascending(1), Hello::Proof::none, {}};
    TileGreeting wrong = right;
    BOOST_TEST(s.refusal(put(1, 1, 1, noise(4, 0))) == int(TileRefusal::greet_first));
    wrong.network = ascending(9);
    BOOST_TEST(s.refusal(encode(wrong)) == int(TileRefusal::network));
    wrong = right;
    wrong.meant = incarnation + 1;    // of a process that was here before
    BOOST_TEST(s.refusal(encode(wrong)) == int(TileRefusal::other_process));
    wrong = right;
    wrong.replica = 1;
    BOOST_TEST(s.refusal(encode(wrong)) == int(TileRefusal::network));
    wrong = right;
    wrong.tiles = 1000;
    wrong.from = 999;
    BOOST_TEST(s.refusal(encode(wrong)) == int(TileRefusal::network));
    BOOST_TEST(s.refusal(noise(40, 3)) == int(TileRefusal::greet_first));
    BOOST_TEST(a.refused() == 6u);

    BOOST_TEST((s.ask(encode(right)) == encode_tile(TileKind::welcome, 0)));
    BOOST_TEST(s.refusal(put(1, 2, 1, noise(4, 0))) == int(TileRefusal::malformed));    // out of turn
    BOOST_TEST(s.refusal(put(2, 1, 1, noise(4, 0))) == int(TileRefusal::malformed));    // another tile's
    BOOST_TEST((s.ask(put(1, 1, 8, noise(4, 1))) == encode(TileKept{0, 1, 0})));
    BOOST_TEST((s.ask(put(1, 1, 8, noise(4, 2))) == encode(TileKept{0, 1, 0})));        // again: the first counts
    BOOST_TEST(s.refusal(put(1, 2, 8, noise(4, 3))) == int(TileRefusal::malformed));    // the same tag
    Bytes got(4);
    a.take(1, 8, got);
    BOOST_TEST((got == noise(4, 1)));
    BOOST_TEST((s.ask(encode_tile(TileKind::ping, 1)) == encode(TileKept{0, 1, 1})));
    BOOST_TEST(a.refused() == 10u);

    // Another process with that tile: the one whose numbers are here is gone.
    Stranger t(a);
    wrong = right;
    wrong.incarnation = 6;
    BOOST_TEST(t.refusal(encode(wrong)) == int(TileRefusal::other_process));
    BOOST_TEST(contains(error_of(ExitStatus::peer_lost, [&] { a.take(1, 9, got); }), "was started anew"));
}

BOOST_AUTO_TEST_CASE(who_gives_up_says_so)
{
    const Folder folder;
    TilePeers a(options_of(folder.path, 0, 3)), c(options_of(folder.path, 2, 3));
    auto b = std::make_unique<TilePeers>(options_of(folder.path, 1, 3));
    Bytes got(3);
    b->post(0, 1, noise(3, 1));
    a.take(1, 1, got);
    b->give_up("no picture to be had");
    // also of those who wait for another
    BOOST_TEST(contains(error_of(ExitStatus::peer_lost, [&] { a.take(2, 2, got); }), "tile 1/3"));
    BOOST_TEST(contains(error_of(ExitStatus::peer_lost, [&] { c.finish(); }), "given up: no picture to be had"));
}

// Who ends for that passes the reason on, not that it ends.
BOOST_AUTO_TEST_CASE(who_was_the_first_is_said)
{
    const Folder folder;
    auto a = std::make_unique<TilePeers>(options_of(folder.path, 0, 3));
    TilePeers c(options_of(folder.path, 2, 3));
    Bytes got(3);
    a->post(2, 1, noise(3, 1));
    c.take(0, 1, got);
    Stranger b(*a);
    const std::uint64_t meant = find_tile(folder.path, {0, 3, 0})->incarnation;
    b.ask(encode(TileGreeting{1, 0, 3, 0, 5, meant, ascending(1), Hello::Proof::none, {}}));
    b.ask(encode(TileLeave{1, "no picture to be had"}));
    a.reset();
    const std::string said = error_of(ExitStatus::peer_lost, [&] { c.take(0, 2, got); });
    BOOST_TEST(contains(said, "tile 0/3 of replica 0 at ipc://"));
    BOOST_TEST(contains(said, "has given up: no picture to be had"));
}

// Its lock is gone with it, so that nobody waits for the patience to end.
BOOST_AUTO_TEST_CASE(a_process_that_has_ended_is_noticed)
{
    const Folder folder;
    TilePeersOptions options = options_of(folder.path, 0, 2);
    options.patience = 60;
    TilePeers a(options);
    a.post(1, 1, noise(3, 1));
    {
        std::promise<void> met;
        std::atomic<bool> before = false;
        const FakePeer b(folder.path, [&](std::span<const std::byte> m) {
            if (decode_tile_put(m) && !before.exchange(true))
                met.set_value();
            return decode_tile_greeting(m) ? welcome() : kept(1, 0);
        });
        met.get_future().wait();
    }
    Bytes none;
    BOOST_TEST(contains(error_of(ExitStatus::peer_lost, [&] { a.take(1, 1, none); }), "lost: its process has ended"));
}

BOOST_AUTO_TEST_CASE(who_does_not_come_or_says_nothing_is_waited_for_so_long)
{
    const Folder folder;
    TilePeersOptions options = options_of(folder.path, 0, 3);
    options.patience = 0.5;
    Bytes none;
    const auto start = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    {
        TilePeers a(options);
        BOOST_TEST(
            contains(error_of(ExitStatus::peer_lost, [&] { a.take(1, 1, none); }), "has not published an address"));
        BOOST_TEST(seconds() > 0.4);
        BOOST_TEST(seconds() < 15);    // on a machine on which much else runs
    }
    // One that answers nothing, as a process that is stopped.
    options.tiles = 2;
    std::promise<void> end;
    const auto ended = end.get_future().share();
    const FakePeer b(folder.path, [&](std::span<const std::byte> m) {
        if (!decode_tile_greeting(m))
            ended.wait();
        return decode_tile_greeting(m) ? welcome() : kept(0, 0);
    });
    TilePeers a(options);
    a.post(1, 1, noise(3, 1));
    const std::string said = error_of(ExitStatus::peer_lost, [&] { a.finish(); });
    end.set_value();
    BOOST_TEST(contains(said, "tile 1/2 of replica 0 at tcp://127.0.0.1:"));
    BOOST_TEST((contains(said, "no answer") || contains(said, "does not finish")));
    BOOST_TEST(seconds() < 30);
}

// Every other connection ends without an answer to what was put; all of it comes, in its order, and the peer is told
// again only what it had not acknowledged.
BOOST_AUTO_TEST_CASE(what_was_not_acknowledged_is_put_again)
{
    constexpr std::uint64_t tags = 30;
    const Folder folder;
    TilePeers a(options_of(folder.path, 0, 2));
    std::atomic<std::uint64_t> received = 0, lost = 0, wrong = 0;
    const FakePeer b(folder.path, [&](std::span<const std::byte> m) {
        if (decode_tile_greeting(m))
            return welcome();
        if (const auto p = decode_tile_put(m)) {
            if (p->sequence == received + 1 && p->sequence % 3 == 0 && lost < p->sequence / 3) {
                ++lost;
                throw Error("connection", "cut");
            }
            if (p->sequence == received + 1)
                ++received;
            if (p->sequence > received || p->tag != 1000 + p->sequence || p->bytes.size() != p->sequence)
                ++wrong;
        }
        return kept(received, received);
    });
    for (std::uint64_t i = 1; i <= tags; ++i)
        a.post(1, 1000 + i, noise(i, unsigned(i)));
    while (received < tags && wrong == 0)
        std::this_thread::yield();
    BOOST_TEST(wrong == 0u);
    BOOST_TEST(lost == tags / 3);
}

// It would free what is still to go.
BOOST_AUTO_TEST_CASE(an_acknowledgement_of_what_never_left_is_refused)
{
    const Folder folder;
    TilePeers a(options_of(folder.path, 0, 2));
    for (std::uint64_t i = 1; i <= 20; ++i)
        a.post(1, i, noise(10, unsigned(i)));
    const FakePeer b(folder.path,
                     [&](std::span<const std::byte> m) { return decode_tile_greeting(m) ? welcome() : kept(20, 0); });
    Bytes none;
    BOOST_TEST(contains(error_of(ExitStatus::failed, [&] { a.take(1, 1, none); }), "never sent to it"));
}

BOOST_AUTO_TEST_SUITE_END()
