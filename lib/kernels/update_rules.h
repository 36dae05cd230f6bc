// The rules by which a gradient moves parameters: all that is known of each but its arithmetic (updates.inc).
//
// With w a parameter, g its gradient, and the numbers that a rule keeps beside each parameter, all 0 at the start:
//
//     sgd                       w -= rate * g
//     momentum  v, velocity     v = momentum * v + g,   w -= rate * v
//     adagrad   s, squares      s += g^2,               w -= rate * g / sqrt(s + 1e-12)
//
// Programs, checkpoints, parameter servers and the plan of memory read `update_rules` and name no rule themselves: a
// new one is its enumerator and its row here, and its case in updates.inc. A rule's place is its code in the servers'
// messages and in snapshots, so that a new one goes to the end.
#pragma once

#include <cstddef>

namespace nonna
{

enum class Rule { sgd, momentum, adagrad };

struct UpdateRule {
    Rule rule;
    const char* name;         // as people give it
    const char* arrays[2];    // what it keeps, an array each as long as the parameters; null: no more
    bool takes_momentum = false;
    constexpr std::size_t kept() const { return std::size_t(arrays[0] != nullptr) + (arrays[1] != nullptr); }
};

inline constexpr UpdateRule update_rules[] = {
    {Rule::sgd, "sgd", {}},
    {Rule::momentum, "momentum", {"velocity"}, true},
    {Rule::adagrad, "adagrad", {"squares"}},
};

constexpr const UpdateRule& row_of(Rule rule) { return update_rules[std::size_t(rule)]; }

static_assert(
    [] {
        for (const UpdateRule& r : update_rules)
            if (&row_of(r.rule) != &r)
                return false;
        return true;
    }(),
    "each rule stands at its own place");

// A rule at work on an array of parameters.
template <class Real> struct Update {
    Rule rule = Rule::sgd;
    Real rate = 0, momentum = 0;
    Real* state = nullptr;     // the first array kept, at parameter 0; null where the rule keeps none
    std::size_t stride = 0;    // numbers from one array to the next
};

}    // namespace nonna
