// A server's answers, without a network: who must greet, what each may ask, copies of one moment, and its counts.
#include "models.h"
#include "samples.h"

#include "paramserver/server.h"

#include <boost/test/unit_test.hpp>

using namespace nonna;
using namespace nonna::test;

namespace
{

constexpr std::uint32_t shards = 6;

struct Fixture {
    Pool pool{1};
    Layout layout{three_segments(), 4, "x"};
    Digest token{};
    std::unique_ptr<Server> server;

    explicit Fixture(const Digest& token_ = {}) : token(token_)
    {
        std::vector<ShardCopy> all;
        for (std::uint32_t i = 0; i < shards; ++i)
            all.push_back(fresh(layout, i, shards));
        server = std::make_unique<Server>(layout, update_by(Rule::sgd), shards, std::move(all),
                                          std::vector<Snapshots>(), Admission(token), pool);
    }
    Message ask(Responder::Peer peer, const Bytes& bytes) { return server->answer(Message(bytes), peer); }
    ErrorCode error(Responder::Peer peer, const Bytes& bytes)
    {
        const Message answer = ask(peer, bytes);
        const std::optional<ErrorMessage> e = decode_error(answer.bytes());
        return e ? e->code : ErrorCode{};
    }
    Hello hello(std::optional<std::uint32_t> replica = {}, std::uint64_t incarnation = 1) const
    {
        Hello h;
        h.role = replica ? Role::replica : Role::observer;
        h.replica = replica.value_or(0);
        h.incarnation = incarnation;
        h.layout = layout.digest();
        return h;
    }
    // The same greeting by somebody who knows the token `known`, once the server has asked him.
    Hello proved(Hello h, Responder::Peer peer, const Digest& known)
    {
        h.proof = Hello::Proof::asked;
        h.token = ascending(9);
        const Message answer = ask(peer, encode(h));
        const std::optional<Challenge> challenge = decode_challenge(answer.bytes());
        BOOST_REQUIRE(challenge.has_value());
        BOOST_TEST((challenge->proof == proof(token, Side::server, ascending(9), "")));
        h.proof = Hello::Proof::given;
        h.token = proof(known, Side::client, challenge->nonce, "");
        return h;
    }
    Bytes push(std::uint32_t shard, std::uint64_t sequence) const
    {
        Push m;
        m.shard = shard;
        m.epoch = 1;
        m.sequence = sequence;
        m.range = layout.shard(shard, shards);
        if (shard == 0)
            m.statistics = {1, 1, 1, 1};
        return with_numbers(encode_head(m), noise(m.range.count, 1, double(sequence)), Wire::fp32);
    }
    Bytes fetch(std::uint32_t shard, std::uint32_t flags) const
    {
        return encode(Fetch{shard, flags, Wire::fp32, layout.shard(shard, shards)});
    }
    // Half of a shard's numbers, one matrix at least.
    Bytes part(std::uint32_t shard, std::uint32_t flags, bool second) const
    {
        Range r = layout.shard(shard, shards);
        const std::uint64_t half = r.count / 2;
        r = second ? Range{r.first + half, r.count - half} : Range{r.first, half};
        return encode(Fetch{shard, flags, Wire::fp32, r});
    }
    std::uint64_t version(Responder::Peer peer, const Bytes& fetch_)
    {
        const Message answer = ask(peer, fetch_);
        const std::optional<Values> v = decode_values(answer.bytes());
        BOOST_REQUIRE(v.has_value());
        return v->version;
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(greetings)
{
    Fixture f(ascending(1));
    for (const Bytes& question :
         {f.fetch(0, 0), f.push(0, 1), encode_empty(Kind::status), encode_empty(Kind::snapshot)})
        BOOST_TEST(f.error(1, question) == ErrorCode::greet_first);
    Hello h = f.hello();
    BOOST_TEST(f.error(1, encode(h)) == ErrorCode::token);
    h.token = f.token;
    BOOST_TEST(f.error(1, encode(h)) == ErrorCode::token);    // is not to be sent
    BOOST_TEST(f.error(1, encode(f.proved(h, 1, ascending(2)))) == ErrorCode::token);
    BOOST_TEST(f.error(2, encode(f.proved(h, 1, f.token))) == ErrorCode::token);    // another's challenge
    BOOST_TEST(f.error(1, encode_empty(Kind::status)) == ErrorCode::greet_first);
    h = f.proved(h, 1, f.token);
    h.layout[31] ^= std::byte(1);
    BOOST_TEST(f.error(1, encode(h)) == ErrorCode::layout);
    BOOST_TEST(f.error(1, encode_empty(Kind::status)) == ErrorCode::greet_first);    // still
    Hello blind = f.proved(f.hello(3), 1, f.token);
    blind.layout = {};
    BOOST_TEST(f.error(1, encode(blind)) == ErrorCode::layout);
    blind.role = Role::observer;
    BOOST_TEST(f.error(1, encode(blind)) == ErrorCode{});
    BOOST_TEST(f.error(1, f.fetch(0, 0)) == ErrorCode{});
    BOOST_TEST(f.error(2, f.fetch(0, 0)) == ErrorCode::greet_first);    // another connection
    BOOST_TEST(f.error(1, f.push(0, 1)) == ErrorCode::greet_first);     // an observer
    f.server->closed(1);
    BOOST_TEST(f.error(1, f.fetch(0, 0)) == ErrorCode::greet_first);
    BOOST_TEST(f.server->state().find("\"refused_greetings\":6,") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_question)
{
    Fixture f;
    f.ask(1, encode(f.hello(0)));
    for (const Kind k : {Kind::welcome, Kind::values, Kind::received, Kind::accepted, Kind::stale, Kind::refused,
                         Kind::state, Kind::saved, Kind::error})
        BOOST_TEST(f.error(1, encode_empty(k)) == ErrorCode::malformed);
    BOOST_TEST(f.error(1, altered(f.fetch(0, 0), 4, std::uint16_t(2))) == ErrorCode::version);
    for (const Bytes& whole : {f.fetch(0, 0), f.push(0, 1), encode(f.hello(0)), encode_empty(Kind::status)})
        for (std::size_t n = 0; n < whole.size(); ++n)
            BOOST_TEST(f.error(1, Bytes(whole.begin(), whole.begin() + std::ptrdiff_t(n))) == ErrorCode::malformed);
    BOOST_TEST(f.error(1, f.push(0, 1)) == ErrorCode{});
    const Range r = f.layout.shard(1, shards);
    for (const Range wrong : {Range{r.first - 1, 2}, Range{r.first, 0}, Range{r.end(), 1}, Range{r.first, r.count + 1},
                              Range{0, 1}, Range{1ull << 60, 1}})
        BOOST_TEST(f.error(1, encode(Fetch{1, 0, Wire::fp32, wrong})) == ErrorCode::no_such_shard);
    BOOST_TEST(f.error(1, encode(Fetch{shards, 0, Wire::fp32, r})) == ErrorCode::no_such_shard);
    BOOST_TEST(f.error(1, encode_empty(Kind::snapshot, shards)) == ErrorCode::no_such_shard);
    BOOST_TEST(f.error(1, encode_empty(Kind::snapshot, 0)) == ErrorCode::failed);    // it keeps none
}

BOOST_AUTO_TEST_CASE(a_copy_is_of_one_moment)
{
    Fixture f;
    f.ask(1, encode(f.hello(0)));
    f.ask(2, encode(f.hello()));
    BOOST_TEST(f.error(2, f.part(1, Fetch::frozen, false)) == ErrorCode::busy);    // there is none
    const Message before = f.ask(2, f.part(1, Fetch::frozen | Fetch::freeze, false));
    f.ask(1, f.push(1, 1));
    BOOST_TEST(f.version(2, f.part(1, 0, true)) == 1u);
    BOOST_TEST(f.error(1, f.part(1, Fetch::frozen, true)) == ErrorCode::busy);    // another's
    const Values a = decode_values(before.bytes()).value();
    BOOST_TEST(a.version == 0u);
    BOOST_TEST(f.version(2, f.part(1, Fetch::frozen, true)) == 0u);
    BOOST_TEST(f.error(2, f.part(1, Fetch::frozen, true)) == ErrorCode::busy);    // fetched to the last number
    BOOST_TEST(f.version(2, f.part(1, Fetch::freeze, false)) == 1u);
    f.ask(1, f.push(1, 2));
    BOOST_TEST(f.version(2, f.part(1, Fetch::freeze, false)) == 2u);    // anew, in its place
    BOOST_TEST(f.version(2, f.part(1, Fetch::frozen, true)) == 2u);
}

BOOST_AUTO_TEST_CASE(copies_are_few_and_go_when_they_are_read)
{
    Fixture f;
    f.ask(1, encode(f.hello()));
    f.ask(2, encode(f.hello()));
    for (std::uint32_t i = 0; i < 3; ++i)
        BOOST_TEST(f.error(1, f.part(i, Fetch::freeze, false)) == ErrorCode{});
    BOOST_TEST(f.error(2, f.part(0, Fetch::freeze, false)) == ErrorCode{});
    BOOST_TEST(f.error(2, f.part(1, Fetch::freeze, false)) == ErrorCode::busy);
    BOOST_TEST(f.error(1, f.part(3, Fetch::freeze, false)) == ErrorCode::busy);
    BOOST_TEST(f.error(1, f.part(2, Fetch::freeze, false)) == ErrorCode{});    // in the place of its own
    BOOST_TEST(f.version(1, f.part(1, Fetch::frozen, true)) == 0u);
    BOOST_TEST(f.error(2, f.part(1, Fetch::freeze, false)) == ErrorCode{});    // one is read, another may be made
    BOOST_TEST(f.error(1, f.part(3, Fetch::freeze, false)) == ErrorCode::busy);
    f.server->closed(2);
    BOOST_TEST(f.error(1, f.part(3, Fetch::freeze, false)) == ErrorCode{});
    BOOST_TEST(f.error(1, f.part(4, Fetch::freeze, false)) == ErrorCode{});
    f.server->closed(1);
    // more replicas and shards than places, one after another, each by a connection that stays
    for (Responder::Peer peer = 10; peer < 40; ++peer) {
        f.ask(peer, encode(f.hello()));
        for (std::uint32_t i = 0; i < shards; ++i) {
            BOOST_TEST(f.error(peer, f.part(i, Fetch::freeze, false)) == ErrorCode{});
            f.version(peer, f.part(i, Fetch::frozen, true));
        }
    }
}

BOOST_AUTO_TEST_CASE(statistics_come_with_the_first_values_of_shard_0)
{
    Fixture f;
    f.ask(1, encode(f.hello(0)));
    f.ask(1, f.push(0, 1));
    for (const std::uint32_t flags : {0u, Fetch::freeze}) {
        const Message first = f.ask(1, f.part(0, flags, false)), second = f.ask(1, f.part(0, flags, true)),
                      other = f.ask(1, f.fetch(1, flags));
        BOOST_TEST((decode_values(first.bytes())->statistics == std::vector<double>(4, 1.5)));    // 0.5 + 1
        BOOST_TEST(decode_values(second.bytes())->statistics.empty());
        BOOST_TEST(decode_values(other.bytes())->statistics.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_replica_that_is_replaced)
{
    Fixture f;
    f.ask(1, encode(f.hello(0, 7)));
    BOOST_TEST(f.error(1, f.push(2, 1)) == ErrorCode{});
    f.ask(2, encode(f.hello(0, 8)));
    BOOST_TEST(f.error(1, f.push(2, 2)) == ErrorCode::replaced);
    BOOST_TEST(f.error(1, encode(f.hello(0, 7))) == ErrorCode::replaced);
    BOOST_TEST(f.error(1, f.fetch(2, 0)) == ErrorCode{});    // it may look on
    const Message welcome = f.ask(2, encode(f.hello(0, 8)));
    const Welcome w = decode_welcome(welcome.bytes()).value();
    BOOST_REQUIRE(w.shards.size() == shards);
    BOOST_TEST((w.of == shards && w.layout == f.layout.digest()));
    for (const WelcomeShard& s : w.shards)
        BOOST_TEST((s.epoch == 2 && s.decided == 0 && s.accepted == 0 && s.version == (s.index == 2 ? 1 : 0) &&
                    s.range == f.layout.shard(s.index, shards)));
}

// Whoever greets as one replica after another leaves no record, nor does a connection that ends.
BOOST_AUTO_TEST_CASE(who_only_says_hello_is_forgotten)
{
    Fixture f;
    const auto records = [&] {
        const std::string state = f.server->state();
        std::size_t n = 0;
        for (std::size_t at = 0; (at = state.find("\"epoch\":", at)) != std::string::npos; ++at)
            ++n;
        return n;
    };
    for (std::uint32_t i = 0; i < 100; ++i)
        BOOST_TEST(f.error(1, encode(f.hello(i, i + 1))) == ErrorCode{});
    BOOST_TEST(records() == shards);
    BOOST_TEST(f.error(1, f.push(0, 1)) == ErrorCode{});
    BOOST_TEST(f.error(2, encode(f.hello(99, 100))) == ErrorCode{});    // the same process, by another connection
    f.server->closed(1);
    BOOST_TEST(records() == shards);
    f.server->closed(2);
    BOOST_TEST(records() == 1u);    // of the shard that it has pushed to
    BOOST_TEST((f.server->standing(2) == Standing::stranger));
}

BOOST_AUTO_TEST_CASE(there_is_a_bound_of_replicas)
{
    Fixture f;
    for (std::uint32_t i = 0; i < ParameterShard::most_replicas; ++i)
        f.ask(i + 1, encode(f.hello(i, 1)));
    BOOST_TEST(f.error(9999, encode(f.hello(50000, 1))) == ErrorCode::failed);
    BOOST_TEST((f.server->standing(9999) == Standing::stranger));
    BOOST_TEST(f.error(9999, encode(f.hello())) == ErrorCode{});    // but it may look
    BOOST_TEST(f.error(10000, encode(f.hello(7, 1))) == ErrorCode{});
    BOOST_TEST((f.server->standing(9999) == Standing::observer && f.server->standing(10000) == Standing::replica));
    f.server->closed(12);
    BOOST_TEST(f.error(9999, encode(f.hello(50000, 1))) == ErrorCode{});
}

// A server that comes back from a snapshot may be behind what it had said: its counters are this process's own.
BOOST_AUTO_TEST_CASE(counters_begin_with_the_process)
{
    Fixture f;
    ShardCopy copy = fresh(f.layout, 0, shards);
    copy.version = 7;
    copy.replicas[3].tally = {7, 5, 2};
    copy.replicas[3].repeats = 4;
    std::vector<ShardCopy> all;
    all.push_back(std::move(copy));
    Server restored(f.layout, update_by(Rule::sgd), shards, std::move(all), std::vector<Snapshots>(),
                    Admission(f.token), f.pool);
    const auto has = [&](const std::string& line) {
        return restored.metrics().find("\n" + line + "\n") != std::string::npos;
    };
    BOOST_TEST(has("nonna_version{shard=\"0\"} 7"));
    for (const char* name : {"accepted", "repeated", "stale", "refused"})
        BOOST_TEST(has("nonna_pushes_" + std::string(name) + "_total{shard=\"0\"} 0"), name);
    restored.answer(Message(encode(f.hello(0))), 1);
    restored.answer(Message(f.push(0, 1)), 1);
    BOOST_TEST(has("nonna_version{shard=\"0\"} 8"));
    BOOST_TEST(has("nonna_pushes_accepted_total{shard=\"0\"} 1"));
    BOOST_TEST(has("nonna_pushes_stale_total{shard=\"0\"} 0"));
    BOOST_TEST(has("nonna_staleness_bucket{shard=\"0\",le=\"+Inf\"} 1"));
}

BOOST_AUTO_TEST_SUITE_END()
