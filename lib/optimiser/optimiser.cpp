#include "optimiser/optimiser.h"

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace nonna
{

std::string rules_with_momentum()
{
    std::string names;
    for (const UpdateRule& r : update_rules)
        if (r.takes_momentum)
            names += (names.empty() ? "" : ", ") + std::string(r.name);
    return names;
}

double most_rate(Rule rule) { return row_of(rule).whole_matrix ? 1 : 1e6; }

std::string state_name(Rule rule, std::size_t array) { return std::string("optimiser.") + row_of(rule).arrays[array]; }

double rate_factor(RateSchedule schedule, std::int64_t step, std::int64_t steps)
{
    const double part = steps > 0 ? double(step) / double(steps) : 0;
    switch (schedule) {
    case RateSchedule::constant:
        return 1;
    case RateSchedule::step:
        if (part < 0.5)
            return 1;
        return part < 0.75 ? 0.1 : 0.01;
    case RateSchedule::cosine:
        return (1 + std::cos(std::numbers::pi * part)) / 2;
    }
    return 1;
}

Optimiser::Optimiser(Rule rule, double momentum, std::vector<Segment> segments, Pool& pool)
    : rule_(rule), momentum_(float(momentum)), segments_(std::move(segments)), pool_(pool)
{
    for (const Segment& s : segments_) {
        size_ = std::max(size_, s.offset + s.size());
        largest_matrix_ = std::max(largest_matrix_, s.rows * s.columns);
    }
    state_ = Aligned<float>(size_ * row_of(rule_).kept());
}

std::vector<Optimiser::Array> Optimiser::arrays()
{
    std::vector<Array> all;
    for (std::size_t a = 0; a < row_of(rule_).kept(); ++a)
        all.push_back({state_name(rule_, a), state().subspan(a * size_, size_)});
    return all;
}

Update<float> Optimiser::step(double rate)
{
    return {rule_, float(rate), momentum_, row_of(rule_).kept() ? state_.data() : nullptr, size_};
}

// The rules' equations (update_rules.h) with every term as large as it can be.
Optimiser::Bounds Optimiser::after_step(const Bounds& before, double rate, double gradient) const
{
    const double velocity = momentum_ * before.state + gradient;
    switch (rule_) {
    case Rule::sgd:
        return {before.parameters + rate * gradient, 0};
    case Rule::momentum:
        return {before.parameters + rate * velocity, velocity};
    case Rule::adagrad:    // s >= g^2, so that a step is never longer than the rate
        return {before.parameters + rate, before.state + gradient * gradient};
    case Rule::turn: {    // by rate * |W| in all, and |W| is at most this
        const double norm = std::sqrt(double(largest_matrix_)) * std::max(1.0, before.parameters);
        // what points along filters of norm 1 is taken off: no column of V becomes longer
        return {before.parameters + rate * norm, velocity * std::sqrt(double(largest_matrix_))};
    }
    }
    return before;
}

// Norms are sums of squares in float over a matrix's rows, and `turn` sums products of both.
bool Optimiser::harmless(const Bounds& bounds) const
{
    constexpr double most = std::numeric_limits<float>::max() / 16;
    const double root = std::sqrt(most / double(std::max<std::size_t>(1, largest_matrix_)));
    return bounds.parameters < root && bounds.state < (rule_ == Rule::adagrad ? most : root);
}

void Optimiser::apply(double rate, std::size_t first, std::span<const float> gradient, std::span<float> parameters)
{
    // A chunk of a push may begin and end inside a segment, though never inside a matrix: of each segment the part that
    // the gradient covers is updated.
    const auto& k = kernels<float>();
    const Update<float> update = step(rate);
    const std::size_t last = first + gradient.size();
    for (const Segment& s : segments_) {
        const std::size_t matrix = s.rows * s.columns, begin = std::max(first, s.offset),
                          end = std::min(last, s.offset + s.size());
        if (begin >= end)
            continue;
        assert((begin - s.offset) % matrix == 0 && (end - begin) % matrix == 0);
        pool_.for_each((end - begin) / matrix, [&](std::size_t p, int) {
            const std::size_t at = begin + p * matrix;
            const float* const g = gradient.data() + (at - first);
            if (std::all_of(g, g + matrix, [](float v) { return v == 0 && std::signbit(v); }))
                return;
            k.update(update, at, matrix, g, parameters.data());    // both while the matrix is still in the cache
            k.finish_matrix(update, at, s.rows, s.columns, s.unit_norm, parameters.data() + at);
        });
    }
}

}    // namespace nonna
