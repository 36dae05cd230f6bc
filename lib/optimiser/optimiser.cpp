#include "optimiser/optimiser.h"

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

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

RateSchedule parse_rate_schedule(const std::string& name)
{
    if (name == "constant")
        return RateSchedule::constant;
    if (name == "step")
        return RateSchedule::step;
    if (name == "cosine")
        return RateSchedule::cosine;
    throw Error(name, "no such rate schedule: constant, step or cosine", ExitStatus::usage);
}

double scheduled_rate(RateSchedule schedule, double rate, std::int64_t step, std::int64_t steps)
{
    const double part = steps > 0 ? double(step) / double(steps) : 0;
    switch (schedule) {
    case RateSchedule::constant:
        return rate;
    case RateSchedule::step:
        return part < 0.5 ? rate : part < 0.75 ? rate / 10 : rate / 100;
    case RateSchedule::cosine:
        return rate * (1 + std::cos(std::numbers::pi * part)) / 2;
    }
    return rate;
}

Optimiser::Optimiser(Rule rule, double momentum, std::vector<Segment> segments, Pool& pool)
    : rule_(rule), momentum_(float(momentum)), segments_(std::move(segments)), pool_(pool)
{
    std::size_t size = 0;
    for (const Segment& s : segments_)
        size = std::max(size, s.offset + s.size());
    if (rule_ != Rule::sgd)
        state_.resize(size);
}

const char* Optimiser::state_name(Rule rule)
{
    return rule == Rule::adagrad ? "optimiser.squares" : rule == Rule::momentum ? "optimiser.velocity" : nullptr;
}

Update<float> Optimiser::step(double rate)
{
    return {rule_, float(rate), momentum_, rule_ == Rule::sgd ? nullptr : state_.data()};
}

void Optimiser::apply(double rate, std::span<const float> gradient, std::span<float> parameters)
{
    const auto& k = kernels<float>();
    const Update<float> update = step(rate);
    for (const Segment& s : segments_) {
        const std::size_t matrix = s.rows * s.columns;
        pool_.for_each(s.matrices, [&](std::size_t p, int) {
            const std::size_t at = s.offset + p * matrix;
            k.update(update, at, matrix, gradient.data() + at, parameters.data());
            if (s.unit_norm)    // while the matrix is still in the cache
                k.unit_columns(s.rows, s.columns, parameters.data() + at);
        });
    }
}

}    // namespace nonna
