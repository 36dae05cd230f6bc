// What a training run says of itself while it goes on, for Prometheus: nonna_train_..., listed in nonna-metrics(7).
//
// Model to hold in mind: the arithmetic's thread puts numbers in after a step, a validation or a checkpoint; the page's
// threads read the last that were put in, under a mutex that neither holds for longer than that takes. So a page is
// about one moment, and nobody who reads it holds a step up. It is opened while servers are still waited for, but not
// before the run has its folder of checkpoints: who is sent away from there must not take another's address.
#pragma once

#include "io/exposition.h"
#include "model/stage.h"
#include "paramserver/metrics_address.h"
#include "paramserver/web_page.h"
#include "train/descent.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

class RunMetrics
{
  public:
    // Opens the page, says where, and publishes it in the folder of addresses where there is one. Steps that were
    // `done` before, and the newest checkpoint's time.
    RunMetrics(const TrainOptions& options, std::int64_t done, std::optional<double> written);

    // After `done` steps, about the last of them; `waited`: seconds for pictures, since the beginning.
    void step(std::int64_t done, const std::vector<StageCost>& costs, double rate, double waited,
              const Descent& descent);
    void validated(const std::vector<StageCost>& sums, std::size_t images);
    void saved(std::optional<double> written);    // the newest checkpoint, in seconds since 1970
    std::string text() const;

  private:
    struct Fit {
        double cost, relative;    // a picture's; the reconstruction's share of |x|^2
    };
    const std::int64_t planned_, batch_, began_;

    mutable std::mutex mutex_;    // of what follows
    std::int64_t done_;
    double rate_ = 0, waited_ = 0;
    std::vector<Fit> fits_, validated_;    // a stage's
    ServerTimes servers_;
    std::optional<Servers::Pushes> pushes_;
    std::optional<double> checkpoint_;

    std::optional<WebPage> page_;    // its threads use the others
    std::optional<MetricsAddress> address_;

    static std::vector<Fit> fits(const std::vector<StageCost>& sums, double images);
};

}    // namespace nonna
