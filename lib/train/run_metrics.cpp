#include "train/run_metrics.h"

#include "base/log.h"

#include <algorithm>

namespace nonna
{

RunMetrics::RunMetrics(const TrainOptions& options, std::int64_t done, std::optional<double> written)
    : planned_(options.steps), batch_(options.batch), began_(done), done_(done), checkpoint_(written)
{
    page_.emplace(options.metrics, [this] { return text(); });
    const ServedOptions& served = options.served;
    if (!served.client.rendezvous.empty())
        address_.emplace(served.client.rendezvous, Process{"replica", served.replica}, page_->address());
    say("metrics at " + page_->address());
}

// What asks others comes before the lock. A counter must not fall, as readers take that for a new beginning: pushes
// that are lost when a server comes back were accepted all the same, and one that was dropped may turn out to have
// arrived.
void RunMetrics::step(std::int64_t done, const std::vector<StageCost>& costs, double rate, double waited,
                      const Descent& descent)
{
    const ServerTimes servers = descent.times();
    std::optional<Servers::Pushes> pushes = descent.pushes();
    std::vector<Fit> now = fits(costs, double(batch_));
    const std::lock_guard lock(mutex_);
    done_ = done;
    rate_ = rate;
    waited_ = waited;
    servers_ = servers;
    if (pushes) {
        pushes->decided.accepted += pushes->lost;
        pushes->dropped = std::max(pushes->dropped, pushes_ ? pushes_->dropped : 0);
        pushes_ = pushes;
    }
    fits_ = std::move(now);
}

void RunMetrics::validated(const std::vector<StageCost>& sums, std::size_t images)
{
    std::vector<Fit> now = fits(sums, double(images));
    const std::lock_guard lock(mutex_);
    validated_ = std::move(now);
}

void RunMetrics::saved(std::optional<double> written)
{
    const std::lock_guard lock(mutex_);
    checkpoint_ = written;
}

std::vector<RunMetrics::Fit> RunMetrics::fits(const std::vector<StageCost>& sums, double images)
{
    std::vector<Fit> all;
    for (const StageCost& s : sums)
        all.push_back({s.total / images, s.input > 0 ? s.reconstruction / s.input : 0});
    return all;
}

std::string RunMetrics::text() const
{
    Exposition page;
    const std::lock_guard lock(mutex_);
    page.counter("nonna_train_steps_total", "minibatches learned from by this process", double(done_ - began_));
    page.counter("nonna_train_pictures_total", "pictures learned from by this process",
                 double((done_ - began_) * batch_));
    page.gauge("nonna_train_step", "of the run, with the steps before it was resumed", double(done_));
    page.gauge("nonna_train_planned_steps", "of the run in all", double(planned_));
    page.gauge("nonna_train_rate", "learning rate of the first stage in the last step", rate_);

    const auto of_stages = [&](const char* name, const char* help, const std::vector<Fit>& stages, double Fit::*value) {
        page.head(name, "gauge", help);
        for (std::size_t i = 0; i < stages.size(); ++i)
            page.sample(name, {{"stage", std::to_string(i + 1)}}, stages[i].*value);
    };
    of_stages("nonna_train_cost", "of a picture, mean over the last minibatch", fits_, &Fit::cost);
    of_stages("nonna_train_relative_reconstruction", "reconstruction cost over the square of the stage's input", fits_,
              &Fit::relative);
    if (!validated_.empty()) {
        of_stages("nonna_train_validation_cost", "of a picture, mean over those to validate on", validated_,
                  &Fit::cost);
        of_stages("nonna_train_validation_relative_reconstruction",
                  "reconstruction cost over the square of the stage's input", validated_, &Fit::relative);
    }

    page.head("nonna_train_waited_seconds_total", "counter", "in which the arithmetic waited");
    const auto waited = [&](const char* what, double seconds) {
        page.sample("nonna_train_waited_seconds_total", {{"for", what}}, seconds);
    };
    waited("input", waited_);
    if (pushes_) {
        waited("fetch", servers_.fetch);
        waited("push", servers_.push);
        page.head("nonna_train_pushes_total", "counter", "shards' parts of pushes by what became of them");
        const auto became = [&](const char* outcome, std::uint64_t pushes) {
            page.sample("nonna_train_pushes_total", {{"outcome", outcome}}, double(pushes));
        };
        became("accepted", pushes_->decided.accepted);
        became("stale", pushes_->decided.stale);
        became("refused", pushes_->decided.refused);
        became("dropped", pushes_->dropped);
        became("lost", pushes_->lost);
    }
    if (checkpoint_)
        page.gauge("nonna_train_checkpoint_timestamp_seconds", "when the newest checkpoint was written", *checkpoint_);
    return page.text();
}

}    // namespace nonna
