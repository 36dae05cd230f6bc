// Tables of made-up models for this room's tests.
#pragma once

#include "base/parallel.h"
#include "paramserver/parameter_shard.h"

#include <vector>

namespace nonna::test
{

// 12 matrices of three sizes, 256 numbers.
inline std::vector<Segment> three_segments()
{
    return {{0, 4, 6, 4, true}, {96, 5, 8, 2, false}, {176, 3, 9, 3, true}};
}

// 40 matrices of 50,000 numbers, then 40 of 50,001: chunks of several, shards of several chunks.
inline std::vector<Segment> large_segments() { return {{0, 40, 500, 100, true}, {2000000, 40, 7143, 7, false}}; }

// A matrix is more than a chunk.
inline std::vector<Segment> one_matrix_large() { return {{0, 2, 1000, 700, true}, {1400000, 1, 10, 10, false}}; }

// n numbers between -scale and scale that look like chance, others for each `seed`.
inline std::vector<float> noise(std::size_t n, float scale, double seed)
{
    std::vector<float> v(n);
    std::uint32_t state = std::uint32_t(seed * 1e6) * 2654435761u + 1;
    for (float& number : v) {
        state = state * 1664525u + 1013904223u;
        number = scale * (float(state >> 8) / float(1 << 23) - 1);
    }
    return v;
}

inline ShardCopy fresh(const Layout& layout, std::uint32_t index, std::uint32_t of)
{
    ShardCopy start;
    start.index = index;
    start.of = of;
    start.range = layout.shard(index, of);
    start.values = Aligned<float>(start.range.count);
    const std::vector<float> all = noise(layout.size(), 0.5f, 0.37);
    std::copy_n(all.begin() + std::ptrdiff_t(start.range.first), start.range.count, start.values.begin());
    if (index == 0)
        start.statistics.assign(layout.statistics(), 0.5);
    return start;
}

inline UpdateOptions update_by(Rule rule, double rate = 0.125)
{
    UpdateOptions u;
    u.rule = rule;
    u.rate = rate;
    u.momentum = 0.75;
    return u;
}

// A replica's side of a shard, chunk by chunk.
struct Pusher {
    const Layout& layout;
    ParameterShard& shard;
    std::uint32_t replica = 0;
    std::uint64_t incarnation = 1;
    std::uint32_t epoch = 1;
    Wire wire = Wire::fp32;
    double factor = 1, decay = 0.5;
    std::vector<double> statistics{};

    std::vector<Range> chunks() const { return layout.chunks(shard.range()); }

    // `gradient` of the whole model.
    std::variant<Answer, ErrorMessage> chunk(std::uint32_t number, std::uint64_t sequence, std::uint64_t base,
                                             const std::vector<float>& gradient) const
    {
        Push m;
        m.shard = shard.index();
        m.wire = wire;
        m.epoch = epoch;
        m.chunk = number;
        m.sequence = sequence;
        m.base = base;
        m.factor = factor;
        m.decay = decay;
        m.range = chunks().at(number);
        if (shard.index() == 0 && number == 0)
            m.statistics = statistics;
        auto bytes = std::make_shared<std::vector<std::byte>>(m.range.count * bytes_each(wire));
        pack(std::span(gradient).subspan(m.range.first, m.range.count), wire, {}, bytes->data());
        m.numbers = *bytes;
        return shard.push(m, replica, incarnation, bytes);
    }
    // All chunks, in order; the last answer.
    std::variant<Answer, ErrorMessage> all(std::uint64_t sequence, std::uint64_t base,
                                           const std::vector<float>& gradient) const
    {
        std::variant<Answer, ErrorMessage> last;
        for (std::uint32_t c = 0; c < chunks().size(); ++c)
            last = chunk(c, sequence, base, gradient);
        return last;
    }
};

inline Kind kind(const std::variant<Answer, ErrorMessage>& answer)
{
    const Answer* const a = std::get_if<Answer>(&answer);
    return a ? a->kind : Kind::error;
}

inline ErrorCode code(const std::variant<Answer, ErrorMessage>& answer)
{
    const ErrorMessage* const e = std::get_if<ErrorMessage>(&answer);
    return e ? e->code : ErrorCode{};
}

}    // namespace nonna::test

namespace nonna
{

inline std::ostream& operator<<(std::ostream& to, Kind kind) { return to << "kind " << int(kind); }
inline std::ostream& operator<<(std::ostream& to, ErrorCode code) { return to << "error " << int(code); }

}    // namespace nonna
