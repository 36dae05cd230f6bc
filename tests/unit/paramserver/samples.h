// One message of every kind, and whether bytes decode as it.
#pragma once

#include "paramserver/protocol.h"

#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace nonna::test
{

using Bytes = std::vector<std::byte>;

inline Digest ascending(unsigned first)
{
    Digest d;
    for (std::size_t i = 0; i < d.size(); ++i)
        d[i] = std::byte(first + i);
    return d;
}

// The messages of nonna-protocol(7)'s examples.
inline Hello example_hello()
{
    Hello m;
    m.role = Role::replica;
    m.replica = 3;
    m.incarnation = 0x1122334455667788;
    m.layout = ascending(0x00);
    m.proof = Hello::Proof::asked;
    m.token = ascending(0x80);
    return m;
}

inline Bytes with_numbers(Bytes head, const std::vector<float>& numbers, Wire wire)
{
    const std::size_t at = head.size();
    head.resize(at + numbers.size() * bytes_each(wire));
    pack(numbers, wire, {}, head.data() + at);
    return head;
}

inline const std::vector<float> example_numbers = {0.25f, -1, 3};

inline Push example_push_head()
{
    Push m;
    m.epoch = 2;
    m.sequence = 7;
    m.base = 41;
    m.factor = 0.5;
    m.decay = 0.99;
    m.statistics = {1.5, 2.25};
    m.range = {0, 3};
    return m;
}

inline Bytes example_push() { return with_numbers(encode_head(example_push_head()), example_numbers, Wire::fp32); }

inline Welcome example_welcome()
{
    Welcome m;
    m.of = 8;
    m.update = {Rule::adagrad, 0.01, 0.9, 64, true};
    m.layout = ascending(0x20);
    m.shards = {{3, 2, {100, 50}, 1234, 17, 16}, {4, 1, {150, 40}, ~std::uint64_t(0), 5, 4}};
    return m;
}

inline Values example_values_head(Wire wire)
{
    Values m;
    m.shard = 0;
    m.wire = wire;
    m.version = 99;
    m.range = {0, 3};
    m.statistics = {1, -2.5, 1e300, 0};
    return m;
}

struct Sample {
    std::string name;
    Bytes bytes;
    std::function<bool(std::span<const std::byte>)> decodes;
    bool open_ended = false;    // text to the end
};

inline std::vector<Sample> samples()
{
    const auto is = [](auto decode) {
        return [decode](std::span<const std::byte> bytes) { return decode(bytes).has_value(); };
    };
    std::vector<Sample> all = {
        {"hello", encode(example_hello()), is(decode_hello)},
        {"challenge", encode(Challenge{ascending(1), ascending(2)}), is(decode_challenge)},
        {"welcome", encode(example_welcome()), is(decode_welcome)},
        {"fetch", encode(Fetch{5, Fetch::freeze, Wire::bf16, {10, 20}}), is(decode_fetch)},
        {"values-fp32", with_numbers(encode_head(example_values_head(Wire::fp32)), example_numbers, Wire::fp32),
         is(decode_values)},
        {"values-bf16", with_numbers(encode_head(example_values_head(Wire::bf16)), example_numbers, Wire::bf16),
         is(decode_values)},
        {"push", example_push(), is(decode_push)},
        {"status", encode_empty(Kind::status), is(decode_empty)},
        {"snapshot", encode_empty(Kind::snapshot, 3), is(decode_empty)},
        {"state", encode_state("{\"protocol\":1}"), is(decode_state), true},
        {"error", encode(ErrorMessage{ErrorCode::busy, "try again"}), is(decode_error), true},
    };
    for (const Kind kind : {Kind::received, Kind::accepted, Kind::stale, Kind::refused, Kind::saved})
        all.push_back({"answer-" + std::to_string(int(kind)), encode(Answer{kind, 3, 17, 1234, 5}), is(decode_answer)});
    return all;
}

template <class Number> Bytes altered(Bytes bytes, std::size_t at, Number value)
{
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
}

}    // namespace nonna::test
