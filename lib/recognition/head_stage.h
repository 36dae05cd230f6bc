// A head as the last stage of a network (model/stage.h), so that its loss moves the stages below it.
//
// Its input is the layer that the head was fitted to; one sublayer, of C units z (recognition/logistic_head.h); its
// cost the sum over pictures and classes of the units' losses. Parameters: weights (class, feature), then C biases; the
// standardisation is a constant. It has no statistics, and does not apply gradients itself. Sums are made in the same
// order for any number of threads.
#pragma once

#include "recognition/logistic_head.h"

#include "model/stage.h"

#include <cstdint>
#include <memory>
#include <span>

namespace nonna
{

template <class Real> class HeadStage : public Stage<Real>
{
  public:
    virtual void set_labels(std::span<const std::uint32_t> labels) = 0;    // of the pictures loaded; before cost
    virtual std::size_t right() const = 0;                                 // of these at the last cost: top-1
};

template <class Real>
std::unique_ptr<HeadStage<Real>> make_head_stage(Shape input, std::size_t classes, const Standard& standard, int batch,
                                                 Pool& pool);

}    // namespace nonna
