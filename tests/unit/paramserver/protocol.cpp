// Messages there and back; what is not exactly a message is refused; the manual page's bytes are ours.
#include "../files.h"
#include "samples.h"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <map>
#include <sstream>

using namespace nonna;
using namespace nonna::test;

namespace
{

// The hex dumps of a page: lines "0010  01 02 ..." with offsets that follow one another.
std::vector<Bytes> dumps(const std::string& path)
{
    std::vector<Bytes> all;
    std::istringstream lines(read_bytes(path));
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        std::size_t offset = 0;
        const bool is = line.size() > 6 && line.substr(4, 2) == "  " &&
                        line.find_first_not_of("0123456789abcdef ") == std::string::npos && line.find(' ') == 4;
        if (!is) {
            inside = false;
            continue;
        }
        offset = std::stoul(line.substr(0, 4), nullptr, 16);
        if (!inside)
            all.emplace_back();
        inside = true;
        BOOST_TEST(offset == all.back().size());
        std::istringstream bytes(line.substr(6));
        for (std::string byte; bytes >> byte;) {
            BOOST_TEST(byte.size() == 2u);
            all.back().push_back(std::byte(std::stoul(byte, nullptr, 16)));
        }
    }
    return all;
}

const double not_finite[] = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()};

}    // namespace

BOOST_AUTO_TEST_SUITE(protocol)

BOOST_AUTO_TEST_CASE(the_manual_page_shows_our_bytes)
{
    const std::vector<Bytes> found = dumps(std::string(NONNA_SOURCE_DIR) + "/man/nonna-protocol.7");
    BOOST_REQUIRE(found.size() == 2u);
    BOOST_TEST((found[0] == encode(example_hello())));
    BOOST_TEST((found[1] == example_push()));
}

BOOST_AUTO_TEST_CASE(hello_and_welcome)
{
    const Hello h = example_hello(), back = decode_hello(encode(h)).value();
    BOOST_TEST((back.role == h.role && back.replica == h.replica && back.incarnation == h.incarnation &&
                back.layout == h.layout && back.proof == h.proof && back.token == h.token));

    const Welcome w = example_welcome(), again = decode_welcome(encode(w)).value();
    BOOST_TEST((again.of == w.of && again.layout == w.layout && again.update == w.update));
    BOOST_REQUIRE(again.shards.size() == 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        const WelcomeShard &a = w.shards[i], &b = again.shards[i];
        BOOST_TEST((a.index == b.index && a.epoch == b.epoch && a.range == b.range && a.version == b.version &&
                    a.decided == b.decided && a.accepted == b.accepted));
    }
}

BOOST_AUTO_TEST_CASE(fetch_and_values)
{
    const Fetch f = decode_fetch(encode(Fetch{5, Fetch::frozen, Wire::bf16, {10, 20}})).value();
    BOOST_TEST((f.shard == 5 && f.flags == Fetch::frozen && f.wire == Wire::bf16 && f.range == Range{10, 20}));
    for (const Wire wire : {Wire::fp32, Wire::bf16}) {
        const Values v = example_values_head(wire);
        const Bytes bytes = with_numbers(encode_head(v), example_numbers, wire);
        const Values back = decode_values(bytes).value();
        BOOST_TEST((back.shard == v.shard && back.wire == wire && back.version == 99 && back.range == v.range &&
                    back.statistics == v.statistics));
        std::vector<float> numbers(3);
        BOOST_REQUIRE(back.numbers.size() == 3 * bytes_each(wire));
        unpack(back.numbers.data(), wire, numbers);
        BOOST_TEST((numbers == example_numbers));
    }
}

BOOST_AUTO_TEST_CASE(push_and_answers)
{
    const Push p = example_push_head();
    const Bytes bytes = example_push();
    const Push back = decode_push(bytes).value();
    BOOST_TEST((back.shard == p.shard && back.wire == p.wire && back.epoch == p.epoch && back.chunk == p.chunk &&
                back.sequence == p.sequence && back.base == p.base && back.factor == p.factor &&
                back.decay == p.decay && back.statistics == p.statistics && back.range == p.range));
    BOOST_TEST(back.numbers.data() == bytes.data() + bytes.size() - 12);    // not copied
    for (const Kind kind : {Kind::received, Kind::accepted, Kind::stale, Kind::refused, Kind::saved}) {
        const Answer a = decode_answer(encode(Answer{kind, 3, 17, 1234, 5})).value();
        BOOST_TEST((a.kind == kind && a.shard == 3 && a.sequence == 17 && a.version == 1234 && a.staleness == 5));
    }
    const ErrorMessage e = decode_error(encode(ErrorMessage{ErrorCode::token, "wrong token"})).value();
    BOOST_TEST((e.code == ErrorCode::token && e.text == "wrong token"));
    BOOST_TEST(decode_state(encode_state("{}")).value() == "{}");
    BOOST_TEST(decode_empty(encode_empty(Kind::snapshot, 7)).value() == 7u);
}

BOOST_AUTO_TEST_CASE(every_length_but_the_right_one_is_refused)
{
    for (const Sample& s : samples()) {
        BOOST_TEST(s.decodes(s.bytes), s.name);
        for (std::size_t n = 0; n < s.bytes.size(); ++n)
            if (!s.open_ended || n < 16)
                BOOST_TEST(!s.decodes(std::span(s.bytes).first(n)), s.name << " cut to " << n);
        for (const std::size_t more : {1, 2, 4, 8, 48, 5000}) {
            Bytes longer = s.bytes;
            longer.resize(longer.size() + more);
            if (!s.open_ended)
                BOOST_TEST(!s.decodes(longer), s.name << " and " << more);
        }
    }
    BOOST_TEST(!decode_error(encode(ErrorMessage{ErrorCode::busy, std::string(most_head + 1, 'x')})));
}

BOOST_AUTO_TEST_CASE(heads_of_others_are_refused)
{
    for (const Sample& s : samples()) {
        std::uint16_t version = 0;
        BOOST_TEST(kind_of(s.bytes, version).has_value());
        BOOST_TEST(version == 1);
        for (std::size_t i = 0; i < 4; ++i) {
            const Bytes other = altered(s.bytes, i, 'x');
            BOOST_TEST(!s.decodes(other), s.name);
            BOOST_TEST(!kind_of(other, version));
        }
        for (const std::uint16_t v : {0, 2, 256, 65535}) {
            const Bytes other = altered(s.bytes, 4, v);
            BOOST_TEST(!s.decodes(other), s.name << " of version " << v);
            BOOST_TEST(kind_of(other, version).has_value());    // a server says which version it speaks
            BOOST_TEST(version == v);
        }
        for (const std::uint16_t k : {0, 16, 256, 65535}) {
            BOOST_TEST(!s.decodes(altered(s.bytes, 6, k)), s.name << " of kind " << k);
            BOOST_TEST(!kind_of(altered(s.bytes, 6, k), version));
        }
        // as each other kind: only kinds of the same form, answers and heads
        for (std::uint16_t k = 1; k <= 15; ++k) {
            const Kind was = *kind_of(s.bytes, version);
            const bool answer = (k >= 6 && k <= 9) || k == 13;
            const bool alike = Kind(k) == was || (answer && s.name.starts_with("answer")) || s.bytes.size() == 16;
            BOOST_TEST(s.decodes(altered(s.bytes, 6, k)) == alike, s.name << " of kind " << k);
        }
    }
}

BOOST_AUTO_TEST_CASE(counts_that_lie_are_refused)
{
    const Bytes push = example_push(),
                values = with_numbers(encode_head(example_values_head(Wire::fp32)), example_numbers, Wire::fp32),
                welcome = encode(example_welcome()), hello = encode(example_hello());
    for (const std::uint32_t n : {0u, 1u, 3u, 4u, 5u, 257u, 0x20000000u, 0x7fffffffu, 0xffffffffu}) {
        BOOST_TEST(!decode_push(altered(push, 20, n)), n);
        if (n != 4)
            BOOST_TEST(!decode_values(altered(values, 20, n)), n);
        BOOST_TEST(!decode_welcome(altered(welcome, 52, n)), n);
    }
    for (const std::uint64_t n : {std::uint64_t(0), std::uint64_t(2), std::uint64_t(4), std::uint64_t(1) << 32,
                                  std::uint64_t(1) << 62, (std::uint64_t(1) << 62) + 3, ~std::uint64_t(0)}) {
        BOOST_TEST(!decode_push(altered(push, 72, n)), n);
        BOOST_TEST(!decode_values(altered(values, 40, n)), n);
    }
    BOOST_TEST(!decode_push(altered(push, 64, ~std::uint64_t(1))));    // the range's end overflows
    BOOST_TEST(!decode_values(altered(values, 32, ~std::uint64_t(1))));
    BOOST_TEST(!decode_fetch(altered(encode(Fetch{0, 0, Wire::fp32, {10, 20}}), 24, ~std::uint64_t(1))));
    BOOST_TEST(!decode_welcome(altered(welcome, 88 + 8, ~std::uint64_t(1))));
    for (const std::uint32_t wire : {1u, 2u, 0xffffffffu}) {    // 1: bf16, and half of the numbers too many
        BOOST_TEST(!decode_push(altered(push, 16, wire)));
        BOOST_TEST(!decode_values(altered(values, 16, wire)));
    }
    BOOST_TEST(!decode_fetch(altered(encode(Fetch{0, 0, Wire::fp32, {10, 20}}), 16, std::uint32_t(2))));
    for (const std::uint32_t role : {0u, 3u, 0xffffffffu})
        BOOST_TEST(!decode_hello(altered(hello, 16, role)));
    BOOST_TEST(!decode_hello(altered(hello, 20, std::uint32_t(1) << 20)));
    for (const std::uint32_t of : {0u, 1u, 4097u, 0xffffffffu})    // 1: fewer than the shards in the message
        BOOST_TEST(!decode_welcome(altered(welcome, 16, of)));
    BOOST_TEST(!decode_welcome(altered(welcome, 20, std::uint32_t(std::size(update_rules)))));    // no such rule
    BOOST_TEST(!decode_welcome(altered(welcome, 88, std::uint32_t(8))));                          // shard 8 of 8
}

BOOST_AUTO_TEST_CASE(doubles_that_are_none_are_refused)
{
    const Bytes push = example_push(),
                values = with_numbers(encode_head(example_values_head(Wire::fp32)), example_numbers, Wire::fp32);
    for (const double bad : not_finite) {
        for (const std::size_t at : {48, 56, 80, 88})
            BOOST_TEST(!decode_push(altered(push, at, bad)), at);
        for (const std::size_t at : {48, 56, 64, 72})
            BOOST_TEST(!decode_values(altered(values, at, bad)), at);
        for (const std::size_t at : {24, 32})
            BOOST_TEST(!decode_welcome(altered(encode(example_welcome()), at, bad)), at);
    }
    for (const double outside : {-0.001, 1.001, -1e300, 1e300})
        for (const std::size_t at : {48, 56})
            BOOST_TEST(!decode_push(altered(push, at, outside)), at);
    for (const double inside : {0.0, 1.0})
        for (const std::size_t at : {48, 56})
            BOOST_TEST(decode_push(altered(push, at, inside)).has_value());
}

// Any byte of any message set to anything: decoded or not, but without a fault (the dev preset's sanitizers look on),
// and what is decoded holds no more than the message did.
BOOST_AUTO_TEST_CASE(any_altered_byte)
{
    for (const Sample& s : samples())
        for (std::size_t at = 0; at < s.bytes.size(); ++at)
            for (int value = 0; value < 256; ++value) {
                const Bytes other = altered(s.bytes, at, std::uint8_t(value));
                s.decodes(other);
                if (const auto p = decode_push(other); p && p->numbers.size() > other.size())
                    BOOST_FAIL("numbers beyond the message");
                if (const auto w = decode_welcome(other); w && w->shards.size() * 48 > other.size())
                    BOOST_FAIL("shards beyond the message");
            }
}

BOOST_AUTO_TEST_SUITE_END()
