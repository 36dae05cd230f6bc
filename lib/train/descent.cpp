#include "train/descent.h"

#include "optimiser/optimiser.h"

namespace nonna
{

namespace
{

class Alone : public Descent
{
  public:
    Alone(Model& model, Network<float>& network, Weights& weights, const TrainOptions& options,
          std::vector<Segment> segments, Pool& pool)
        : model_(model), network_(network), weights_(weights), rate_(options.rate),
          optimiser_(options.optimizer, options.momentum, std::move(segments), pool)
    {
    }
    std::vector<StageCost> step(std::int64_t, Schedule schedule, int only, double factor) override
    {
        return network_.step(weights_.parameters(), model_.statistics, statistics_decay, schedule, only,
                             optimiser_.step(rate_ * factor));
    }
    double rate() const override { return rate_; }
    std::vector<Optimiser::Array> arrays() override { return optimiser_.arrays(); }

  private:
    Model& model_;
    Network<float>& network_;
    Weights& weights_;
    double rate_;
    Optimiser optimiser_;
};

}    // namespace

std::unique_ptr<Descent> descend_alone(Model& model, Network<float>& network, Weights& weights,
                                       const TrainOptions& options, Pool& pool)
{
    return std::make_unique<Alone>(model, network, weights, options, parameter_segments(model.architecture), pool);
}

}    // namespace nonna
