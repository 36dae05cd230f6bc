// Pushes to a shard: at most once, whole or not at all, and the same arithmetic as training alone.
#include "models.h"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <limits>
#include <thread>

using namespace nonna;
using namespace nonna::test;

namespace
{

// Shard 0 of a model of several chunks, replica 0 greeted.
struct Fixture {
    Pool pool{1};
    Layout layout{large_segments(), 4, "x"};
    UpdateOptions update;
    std::uint32_t of;
    ParameterShard shard;
    Pusher pusher;
    std::vector<float> gradient = noise(layout.size(), 1, 0.11), other = noise(layout.size(), 1, 0.23);

    explicit Fixture(UpdateOptions u = update_by(Rule::sgd), std::uint32_t of_ = 2)
        : update(u), of(of_), shard(layout, update, fresh(layout, 0, of), pool), pusher{layout, shard}
    {
        pusher.statistics = {1, 2, 3, 4};
        BOOST_REQUIRE(shard.greet(0, 1).has_value());
        BOOST_REQUIRE(pusher.chunks().size() >= 3u);
    }
    std::uint64_t version() const { return shard.look().version; }
    std::vector<float> values() const
    {
        const ShardCopy c = shard.copy();
        return {c.values.begin(), c.values.end()};
    }
};

Answer answer(const std::variant<Answer, ErrorMessage>& result)
{
    BOOST_REQUIRE(std::holds_alternative<Answer>(result));
    return std::get<Answer>(result);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(parameter_shard)

BOOST_AUTO_TEST_CASE(the_same_bits_as_the_optimiser)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules)
        for (const std::uint32_t of : {1u, 3u})
            for (std::uint32_t index = 0; index < of; ++index) {
                Pool pool(2);
                const Layout layout(large_segments(), 4, "x");
                ParameterShard shard(layout, update_by(rule), fresh(layout, index, of), pool);
                Pusher pusher{layout, shard};
                pusher.statistics = {1, 2, 3, 4};
                pusher.factor = 0.3;
                shard.greet(0, 1);

                // alone: the whole model at once
                const Layout whole(large_segments(), 4, "x");
                Optimiser alone(rule, 0.75, large_segments(), pool);
                std::vector<float> expected = noise(layout.size(), 0.5f, 0.37);
                for (std::uint64_t step = 1; step <= 3; ++step) {
                    const std::vector<float> g = noise(layout.size(), float(step), 0.1 * double(step));
                    alone.apply(0.125 * 0.3, g, expected);
                    // chunks in an order of their own
                    for (std::size_t c = pusher.chunks().size(); c-- > 0;)
                        BOOST_TEST(kind(pusher.chunk(std::uint32_t(c), step, step - 1, g)) ==
                                   (c == 0 ? Kind::accepted : Kind::received));
                }
                const ShardCopy copy = shard.copy();
                BOOST_TEST(copy.version == 3u);
                BOOST_TEST(std::memcmp(copy.values.data(), expected.data() + copy.range.first,
                                       copy.range.count * sizeof(float)) == 0);
                for (std::size_t a = 0; a < alone.arrays().size(); ++a)
                    BOOST_TEST(std::memcmp(copy.state.data() + a * copy.range.count,
                                           alone.arrays()[a].numbers.data() + copy.range.first,
                                           copy.range.count * sizeof(float)) == 0);
                if (index == 0)    // 0.5 -> 0.5 * 0.5 + 1 and so on, exact
                    BOOST_TEST((copy.statistics == std::vector<double>{1.8125, 3.5625, 5.3125, 7.0625}));
                else
                    BOOST_TEST(copy.statistics.empty());
            }
}

BOOST_AUTO_TEST_CASE(bf16_moves_by_the_widened_gradient)
{
    Fixture f;
    std::vector<float> rounded(f.gradient.size()), expected = f.values();
    std::vector<std::byte> half(f.gradient.size() * 2);
    pack(f.gradient, Wire::bf16, {}, half.data());
    unpack(half.data(), Wire::bf16, rounded);
    Optimiser alone(Rule::sgd, 0, f.layout.segments(f.shard.range()), f.pool);
    alone.apply(0.125, std::span(rounded).first(f.shard.range().count), expected);
    f.pusher.wire = Wire::bf16;
    BOOST_TEST(kind(f.pusher.all(1, 0, f.gradient)) == Kind::accepted);
    BOOST_TEST((f.values() == expected));
}

// A message's numbers may begin anywhere in memory.
BOOST_AUTO_TEST_CASE(numbers_that_are_not_aligned)
{
    Fixture f, g;
    BOOST_TEST(kind(f.pusher.all(1, 0, f.gradient)) == Kind::accepted);
    for (std::uint32_t c = 0; c < g.pusher.chunks().size(); ++c) {
        Push m;
        m.epoch = 1;
        m.chunk = c;
        m.sequence = 1;
        m.decay = 0.5;
        m.range = g.pusher.chunks()[c];
        if (c == 0)
            m.statistics = g.pusher.statistics;
        auto bytes = std::make_shared<std::vector<std::byte>>(m.range.count * 4 + 1);
        std::memcpy(bytes->data() + 1, g.gradient.data() + m.range.first, m.range.count * 4);
        m.numbers = std::span(*bytes).subspan(1);
        g.shard.push(m, 0, 1, bytes);
    }
    BOOST_TEST(g.version() == 1u);
    BOOST_TEST((f.values() == g.values()));
}

BOOST_AUTO_TEST_CASE(at_most_once)
{
    Fixture f;
    const std::vector<float> before = f.values();
    const std::uint32_t n = std::uint32_t(f.pusher.chunks().size());
    // each chunk twice; nothing moves before the last is there
    for (std::uint32_t c = 0; c < n; ++c)
        for (int twice = 0; twice < 2; ++twice) {
            const auto result = f.pusher.chunk(c, 1, 0, f.gradient);
            BOOST_TEST(kind(result) == (c + 1 == n ? Kind::accepted : Kind::received));
            if (c + 1 < n)
                BOOST_TEST((f.values() == before));
            BOOST_TEST(answer(result).sequence == 1u);
        }
    const std::vector<float> after = f.values();
    BOOST_TEST((after != before));
    BOOST_TEST(f.version() == 1u);

    // every chunk again, with other numbers: answered as it was, not applied
    for (std::uint32_t c = 0; c < n; ++c) {
        const Answer again = answer(f.pusher.chunk(c, 1, 0, f.other));
        BOOST_TEST((again.kind == Kind::accepted && again.version == 1 && again.sequence == 1 && again.staleness == 0));
    }
    BOOST_TEST((f.values() == after));

    // a sequence far ahead; then those between and before are decided
    BOOST_TEST(kind(f.pusher.all(9, 1, f.gradient)) == Kind::accepted);
    const std::vector<float> third = f.values();
    for (const std::uint64_t sequence : {1, 2, 8, 9})
        for (std::uint32_t c = 0; c < n; ++c) {
            const Answer again = answer(f.pusher.chunk(c, sequence, 1, f.other));
            BOOST_TEST((again.kind == Kind::accepted && again.sequence == sequence));
        }
    BOOST_TEST((f.values() == third));
    BOOST_TEST(f.version() == 2u);
    const Replica r = f.shard.report().replicas.at(0);
    BOOST_TEST((r.accepted_in_epoch == 2 && r.tally.accepted == 2 && r.decided == 9 && r.repeats == 1 + n + 4 * n));
}

BOOST_AUTO_TEST_CASE(late_chunks_of_a_push_given_up)
{
    Fixture f, g;
    const std::uint32_t n = std::uint32_t(f.pusher.chunks().size());
    f.pusher.chunk(0, 1, 0, f.other);
    f.pusher.chunk(1, 2, 0, f.gradient);    // takes the place of 1
    BOOST_TEST(kind(f.pusher.chunk(1, 1, 0, f.other)) == Kind::received);
    BOOST_TEST(kind(f.pusher.chunk(2, 1, 0, f.other)) == Kind::received);
    BOOST_TEST(f.version() == 0u);
    for (std::uint32_t c = 0; c < n; ++c)
        f.pusher.chunk(c, 2, 0, f.gradient);
    BOOST_TEST(f.version() == 1u);
    g.pusher.all(1, 0, g.gradient);
    BOOST_TEST((f.values() == g.values()));    // no chunk of 1 among them
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_refused_as_a_whole)
{
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        for (const Wire wire : {Wire::fp32, Wire::bf16}) {
            Fixture f(update_by(Rule::adagrad));
            f.pusher.wire = wire;
            const std::uint32_t n = std::uint32_t(f.pusher.chunks().size());
            const ShardCopy before = f.shard.copy();
            for (std::uint32_t where = 0; where < n; ++where) {
                std::vector<float> g = f.gradient;
                g[f.pusher.chunks()[where].end() - 1] = bad;
                const Answer a = answer(f.pusher.all(where + 1, 0, g));
                BOOST_TEST((a.kind == Kind::refused && a.sequence == where + 1 && a.version == 0));
                BOOST_TEST(kind(f.pusher.chunk(0, where + 1, 0, f.gradient)) == Kind::refused);    // decided
            }
            const ShardCopy after = f.shard.copy();
            BOOST_TEST((after.values == before.values && after.state == before.state &&
                        after.statistics == before.statistics && after.version == 0));
            BOOST_TEST(f.shard.report().replicas.at(0).tally.refused == n);
            BOOST_TEST(kind(f.pusher.all(n + 1, 0, f.gradient)) == Kind::accepted);    // it may go on
        }
}

// Finite numbers that would make something that is not: of the values, of what the rule keeps, of the statistics.
BOOST_AUTO_TEST_CASE(what_would_not_stay_finite_is_refused_as_a_whole)
{
    struct Case {
        Rule rule;
        float gradient;
        std::uint64_t taken;    // so many times it is accepted, and then never
    };
    // Norms are roots of sums of squares: 1e25 has no square in float, and the first segment's filters are kept at norm
    // 1. Squares of 1e19 are 1e38 each, of which there is room for three in adagrad's sum.
    for (const Case c : {Case{Rule::sgd, 3e38f, 0}, Case{Rule::sgd, 1e25f, 0}, Case{Rule::momentum, 3e38f, 0},
                         Case{Rule::adagrad, 3e38f, 0}, Case{Rule::adagrad, 2e19f, 0}, Case{Rule::adagrad, 1e19f, 3},
                         Case{Rule::turn, 3e38f, 0}, Case{Rule::turn, 1e-42f, 0}})
        for (const bool everywhere : {true, false}) {
            if (c.rule == Rule::turn && !everywhere)
                continue;
            Fixture f(update_by(c.rule));
            std::vector<float> g(f.layout.size(), everywhere ? c.gradient : 0.0f);
            g[f.shard.range().first + 1] = c.gradient;
            std::uint64_t sequence = 0;
            for (std::uint64_t i = 0; i < c.taken; ++i)
                BOOST_TEST(kind(f.pusher.all(++sequence, i, g)) == Kind::accepted, row_of(c.rule).name << c.gradient);
            const ShardCopy before = f.shard.copy();
            for (int i = 0; i < 3; ++i) {
                const Answer a = answer(f.pusher.all(++sequence, c.taken, g));
                BOOST_TEST((a.kind == Kind::refused && a.version == c.taken), row_of(c.rule).name << c.gradient);
            }
            const ShardCopy after = f.shard.copy();
            BOOST_TEST((after.values == before.values && after.state == before.state &&
                        after.statistics == before.statistics && after.version == c.taken));
            BOOST_TEST(f.shard.report().replicas.at(0).tally.refused == 3u);
            BOOST_TEST(kind(f.pusher.all(++sequence, c.taken, f.gradient)) == Kind::accepted);    // it may go on
        }
}

BOOST_AUTO_TEST_CASE(statistics_that_would_not_stay_finite)
{
    Fixture f;
    f.pusher.decay = 1;
    f.pusher.statistics = {0, 1.7e308, 0, 0};
    BOOST_TEST(kind(f.pusher.all(1, 0, f.gradient)) == Kind::accepted);
    const ShardCopy before = f.shard.copy();
    BOOST_TEST(kind(f.pusher.all(2, 1, f.gradient)) == Kind::refused);
    f.pusher.statistics[1] = -1.7e308;    // and back
    const ShardCopy after = f.shard.copy();
    BOOST_TEST((after.values == before.values && after.statistics == before.statistics));
    BOOST_TEST(kind(f.pusher.all(3, 1, f.gradient)) == Kind::accepted);
}

// The bounds by which most pushes are let in without a second look grow with every push: they are measured anew, and
// many large ones are still the optimiser's to the bit.
BOOST_AUTO_TEST_CASE(many_pushes_near_the_bounds)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        Fixture f(update_by(rule));
        Optimiser alone(rule, 0.75, f.layout.segments(f.shard.range()), f.pool);
        std::vector<float> expected = f.values();
        std::vector<float> g = f.gradient;
        for (float& number : g)
            number *= 1e13f;
        for (std::uint64_t s = 1; s <= 12; ++s) {
            BOOST_TEST(kind(f.pusher.all(s, s - 1, g)) == Kind::accepted, name << s);
            alone.apply(0.125, std::span(g).first(f.shard.range().count), expected);
        }
        BOOST_TEST((f.values() == expected), name);
    }
}

BOOST_AUTO_TEST_CASE(who_never_pushed_is_forgotten_and_there_is_no_end_of_places)
{
    Fixture f;
    for (std::uint32_t i = 1; i < ParameterShard::most_replicas; ++i)
        f.shard.greet(i, 1);
    BOOST_TEST(!f.shard.has_place(70000));
    BOOST_TEST(f.shard.has_place(5));
    f.shard.forget(5, 2);    // another process than the one who greeted
    BOOST_TEST(f.shard.knows(5));
    f.shard.forget(5, 1);
    BOOST_TEST(!f.shard.knows(5));
    BOOST_TEST(f.shard.has_place(70000));
    Pusher gone = f.pusher;
    gone.replica = 5;
    BOOST_TEST(code(gone.all(1, 0, f.gradient)) == ErrorCode::greet_first);
    BOOST_TEST(kind(f.pusher.all(1, 0, f.gradient)) == Kind::accepted);
    f.shard.forget(0, 1);
    BOOST_TEST(f.shard.knows(0));    // it has pushed
}

BOOST_AUTO_TEST_CASE(too_old)
{
    UpdateOptions update = update_by(Rule::sgd);
    update.max_staleness = 2;
    Fixture f(update);
    f.shard.greet(1, 7);
    Pusher other{f.layout, f.shard};
    other.replica = 1;
    other.incarnation = 7;
    other.statistics = {0, 0, 0, 0};
    for (std::uint64_t s = 1; s <= 3; ++s)
        BOOST_TEST(answer(f.pusher.all(s, s - 1, f.gradient)).staleness == 0u);
    const std::vector<float> before = f.values();
    const Answer late = answer(other.all(1, 0, f.gradient));
    BOOST_TEST((late.kind == Kind::stale && late.staleness == 3 && late.version == 3));
    BOOST_TEST((f.values() == before));
    const Answer just = answer(other.all(2, 1, f.gradient));
    BOOST_TEST((just.kind == Kind::accepted && just.staleness == 2 && just.version == 4));
    BOOST_TEST(answer(other.all(3, 1000, f.gradient)).staleness == 0u);    // of a life that a snapshot forgot
    const ParameterShard::Report c = f.shard.report();
    BOOST_TEST((c.replicas.at(1).tally.stale == 1 && c.replicas.at(1).tally.accepted == 2 && c.version == 5));
    BOOST_TEST((c.staleness.count() == 5 && c.staleness.sum() == 2 && c.staleness.up_to(0) == 4 &&
                c.staleness.quantile(0.5) == 0 && c.staleness.quantile(0.99) == 2));
}

BOOST_AUTO_TEST_CASE(a_rate_by_staleness)
{
    for (const bool scaled : {false, true}) {
        UpdateOptions update = update_by(Rule::sgd);
        update.staleness_scale = scaled;
        Fixture f(update);
        Optimiser alone(Rule::sgd, 0, f.layout.segments(f.shard.range()), f.pool);
        std::vector<float> expected = f.values();
        const auto g = std::span(f.gradient).first(f.shard.range().count);
        // ages 0, 1, 1, 3: all but the first are slower
        for (const auto& [sequence, base, age] :
             {std::tuple{1u, 0u, 0u}, std::tuple{2u, 0u, 1u}, std::tuple{3u, 1u, 1u}, std::tuple{4u, 0u, 3u}}) {
            alone.apply(scaled ? 0.125 / (1 + age) : 0.125, g, expected);
            BOOST_TEST(answer(f.pusher.all(sequence, base, f.gradient)).staleness == age);
            BOOST_TEST((f.values() == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_process_that_greeted_last_has_the_place)
{
    Fixture f;
    f.pusher.all(1, 0, f.gradient);
    f.pusher.chunk(0, 2, 1, f.gradient);                       // under way
    const WelcomeShard again = f.shard.greet(0, 1).value();    // the same process by another connection
    BOOST_TEST((again.epoch == 1 && again.decided == 1 && again.accepted == 1 && again.version == 1));

    const WelcomeShard next = f.shard.greet(0, 2).value();
    BOOST_TEST((next.epoch == 2 && next.decided == 0 && next.accepted == 0 && next.version == 1));
    BOOST_TEST(!f.shard.greet(0, 1).has_value());
    const std::vector<float> before = f.values();
    BOOST_TEST(code(f.pusher.all(2, 1, f.gradient)) == ErrorCode::replaced);
    f.pusher.epoch = 2;    // knows the epoch, is another process
    BOOST_TEST(code(f.pusher.all(2, 1, f.gradient)) == ErrorCode::replaced);
    f.pusher.incarnation = 2;
    f.pusher.epoch = 1;    // a push of the epoch before
    BOOST_TEST(code(f.pusher.all(2, 1, f.gradient)) == ErrorCode::replaced);
    BOOST_TEST((f.values() == before));

    // sequences begin anew, and nothing of the former's push is left
    f.pusher.epoch = 2;
    for (std::uint32_t c = 1; c < f.pusher.chunks().size(); ++c)
        BOOST_TEST(kind(f.pusher.chunk(c, 2, 1, f.other)) == Kind::received);
    BOOST_TEST(f.version() == 1u);
    BOOST_TEST(kind(f.pusher.chunk(0, 2, 1, f.other)) == Kind::accepted);
    const Replica r = f.shard.report().replicas.at(0);
    BOOST_TEST((r.accepted_in_epoch == 1 && r.tally.accepted == 2 && r.epoch == 2));

    // eight former ones are known
    for (std::uint64_t i = 3; i <= 9; ++i)
        BOOST_TEST(f.shard.greet(0, i).has_value());
    for (std::uint64_t i = 1; i <= 8; ++i)
        BOOST_TEST(!f.shard.greet(0, i).has_value(), i);
    BOOST_TEST(f.shard.greet(0, 9)->epoch == 9u);
    BOOST_TEST(f.shard.greet(1, 1)->epoch == 1u);    // another replica's place is its own
}

BOOST_AUTO_TEST_CASE(what_is_no_chunk_is_refused)
{
    Fixture f;
    const auto push = [&](auto change) {
        Push m;
        m.epoch = 1;
        m.sequence = 1;
        m.range = f.pusher.chunks()[0];
        m.statistics = {1, 2, 3, 4};
        change(m);
        auto bytes = std::make_shared<std::vector<std::byte>>(m.range.count * 4);
        m.numbers = *bytes;
        return code(f.shard.push(m, 0, 1, bytes));
    };
    BOOST_TEST(push([](Push&) {}) == ErrorCode{});
    BOOST_TEST(push([&](Push& m) { m.chunk = std::uint32_t(f.pusher.chunks().size()); }) == ErrorCode::no_such_shard);
    BOOST_TEST(push([](Push& m) { m.chunk = 0xffffffffu; }) == ErrorCode::no_such_shard);
    BOOST_TEST(push([](Push& m) { m.chunk = 1; }) == ErrorCode::no_such_shard);
    BOOST_TEST(push([](Push& m) { --m.range.count; }) == ErrorCode::no_such_shard);
    BOOST_TEST(push([](Push& m) { ++m.range.first; }) == ErrorCode::no_such_shard);
    BOOST_TEST(push([](Push& m) { m.sequence = 0; }) == ErrorCode::no_such_shard);
    BOOST_TEST(push([](Push& m) { m.statistics.pop_back(); }) == ErrorCode::malformed);
    BOOST_TEST(push([](Push& m) { m.statistics.clear(); }) == ErrorCode::malformed);
    BOOST_TEST(push([&](Push& m) {
                   m.chunk = 1;
                   m.range = f.pusher.chunks()[1];
               }) == ErrorCode::malformed);    // statistics with another chunk than the first
    BOOST_TEST(f.version() == 0u);
}

BOOST_AUTO_TEST_CASE(pushes_under_way_are_bounded_and_forgotten)
{
    Fixture f;
    std::vector<Pusher> many;
    for (std::uint32_t i = 0; i < 9; ++i) {
        f.shard.greet(10 + i, 1);
        many.push_back(f.pusher);
        many.back().replica = 10 + i;
    }
    for (std::uint32_t i = 0; i < 8; ++i)
        BOOST_TEST(kind(many[i].chunk(1, 1, 0, f.gradient)) == Kind::received);
    BOOST_TEST(code(many[8].chunk(1, 1, 0, f.gradient)) == ErrorCode::busy);
    f.shard.forget(13, 2);    // another process than the one whose push it is
    BOOST_TEST(code(many[8].chunk(1, 1, 0, f.gradient)) == ErrorCode::busy);
    f.shard.forget(13, 1);
    BOOST_TEST(kind(many[8].all(1, 0, f.gradient)) == Kind::accepted);
    // the forgotten one comes back, and its other chunks make no push of themselves
    f.shard.greet(13, 1);
    const std::uint32_t n = std::uint32_t(f.pusher.chunks().size());
    for (std::uint32_t c = 0; c < n; ++c)
        if (c != 1)
            BOOST_TEST(kind(many[3].chunk(c, 1, 0, f.gradient)) == Kind::received);
    BOOST_TEST(f.version() == 1u);
    for (std::uint32_t i = 0; i < 8; ++i)
        many[i].all(1, 0, f.gradient);
    BOOST_TEST(f.version() == 9u);
}

// Readers beside writers see whole pushes: with gradient 1 everywhere, without norms, all values of a chunk are the
// same.
BOOST_AUTO_TEST_CASE(nobody_reads_half_a_push)
{
    const Layout layout({{0, 64, 40, 10, false}}, 0, "x");
    Pool pool(1);
    ShardCopy start;
    start.range = layout.shard(0, 1);
    start.values = Aligned<float>(start.range.count);
    ParameterShard shard(layout, update_by(Rule::sgd, 1), std::move(start), pool);
    constexpr int pushes = 400;
    const std::vector<float> ones(layout.size(), 1);
    std::vector<std::thread> threads;
    for (std::uint32_t replica = 0; replica < 2; ++replica) {
        shard.greet(replica, 1);
        threads.emplace_back([&, replica] {
            Pusher pusher{layout, shard};
            pusher.replica = replica;
            for (std::uint64_t s = 1; s <= pushes; ++s)
                pusher.all(s, 0, ones);
        });
    }
    int torn = 0;
    for (std::uint64_t version = 0; version < 2 * pushes;) {
        std::vector<float> values(layout.size());
        version = shard.read(shard.range(), Wire::fp32, reinterpret_cast<std::byte*>(values.data()));
        for (const float v : values)
            torn += v != -float(version);
    }
    for (std::thread& t : threads)
        t.join();
    BOOST_TEST(torn == 0);
    const ParameterShard::Report c = shard.report();
    BOOST_TEST(
        (c.version == 2 * pushes && c.replicas.at(0).tally.accepted + c.replicas.at(1).tally.accepted == c.version));
}

BOOST_AUTO_TEST_SUITE_END()
