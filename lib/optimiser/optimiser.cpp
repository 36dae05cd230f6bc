#include "optimiser/optimiser.h"

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace nonna
{

Rule parse_rule(const std::string& name)
{
    if (name == "sgd")
        return Rule::sgd;
    if (name == "momentum")
        return Rule::momentum;
    if (name == "adagrad")
        return Rule::adagrad;
    throw Error(name, "no such optimiser: sgd, momentum or adagrad", ExitStatus::usage);
}

double rate_factor(RateSchedule schedule, std::int64_t step, std::int64_t steps)
{
    const double part = steps > 0 ? double(step) / double(steps) : 0;
    switch (schedule) {
    case RateSchedule::constant:
        return 1;
    case RateSchedule::step:
        return part < 0.5 ? 1 : part < 0.75 ? 0.1 : 0.01;
    case RateSchedule::cosine:
        return (1 + std::cos(std::numbers::pi * part)) / 2;
    }
    return 1;
}

Optimiser::Optimiser(Rule rule, double momentum, std::vector<Segment> segments, Pool& pool)
    : rule_(rule), momentum_(float(momentum)), segments_(std::move(segments)), pool_(pool)
{
    std::size_t size = 0;
    for (const Segment& s : segments_)
        size = std::max(size, s.offset + s.size());
    if (rule_ != Rule::sgd)
        state_ = Aligned<float>(size);
}

const char* Optimiser::state_name(Rule rule)
{
    return rule == Rule::adagrad ? "optimiser.squares" : rule == Rule::momentum ? "optimiser.velocity" : nullptr;
}

Update<float> Optimiser::step(double rate)
{
    return {rule_, float(rate), momentum_, rule_ == Rule::sgd ? nullptr : state_.data()};
}

void Optimiser::apply(double rate, std::size_t first, std::span<const float> gradient, std::span<float> parameters)
{
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
            k.update(update, at, matrix, g, parameters.data());
            if (s.unit_norm)    // while the matrix is still in the cache
                k.unit_columns(s.rows, s.columns, parameters.data() + at);
        });
    }
}

}    // namespace nonna
