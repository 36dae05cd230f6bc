// Updates of a flat parameter vector, the same code alone and on a parameter server.
//
//     sgd       w -= rate * g
//     momentum  v = m * v + g,   w -= rate * v
//     adagrad   s += g^2,        w -= rate * g / sqrt(s + 1e-12)
//
// After the update every column of a `unit_norm` segment is scaled back to norm 1. The optimiser knows segments, not
// layers. Its state (v or s, as long as the parameters; empty for sgd) belongs to checkpoints. Work is spread over the
// pool by matrices; results do not depend on the number of threads.
#pragma once

#include "base/names.h"
#include "kernels/aligned.h"
#include "kernels/segment.h"

#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

enum class RateSchedule { constant, step, cosine };

template <>
inline constexpr auto names_of<RateSchedule> = names<RateSchedule>({
    {RateSchedule::constant, "constant"},
    {RateSchedule::step, "step"},
    {RateSchedule::cosine, "cosine"},
});

Rule parse_rule(const std::string& name);    // Error (usage) on another name

// What the rate is multiplied by, in (0, 1]. constant: 1. step: 1, a tenth from half of the steps on, a hundredth from
// three quarters on. cosine: (1 + cos(pi * step / steps)) / 2. `step` counts from 0.
double rate_factor(RateSchedule schedule, std::int64_t step, std::int64_t steps);

class Optimiser
{
  public:
    Optimiser(Rule rule, double momentum, std::vector<Segment> segments, Pool& pool);

    // The parameters from `first` on, as many as there are gradients: whole matrices. The others stay, and so does a
    // matrix whose gradients are all -0: it does not learn now (a greedy schedule), and has neither velocity nor norm
    // to restore. Sums of -0 stay -0.
    void apply(double rate, std::size_t first, std::span<const float> gradient, std::span<float> parameters);
    void apply(double rate, std::span<const float> gradient, std::span<float> parameters)
    {
        apply(rate, 0, gradient, parameters);
    }

    // One step's rule for those who apply it where the gradient arises (Stage::down): the same bits as apply.
    Update<float> step(double rate);

    std::span<float> state() { return state_; }
    std::span<const float> state() const { return state_; }
    static const char* state_name(Rule rule);    // of the tensor in a checkpoint; null for sgd

  private:
    Rule rule_;
    float momentum_;
    std::vector<Segment> segments_;
    Aligned<float> state_;
    Pool& pool_;
};

}    // namespace nonna
