// Asynchronous stochastic gradient descent against parameter servers ("Downpour", Dean et al. 2012).
#include "train/descent.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "paramserver/client.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace nonna
{

namespace
{

class Downpour : public Descent
{
  public:
    Downpour(Model& model, Network<float>& network, Weights& weights, const TrainOptions& options, Pool& pool)
        : model_(model), network_(network), weights_(weights), options_(options.served), pool_(pool),
          layout_(parameter_segments(model.architecture), model.statistics.size(),
                  model_identity(model.architecture, model.preprocessing)),
          direct_(options_.fetch_every == 1 && !weights.splits()), fetched_statistics_(model.statistics.size()),
          pushed_statistics_(model.statistics.size()),
          servers_(layout_, options_.client, std::int64_t(options_.replica.first))
    {
        for (Aligned<float>& gradient : gradients_)
            gradient = Aligned<float>(layout_.size());
        if (options_.push_every > 1)
            one_ = Aligned<float>(layout_.size());
        if (!direct_)
            incoming_ = Aligned<float>(layout_.size());
        warm_start();
        ask();
        take();
    }

    void begin(std::int64_t) override
    {
        if (!asked_)
            return;
        if (options_.fetch_every == 1)
            take();
        else
            take_arrived();
    }

    // Gradients of push_every steps are summed before they are sent. Statistics are sent with them, as one step of
    // averaging, s = decay * s + pushed, for the several: the product of their decays, and the sum of what each adds,
    // decayed by those behind it.
    std::vector<StageCost> step(std::int64_t step, Schedule schedule, int only, double factor) override
    {
        if (gathered_ == 0)
            servers_.begin_gradient();
        Aligned<float>& sum = gradients_[turn_];
        std::vector<StageCost> costs = network_.gradient(weights_.parameters(), model_.statistics, statistics_decay,
                                                         schedule, only, gathered_ == 0 ? sum : one_);
        if (gathered_ > 0)
            add(one_, sum);
        ++gathered_;
        decay_ *= statistics_decay;
        for (std::size_t s = 0, i = 0; s < costs.size(); ++s)
            for (const double total : costs[s].statistics) {
                pushed_statistics_[i] = statistics_decay * pushed_statistics_[i] +
                                        (1 - statistics_decay) * total / double(network_.count());
                ++i;
            }
        factor_ = factor;
        if (gathered_ == options_.push_every)
            push();
        if (servers_.must_fetch() || (step + 1) % options_.fetch_every == 0)
            ask();
        return costs;
    }

    void settle() override
    {
        servers_.settle();
        if (!asked_)
            ask();
        take();
    }

    void finish() override
    {
        if (gathered_ > 0)
            push();
        servers_.finish();
        report();
        if (!options_.pull || interrupted()) {    // a last measurement may follow, and a checkpoint
            if (!asked_)
                ask();
            take();
            return;
        }
        std::vector<std::uint64_t> versions;
        weights_.as_floats([&] { servers_.pull(model_.parameters, model_.statistics, versions); });
        std::string text;
        for (const std::uint64_t version : versions)
            text += (text.empty() ? "" : " ") + std::to_string(version);
        model_.provenance["versions"] = text;
        asked_ = false;
    }

    double rate() const override { return servers_.update().rate; }

    ServerTimes times() const override
    {
        return {servers_.waited_fetch(), servers_.waited_push(), servers_.staleness_sum(), servers_.staleness_count()};
    }

    std::optional<Servers::Pushes> pushes() const override
    {
        Servers::Pushes sum;
        for (const Servers::Pushes& p : servers_.pushes()) {
            sum.handed_over += p.handed_over;
            sum.decided.accepted += p.decided.accepted;
            sum.decided.stale += p.decided.stale;
            sum.decided.refused += p.decided.refused;
            sum.dropped += p.dropped;
            sum.lost += p.lost;
        }
        return sum;
    }

  private:
    Model& model_;
    Network<float>& network_;
    Weights& weights_;
    const ServedOptions options_;
    Pool& pool_;
    const Layout layout_;
    Aligned<float> gradients_[2], one_, incoming_;    // one is filled while the other is pushed
    int turn_ = 0;
    std::int64_t gathered_ = 0;    // gradients in the sum
    const bool direct_;            // values come into the model itself
    bool asked_ = false;
    std::vector<double> fetched_statistics_, pushed_statistics_;
    double decay_ = 1, factor_ = 1;
    Servers servers_;    // last: its threads write to the others

    void ask()
    {
        if (asked_ && servers_.fetching())
            return;    // the last is still on its way
        if (asked_)
            take_arrived();
        servers_.fetch(direct_ ? std::span<float>(model_.parameters) : std::span<float>(incoming_),
                       fetched_statistics_);
        asked_ = true;
    }

    void take()
    {
        servers_.wait_fetched();
        take_arrived();
        asked_ = false;
    }

    void take_arrived()
    {
        std::vector<Range> ranges;
        const bool statistics = servers_.arrived(ranges);
        if (statistics)
            std::copy(fetched_statistics_.begin(), fetched_statistics_.end(), model_.statistics.begin());
        if (!direct_ && !ranges.empty())
            weights_.as_floats([&] {
                for (const Range& range : ranges)
                    copy(range);
            });
        if (!servers_.fetching())
            asked_ = false;
    }

    static constexpr std::size_t block = 1 << 16;    // numbers, of work for a thread

    void copy(const Range& range)
    {
        pool_.for_each((range.count + block - 1) / block, [&](std::size_t b, int) {
            const std::size_t at = range.first + b * block;
            std::copy_n(incoming_.data() + at, std::min(block, range.end() - at), model_.parameters.data() + at);
        });
    }

    void add(const Aligned<float>& from, Aligned<float>& into)
    {
        pool_.for_each((into.size() + block - 1) / block, [&](std::size_t b, int) {
            for (std::size_t i = b * block; i < std::min(into.size(), (b + 1) * block); ++i)
                into[i] += from[i];
        });
    }

    void push()
    {
        servers_.push(gradients_[turn_], factor_, decay_, pushed_statistics_);
        turn_ = 1 - turn_;
        gathered_ = 0;
        decay_ = 1;
        std::fill(pushed_statistics_.begin(), pushed_statistics_.end(), 0);
    }

    // Replica 0 goes first, alone; the others wait for so many of its pushes.
    void warm_start()
    {
        if (options_.replica.first == 0 || options_.warm_start == 0)
            return;
        const std::uint64_t wanted =
            std::uint64_t((options_.warm_start + options_.push_every - 1) / options_.push_every);
        std::uint64_t version = servers_.least_version(), last = version;
        if (version < wanted)
            say("waiting for the first " + std::to_string(options_.warm_start) + " steps of replica 0");
        std::mutex mutex;
        std::condition_variable never;
        std::unique_lock lock(mutex);
        for (double quiet = 0; version < wanted; version = servers_.least_version()) {
            quiet = version > last ? 0 : quiet + 0.2;
            last = version;
            if (quiet > options_.client.patience)
                throw Error("replica 0", "its warm start does not go on", ExitStatus::peer_lost);
            throw_if_interrupted();
            never.wait_for(lock, std::chrono::milliseconds(200));
        }
    }

    void report() const
    {
        const std::vector<Servers::Pushes> by_shard = servers_.pushes();
        auto line = [](const Servers::Pushes& p) {
            return std::to_string(p.handed_over) + " pushes: " + std::to_string(p.decided.accepted) + " applied, " +
                   std::to_string(p.decided.stale) + " too old, " + std::to_string(p.decided.refused) + " refused, " +
                   std::to_string(p.dropped) + " dropped, " + std::to_string(p.lost) + " lost";
        };
        for (std::size_t i = 0; i < by_shard.size(); ++i)
            detail("shard " + std::to_string(i) + ": " + line(by_shard[i]));
        say("to " + std::to_string(by_shard.size()) + (by_shard.size() == 1 ? " shard, " : " shards, ") +
            line(*pushes()));
    }
};

}    // namespace

std::unique_ptr<Descent> descend_on_servers(Model& model, Network<float>& network, Weights& weights,
                                            const TrainOptions& options, Pool& pool)
{
    return std::make_unique<Downpour>(model, network, weights, options, pool);
}

}    // namespace nonna
