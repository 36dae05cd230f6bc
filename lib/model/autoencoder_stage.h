// A locally connected sigmoid autoencoder, the control network of the paper's comparison:
//
//     h[p, m] = s(<w[p, m], x at p> + b[p, m]),   s(a) = 1 / (1 + exp(-a)) - 1/2
//     r = sum over p, m of d[p, m] * h[p, m] placed at p, + c
//     cost |r - x|^2 + lambda * sum of (h + 1/2)
//
// The weights are not shared between positions, b is a bias a hidden unit, c one an input value. The logistic sigmoid
// is taken about its middle: that moves the biases' values and no more, so the networks are the same, but a weight's
// gradient is not mostly the mean of what it multiplies, and descent is that much better conditioned. The decoder is
// linear: a stage's input is whitened pixels, another stage's normalised activations or another autoencoder's, and the
// squared error is that of a Gaussian around r. Tied: d = w; there is no alpha, as w's own norm is free. One sublayer,
// h. Parameters: encoder, decoder when untied, encoder bias b, decoder bias c.
#pragma once

#include "model/architecture.h"
#include "model/exchange.h"
#include "model/stage.h"
#include "model/workspace.h"

#include <memory>

namespace nonna
{

template <class Real>
std::unique_ptr<Stage<Real>> make_autoencoder_stage(const StageArchitecture& stage, int batch, Precision,
                                                    Workspace<Real>& workspace, Pool& pool,
                                                    const TilePlace& place = {});

}    // namespace nonna
