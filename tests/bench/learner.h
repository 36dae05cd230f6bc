// A network that takes training steps as lib/train/trainer.cpp does, without reading pictures: what the benchmarks of
// whole steps time. One place, so that they all follow the trainer.
#pragma once

#include "base/parallel.h"
#include "model/network.h"
#include "model/parameters.h"
#include "optimiser/optimiser.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace nonna
{

class Learner
{
  public:
    // images: (image, row, column, channel), `batch` of them, taken again in every step.
    Learner(const Architecture& architecture, int batch, int threads, Rule rule, double rate, std::vector<float> images,
            const std::vector<float>& parameters, Precision precision = Precision::fp32)
        : batch_(batch), rate_(rate), pool_(threads), network_(architecture, batch, pool_, precision),
          images_(std::move(images)), parameters_(parameters.size()), statistics_(network_.statistics()),
          optimiser_(rule, 0, segments(network_), pool_)
    {
        std::copy(parameters.begin(), parameters.end(), parameters_.begin());
        if (precision == Precision::bf16)
            split_.emplace(architecture, std::move(parameters_), pool_);
    }

    // load, up, and the rest in Network::step; returns the cost of a picture
    double step()
    {
        const Parameters<float> weights = split_ ? split_->view() : Parameters<float>(parameters_);
        network_.load(images_, batch_);
        network_.up(weights);
        double cost = 0;
        const std::vector<Update<float>> updates(std::size_t(network_.stages()), optimiser_.step(rate_));
        for (const StageCost& c : network_.step(weights, statistics_, 0.99, Schedule::stagewise, 0, updates))
            cost += c.total / batch_;
        return cost;
    }

    std::span<const float> state() { return optimiser_.state(); }
    std::span<const float> parameters() const { return parameters_; }    // none in bf16

  private:
    static std::vector<Segment> segments(const Network<float>& network)
    {
        std::vector<Segment> all;
        std::size_t first = 0;
        for (int s = 0; s < network.stages(); ++s) {
            for (Segment segment : network.stage(s).segments()) {
                segment.offset += first;
                all.push_back(segment);
            }
            first += network.stage(s).parameters();
        }
        return all;
    }

    int batch_;
    double rate_;
    Pool pool_;
    Network<float> network_;
    std::vector<float> images_;
    Aligned<float> parameters_;
    std::optional<SplitParameters> split_;
    std::vector<double> statistics_;
    Optimiser optimiser_;
};

// FLOP of one step: 2 a weight and picture for each of encode, reconstruct, d_hidden and the gradients of encoder and
// decoder (tied weights get both), with the stagewise schedule; joint adds the gradient of the input above the first
// stage. Pooling, normalisation and the update itself are not counted, nor are padding lanes.
inline double step_flop(const Architecture& architecture, int batch, Schedule schedule = Schedule::stagewise)
{
    double passes = 0;
    for (std::size_t s = 0; s < architecture.stages.size(); ++s)
        passes += double(architecture.stages[s].encoder_weights()) * (schedule == Schedule::joint && s > 0 ? 6 : 5);
    return 2 * passes * batch;
}

// Numbers in [-size, size) from a counter: quick to make and no denormals among them.
inline std::vector<float> quick_numbers(std::size_t count, double size)
{
    std::vector<float> out(count);
    std::uint32_t v = 1;
    for (float& o : out) {
        v = v * 1664525 + 1013904223;
        o = float((double(v) / 2147483648.0 - 1) * size);
    }
    return out;
}

}    // namespace nonna
