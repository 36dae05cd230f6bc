// What a contrast-normalised response is made of, and how large it can become.
//
// A neuron of the sublayer norm responds with y = g / s: its *numerator* g = q - G q, the pooled value less the
// Gaussian mean of its neighbourhood, over s = max(c, sqrt(G g^2)), to which its own g contributes with the weight
// w = G's at the window's middle (model/layers.h). So s >= sqrt(w) |g|, and
//
//     |y| <= 1 / sqrt(w)        the *ceiling*, which it reaches where it is active alone among its neighbours.
//
// Near it y hardly tells one input from another. g has no such bound in its own stage; g is a weighted sum of pooled
// units, so that its gradient is one pass down from the sublayer pool.
#pragma once

#include "model/neuron.h"

#include <optional>
#include <vector>

namespace nonna
{

// One of the pooled units of a neuron's stage, by its place in the whole network, and its weight in g.
struct NumeratorTerm {
    int row = 0, column = 0, map = 0;
    double weight = 0;
};

// None for neurons of other sublayers than norm.
std::optional<double> ceiling(NeuronId neuron, const Architecture& architecture);
std::vector<NumeratorTerm> numerator(NeuronId neuron, const Architecture& architecture);

// A response this close to the ceiling has reached it.
inline constexpr double ceiling_share = 0.95;
inline bool at_ceiling(double response, std::optional<double> most)
{
    return most && response >= ceiling_share * *most;
}

}    // namespace nonna
