// Updates of a flat parameter vector, the same code alone and on a parameter server.
//
// The rules, their equations, names and what they keep stand in kernels/update_rules.h; what people and files are told
// of them is derived from there. After the update every column of a `unit_norm` segment is scaled back to norm 1. The
// optimiser knows segments, not layers. Its state (the rule's arrays, each as long as the parameters, one after
// another; empty where the rule keeps none) belongs to checkpoints. Work is spread over the pool by matrices; results
// do not depend on the number of threads.
#pragma once

#include "base/names.h"
#include "kernels/aligned.h"
#include "kernels/segment.h"
#include "kernels/update_rules.h"

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

template <>
inline constexpr auto names_of<Rule> = [] {
    std::array<Name<Rule>, std::size(update_rules)> names;
    for (std::size_t code = 0; code < names.size(); ++code)
        names[code] = {update_rules[code].rule, update_rules[code].name};
    return names;
}();

std::string rules_with_momentum();                       // names, with commas between
double most_rate(Rule rule);                             // 1e6; a turn's is an angle, of a radian at most
std::string state_name(Rule rule, std::size_t array);    // of the tensor in files: "optimiser.squares"

enum class RateSchedule { constant, step, cosine };

template <>
inline constexpr auto names_of<RateSchedule> = names<RateSchedule>({
    {RateSchedule::constant, "constant"},
    {RateSchedule::step, "step"},
    {RateSchedule::cosine, "cosine"},
});

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

    // Bounds of the absolute values of all parameters and of the state: what a step could make of them, whose gradient
    // is nowhere larger than `gradient`. They may be far too wide, but a step whose bounds are `harmless` leaves
    // nothing that is not finite, nor computes with anything that is not.
    struct Bounds {
        double parameters = 0, state = 0;
    };
    Bounds after_step(const Bounds& before, double rate, double gradient) const;
    bool harmless(const Bounds& bounds) const;

    // One step's rule for those who apply it where the gradient arises (Stage::down): the same bits as apply.
    Update<float> step(double rate);

    // A named array of the state, for checkpoints.
    struct Array {
        std::string name;
        std::span<float> numbers;
    };
    std::vector<Array> arrays();
    std::span<float> state() { return state_; }    // all of them
    std::span<const float> state() const { return state_; }

  private:
    Rule rule_;
    float momentum_;
    std::vector<Segment> segments_;
    std::size_t size_ = 0;              // of the parameters
    std::size_t largest_matrix_ = 0;    // likewise
    Aligned<float> state_;
    Pool& pool_;
};

}    // namespace nonna
