// A head: one logistic unit a class on standardised features of a model (recognition/features.h), one-versus-all.
//
//     z[c] = bias[c] + sum over f of weights[c, f] * (x[f] - mean[f]) * factor[f],    p[c] = 1 / (1 + exp(-z[c]))
//
// Each unit says by itself how likely its class is; the probabilities need not sum to 1. The class of the largest z is
// the answer, the first of equal ones. The loss of a unit on a picture, y = 1 of its class, 0 of others, in double:
//
//     -y log p - (1 - y) log(1 - p) = max(-s, 0) + log1p(exp(-|s|)),    s = z where y = 1, -z where y = 0
//
// The file is specified in nonna-head(5).
#pragma once

#include "model/model_file.h"
#include "recognition/features.h"
#include "recognition/scratch_array.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

// Both at once, from one exponential: where there are many units this is what takes long beside the products.
struct Judgement {
    double probability, loss;
};
inline Judgement judge_unit(double z, bool positive)
{
    const double small = std::exp(-std::abs(z));
    return {z >= 0 ? 1 / (1 + small) : small / (1 + small), std::max(positive ? -z : z, 0.0) + std::log1p(small)};
}
inline double logistic(double z) { return judge_unit(z, true).probability; }
inline double logistic_loss(double z, bool positive) { return judge_unit(z, positive).loss; }

struct LogisticHead {
    std::vector<std::string> classes;    // in the order of their names
    std::string layers;                  // "2.norm,3.norm"
    std::string model;                   // model_digest of the one it was fitted to
    Standard standard;
    ScratchArray weights;    // (class, feature); what may lie behind them is nobody's
    std::vector<float> bias;
    std::map<std::string, std::string> provenance;

    std::size_t length() const { return standard.mean.size(); }
};

void save_head(const std::string& path, const LogisticHead& head);
// Error when it is no such file, or a damaged one.
LogisticHead load_head(const std::string& path);
// Its layers in this model. Error where it was fitted to another one.
std::vector<LayerId> layers_of_head(const LogisticHead& head, const std::string& path, const Model& model,
                                    const std::string& model_name);

// z of `pictures` rows of standardised features, (picture, class).
void head_scores(const LogisticHead& head, std::span<const float> x, std::size_t pictures, std::span<float> z,
                 Pool& pool);

}    // namespace nonna
