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
        : model_(model), network_(network), weights_(weights), rates_(options.rates),
          optimiser_(options.optimizer, options.momentum, std::move(segments), pool)
    {
        if (rates_.size() == 1)
            rates_.resize(std::size_t(network.stages()), rates_.front());
    }
    std::vector<StageCost> step(std::int64_t, Schedule schedule, int only, double factor) override
    {
        std::vector<Update<float>> updates;
        for (const double rate : rates_)
            updates.push_back(optimiser_.step(rate * factor));
        return network_.step(weights_.parameters(), model_.statistics, statistics_decay, schedule, only, updates);
    }
    double rate() const override { return rates_.front(); }
    std::vector<Optimiser::Array> arrays() override { return optimiser_.arrays(); }

  private:
    Model& model_;
    Network<float>& network_;
    Weights& weights_;
    std::vector<double> rates_;    // one a stage
    Optimiser optimiser_;
};

}    // namespace

std::unique_ptr<Descent> descend_alone(Model& model, const Architecture& layout, Network<float>& network,
                                       Weights& weights, const TrainOptions& options, Pool& pool)
{
    return std::make_unique<Alone>(model, network, weights, options, parameter_segments(layout), pool);
}

}    // namespace nonna
