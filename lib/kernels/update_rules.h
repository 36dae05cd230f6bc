// The rules by which a gradient moves parameters: all that is known of each but its arithmetic (updates.inc).
//
// With w a parameter, g its gradient, and the numbers that a rule keeps beside each parameter, all 0 at the start:
//
//     sgd                       w -= rate * g
//     momentum  v, velocity     v = momentum * v + g,   w -= rate * v
//     adagrad   s, squares      s += g^2,               w -= rate * g / sqrt(s + 1e-12)
//     turn      v, velocity     v = momentum * v + g,   W -= rate * |W| / |V| * V
//
// The last is of a whole matrix, the filters of one position, with the root of the sum of its squares as its norm.
// Where filters are kept at norm 1, V first loses what points along them, v -= <w, v> w: then `rate` is the angle, in
// radians and as a root mean square over the position's filters, by which a step turns them, whatever the gradient's
// size is. So one rate suits stages whose gradients differ a thousandfold, and no step is so long that it diverges. It
// is of one position alone, and needs no sum over others. A matrix of one row are biases, which have no direction: |W|
// is then the root of their number, so that `rate` is their step. It is never longer than that of a filter of norm 1.
//
// Programs, checkpoints, parameter servers and the plan of memory read `update_rules` and name no rule themselves: a
// new one is its enumerator and its row here, and its case in updates.inc. A rule's place is its code in the servers'
// messages and in snapshots, so that a new one goes to the end.
#pragma once

#include <cstddef>

namespace nonna
{

enum class Rule { sgd, momentum, adagrad, turn };

struct UpdateRule {
    Rule rule;
    const char* name;         // as people give it
    double usual_rate;        // where nobody says another
    const char* arrays[2];    // what it keeps, an array each as long as the parameters; null: no more
    bool takes_momentum = false;
    // Moves a matrix only when all of its gradient is known. Its steps do not become shorter as the gradient does: the
    // rate must fall.
    bool whole_matrix = false;
    constexpr std::size_t kept() const { return std::size_t(arrays[0] != nullptr) + (arrays[1] != nullptr); }
};

inline constexpr UpdateRule update_rules[] = {
    {Rule::sgd, "sgd", 0.003, {}},
    {Rule::momentum, "momentum", 0.001, {"velocity"}, true},
    {Rule::adagrad, "adagrad", 0.01, {"squares"}},
    {Rule::turn, "turn", 0.03, {"velocity"}, true, true},
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
