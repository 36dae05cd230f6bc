// How a step moves the parameters: here, or on servers. The training loop (trainer.cpp) sees only this.
//
//     begin(step)    the weights are those to work on
//     ...            the network goes up
//     step(...)      costs at the last up, and the move
//     settle()       now the model holds what all of its own steps led to
//
// Not thread-safe; the arithmetic's thread calls it.
#pragma once

#include "model/model_file.h"
#include "model/network.h"
#include "model/parameters.h"
#include "paramserver/client.h"
#include "train/trainer.h"

#include <memory>
#include <optional>
#include <utility>

namespace nonna
{

inline constexpr double statistics_decay = 0.99;

// A model's parameters as its network takes them: split while a bf16 network works on them, and floats in the model
// whenever it is looked at. While they are split the model has none, so that nobody takes halves for floats. In fp32
// they are the model's all the time.
class Weights
{
  public:
    // `layout`: the architecture whose parameters the model's are, its own or a tile's; must outlive this.
    Weights(Model& model, const Architecture& layout, Precision precision, Pool& pool)
        : model_(model), layout_(layout), precision_(precision), pool_(pool)
    {
    }

    Parameters<float> parameters() { return split_ ? split_->view() : Parameters<float>(model_.parameters); }
    bool splits() const { return precision_ == Precision::bf16; }

    void split()    // the network works on them from now on
    {
        if (splits())
            split_.emplace(layout_, std::move(model_.parameters), pool_);
    }
    void join()    // the model has them again
    {
        if (split_)
            model_.parameters = std::move(*split_).join(layout_, pool_);
        split_.reset();
    }
    // f() with the weights as floats
    template <class F> void as_floats(F f)
    {
        join();
        f();
        split();
    }

  private:
    Model& model_;
    const Architecture& layout_;
    Precision precision_;
    Pool& pool_;
    std::optional<SplitParameters> split_;
};

// Seconds that the arithmetic waited for the servers, and how old the values were that applied pushes came from.
struct ServerTimes {
    double fetch = 0, push = 0;
    std::uint64_t staleness_sum = 0, pushes = 0;
};

class Descent
{
  public:
    virtual ~Descent() = default;
    virtual void begin(std::int64_t) {}
    // `factor`: of the rate; `only`: the stage that learns where the schedule is greedy.
    virtual std::vector<StageCost> step(std::int64_t step, Schedule schedule, int only, double factor) = 0;
    virtual void settle() {}
    virtual void finish() {}            // the last step was made: what was not handed over yet is
    virtual double rate() const = 0;    // of the first stage, before any factor
    virtual ServerTimes times() const { return {}; }
    virtual std::optional<Servers::Pushes> pushes() const { return {}; }    // to all shards; none where there are none

    // For checkpoints: the optimiser's state, where this process has it.
    virtual std::vector<Optimiser::Array> arrays() { return {}; }
};

// In this process's memory, where the gradient arises.
std::unique_ptr<Descent> descend_alone(Model& model, const Architecture& layout, Network<float>& network,
                                       Weights& weights, const TrainOptions& options, Pool& pool);

// On parameter servers (downpour.cpp). Every fetch_every steps the servers' values are taken, every push_every steps
// the sum of the gradients is handed over. With fetch_every 1 each step waits for values that this replica's own pushes
// are in; else they come beside the arithmetic and are used as soon as they are there.
std::unique_ptr<Descent> descend_on_servers(Model& model, Network<float>& network, Weights& weights,
                                            const TrainOptions& options, Pool& pool);

}    // namespace nonna
