// What a run says of itself to Prometheus.
#include "train/run_metrics.h"
#include "../files.h"

#include <boost/test/unit_test.hpp>

using namespace nonna;
using namespace nonna::test;

namespace
{

// A descent that has come to these figures.
class Known : public Descent
{
  public:
    explicit Known(bool on_servers) : on_servers_(on_servers) {}
    std::vector<StageCost> step(std::int64_t, Schedule, int, double) override { return {}; }
    double rate() const override { return 0; }
    ServerTimes times() const override { return {1.5, 0.25, 0, 0}; }
    std::optional<Servers::Pushes> pushes() const override
    {
        return on_servers_ ? std::optional(counts) : std::nullopt;
    }
    Servers::Pushes counts;

  private:
    bool on_servers_;
};

TrainOptions options()
{
    TrainOptions o;
    o.steps = 100;
    o.batch = 10;
    o.metrics = "http://127.0.0.1:0/metrics";
    return o;
}

std::vector<StageCost> costs()
{
    StageCost one, two;
    one.total = 50;
    one.reconstruction = 20;
    one.input = 80;
    two.total = 5;
    return {one, two};
}

bool has(const RunMetrics& metrics, const std::string& line)
{
    return ("\n" + metrics.text()).find("\n" + line + "\n") != std::string::npos;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(run_metrics)

BOOST_AUTO_TEST_CASE(alone)
{
    BOOST_TEST(RunMetrics(options(), 0, std::nullopt).text().find("checkpoint") == std::string::npos);
    RunMetrics metrics(options(), 40, 1234.5);
    BOOST_TEST(has(metrics, "nonna_train_steps_total 0"));
    BOOST_TEST(metrics.text().find("\nnonna_train_cost{") == std::string::npos);    // nothing is known of it yet
    BOOST_TEST(has(metrics, "nonna_train_step 40"));
    BOOST_TEST(has(metrics, "nonna_train_checkpoint_timestamp_seconds 1234.5"));
    metrics.step(43, costs(), 0.03, 2.5, Known(false));
    metrics.saved(5678);
    for (const char* line :
         {"nonna_train_steps_total 3", "nonna_train_pictures_total 30", "nonna_train_step 43",
          "nonna_train_planned_steps 100", "nonna_train_rate 0.03", "nonna_train_cost{stage=\"1\"} 5",
          "nonna_train_cost{stage=\"2\"} 0.5", "nonna_train_relative_reconstruction{stage=\"1\"} 0.25",
          "nonna_train_relative_reconstruction{stage=\"2\"} 0",    // of flat pictures
          "nonna_train_waited_seconds_total{for=\"input\"} 2.5", "nonna_train_checkpoint_timestamp_seconds 5678"})
        BOOST_TEST(has(metrics, line), line);
    for (const char* absent : {"fetch", "push", "validation"})
        BOOST_TEST(metrics.text().find(absent) == std::string::npos, absent);
    metrics.validated(costs(), 100);
    BOOST_TEST(has(metrics, "nonna_train_validation_cost{stage=\"1\"} 0.5"));
    BOOST_TEST(has(metrics, "nonna_train_cost{stage=\"1\"} 5"));
}

BOOST_AUTO_TEST_CASE(a_replica)
{
    const Folder folder;
    TrainOptions o = options();
    o.served.client.rendezvous = folder.path;
    o.served.replica = Portion{1, 1, 2};
    RunMetrics metrics(o, 0, std::nullopt);
    const std::vector<MetricsPage> pages = metrics_pages(folder.path);
    BOOST_TEST_REQUIRE(pages.size() == 1);
    BOOST_TEST(pages[0].process.text() == "replica 1/2");
    BOOST_TEST(pages[0].url.starts_with("http://127.0.0.1:"));
    Known descent(true);
    descent.counts.decided = {5, 4, 3};
    descent.counts.dropped = 2;
    metrics.step(1, costs(), 0.03, 2.5, descent);
    for (const char* line :
         {"nonna_train_waited_seconds_total{for=\"fetch\"} 1.5", "nonna_train_waited_seconds_total{for=\"push\"} 0.25",
          "nonna_train_pushes_total{outcome=\"accepted\"} 5", "nonna_train_pushes_total{outcome=\"stale\"} 4",
          "nonna_train_pushes_total{outcome=\"refused\"} 3", "nonna_train_pushes_total{outcome=\"dropped\"} 2",
          "nonna_train_pushes_total{outcome=\"lost\"} 0"})
        BOOST_TEST(has(metrics, line), line);
    // A server comes back: four of the five are lost, and one that was dropped had arrived. No counter falls.
    descent.counts.decided.accepted = 2;
    descent.counts.lost = 4;
    descent.counts.dropped = 1;
    metrics.step(2, costs(), 0.03, 2.5, descent);
    for (const char* line :
         {"nonna_train_pushes_total{outcome=\"accepted\"} 6", "nonna_train_pushes_total{outcome=\"dropped\"} 2",
          "nonna_train_pushes_total{outcome=\"lost\"} 4"})
        BOOST_TEST(has(metrics, line), line);
}

BOOST_AUTO_TEST_SUITE_END()
