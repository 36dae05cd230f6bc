// Every gradient against central differences, in double, on the code that trains.
//
// Bound: a central difference of a smooth f with step d has an error of d^2 f'''/6 from the curve and about u |f| / d
// from rounding (u = 1e-16, |f| up to 1e3 here). d = 1e-5 balances them near 1e-9; relative to the largest gradient of
// the array, of order 1 or more, 1e-6 leaves room and still catches a single wrong border position. Kinks: the
// normalisation's max(c, .) is smooth unless a deviation lies within d of c, which the seeds used here avoid.
#include "base/parallel.h"
#include "base/random.h"
#include "kernels/aligned.h"
#include "kernels/kernels.h"
#include "model/local_stage.h"
#include "model/network.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace nonna;

namespace
{

std::vector<double> noise(std::size_t n, std::uint64_t index)
{
    Random random(7, Purpose::tests, index);
    std::vector<double> v(n);
    for (double& x : v)
        x = random.normal();
    return v;
}

// A second objective behind the layer seam: a sigmoid autoencoder with biases, y = s(W x + b), r = V y + c,
// cost |r - x|^2 / 2. One dense layer, whose "filter" spans the whole picture; parameters W, b, V, c.
class SigmoidStage : public Stage<double>
{
  public:
    SigmoidStage(Shape input, int units) : input_(input), units_(units) {}
    Shape input() const override { return input_; }
    int sublayers() const override { return 1; }
    Shape shape(int) const override { return {1, 1, units_}; }
    const double* activation(int) const override { return y_.data(); }
    std::vector<Segment> segments() const override
    {
        const std::size_t n = input_.size(), u = std::size_t(units_);
        return {
            {0, 1, n, u, false}, {n * u, 1, 1, u, false}, {n * u + u, 1, u, n, false}, {2 * n * u + u, 1, 1, n, false}};
    }
    std::size_t parameters() const override { return 2 * input_.size() * units_ + units_ + input_.size(); }
    std::size_t statistics() const override { return 0; }
    bool updates() const override { return false; }
    void set_lanes(int count) override
    {
        count_ = count;
        lanes_ = padded_lanes(count);
        y_.assign(std::size_t(units_) * lanes_, 0.0);
    }
    void up(Parameters<const double> parameters, const double* x, int) override
    {
        const double* const p = parameters.unsplit();
        for (int j = 0; j < units_; ++j)
            for (int l = 0; l < count_; ++l) {
                double sum = p[input_.size() * units_ + j];
                for (std::size_t i = 0; i < input_.size(); ++i)
                    sum += p[i * units_ + j] * x[i * lanes_ + l];
                y_[j * lanes_ + l] = 1 / (1 + std::exp(-sum));
            }
    }
    std::vector<double> batch_statistics(Parameters<const double>, const double*) override { return {}; }
    StageCost cost(Parameters<const double> parameters, std::span<const double>, const double* x) override
    {
        const double* const p = parameters.unsplit();
        const std::size_t n = input_.size(), decoder = n * units_ + units_, bias = decoder + n * units_;
        e_.assign(n * lanes_, 0.0);
        StageCost cost;
        for (std::size_t i = 0; i < n; ++i)
            for (int l = 0; l < count_; ++l) {
                double r = p[bias + i];
                for (int j = 0; j < units_; ++j)
                    r += p[decoder + j * n + i] * y_[j * lanes_ + l];
                e_[i * lanes_ + l] = r - x[i * lanes_ + l];
                cost.total += e_[i * lanes_ + l] * e_[i * lanes_ + l] / 2;
            }
        cost.reconstruction = 2 * cost.total;
        return cost;
    }
    void down(Parameters<const double> weights, std::span<const double>, const double* x, double scale,
              const double* dy, int, double* dx, const GradientUse<double>* use) override
    {
        const double* const p = weights.unsplit();
        double* const dp = use ? use->written : nullptr;
        const std::size_t n = input_.size(), decoder = n * units_ + units_, bias = decoder + n * units_;
        if (dx)
            std::fill_n(dx, n * lanes_, 0.0);
        if (dp)
            std::fill_n(dp, parameters(), 0.0);
        for (int l = 0; l < count_; ++l) {
            for (std::size_t i = 0; i < n; ++i) {
                if (dx)
                    dx[i * lanes_ + l] -= scale * e_[i * lanes_ + l];
                if (dp)
                    dp[bias + i] += scale * e_[i * lanes_ + l];
            }
            for (int j = 0; j < units_; ++j) {
                const double y = y_[j * lanes_ + l];
                double d = dy ? dy[j * lanes_ + l] : 0;
                for (std::size_t i = 0; i < n; ++i) {
                    const double e = scale == 0 ? 0 : scale * e_[i * lanes_ + l];
                    d += e * p[decoder + j * n + i];
                    if (dp)
                        dp[decoder + j * n + i] += e * y;
                }
                d *= y * (1 - y);
                if (dp)
                    dp[n * units_ + j] += d;
                for (std::size_t i = 0; i < n; ++i) {
                    if (dp)
                        dp[i * units_ + j] += d * x[i * lanes_ + l];
                    if (dx)
                        dx[i * lanes_ + l] += d * p[i * units_ + j];
                }
            }
        }
    }

  private:
    Shape input_;
    int units_, count_ = 0, lanes_ = 0;
    std::vector<double> y_, e_;
};

Architecture small(bool tied, Border border, int norm, int stride = 1)
{
    Architecture a;
    a.name = "small";
    a.side = 10;
    a.channels = 2 + 1;
    a.whitening = 0;
    StageArchitecture one, two;
    one.field = 3;
    one.maps = 3;
    one.pool = 2;
    one.stride = stride;
    one.norm = norm;
    one.border = border;
    one.tied = tied;
    one.lambda = 0.3;
    two = one;
    two.field = 2;
    two.maps = 2;
    two.stride = 1;
    a.stages = {one, two};
    a.complete("small");
    return a;
}

// Autoencoders alone, above a stage of the paper's and below one. A stride of 2 leaves input values that no field sees.
Architecture with_autoencoders(bool tied, int stride, int which)
{
    Architecture a = small(tied, Border::same, 3, stride);
    for (int s = 0; s < 2; ++s)
        if (which != 1 - s) {
            StageArchitecture& stage = a.stages[s];
            stage.kind = StageKind::autoencoder;
            stage.pool = 1;
            stage.norm = 0;
            stage.unit_norm = false;
        }
    a.complete("small");
    return a;
}
enum { both_stages = 2, second_stage = 1, first_stage = 0 };

// Largest difference between `gradient` and central differences of `cost` along every (or every nth) coordinate, over
// the largest gradient.
double difference(std::vector<double>& at, std::span<const double> gradient, const std::function<double()>& cost,
                  std::size_t every = 1)
{
    double largest = 0, error = 0;
    for (const double g : gradient)
        largest = std::max(largest, std::abs(g));
    for (std::size_t i = 0; i < at.size(); i += every) {
        const double value = at[i], d = 1e-5;
        at[i] = value + d;
        const double more = cost();
        at[i] = value - d;
        const double less = cost();
        at[i] = value;
        error = std::max(error, std::abs((more - less) / (2 * d) - gradient[i]));
    }
    BOOST_REQUIRE(largest > 1e-3);
    return error / largest;
}

constexpr double bound = 1e-6;

struct Fixture {
    Pool pool{1};
    Architecture architecture;
    int count = 3;    // of 16 lanes: padding takes part in nothing
    Network<double> network;
    std::vector<double> parameters, statistics, images;

    explicit Fixture(const Architecture& a)
        : architecture(a), network(a, 5, pool), parameters(noise(network.parameters(), 1)),
          images(noise(a.input().size() * 3, 2))
    {
        for (double& w : parameters)
            w *= 0.2;
        for (std::size_t s = 0; s < a.stages.size(); ++s) {    // alpha 0.7, 0.8: constants of the gradient
            statistics.push_back(0.7 + 0.1 * double(s));
            statistics.push_back(1);
        }
    }
    double cost(int first, int last)
    {
        network.load(images, count);
        network.up(parameters);
        const std::vector<StageCost> costs = network.costs(parameters, statistics);
        double total = 0;
        for (int s = first; s <= last; ++s)
            total += costs[s].total;
        return total / count;
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(gradients)

BOOST_AUTO_TEST_CASE(joint_cost_of_the_whole_network)
{
    for (const bool tied : {true, false})
        for (const Border border : {Border::same, Border::valid})
            for (const int norm : {3, 0})
                for (const int stride : {1, 2}) {
                    if (stride == 2 && border == Border::valid)
                        continue;    // nothing would be left of a side of 10
                    Fixture f(small(tied, border, norm, stride));
                    std::vector<double> gradient(f.parameters.size());
                    f.cost(0, 1);
                    f.network.gradient(f.parameters, f.statistics, Schedule::joint, 0, gradient);
                    const double error = difference(
                        f.parameters, gradient, [&] { return f.cost(0, 1); }, 3);
                    BOOST_TEST(error < bound, "tied " << tied << ", valid " << (border == Border::valid) << ", norm "
                                                      << norm << ", stride " << stride << ": " << error);
                }
}

BOOST_AUTO_TEST_CASE(joint_cost_with_autoencoders)
{
    for (const bool tied : {true, false})
        for (const int stride : {1, 2})
            for (const int which : {first_stage, second_stage, both_stages}) {
                Fixture f(with_autoencoders(tied, stride, which));
                std::vector<double> gradient(f.parameters.size());
                f.cost(0, 1);
                f.network.gradient(f.parameters, f.statistics, Schedule::joint, 0, gradient);
                const double error = difference(
                    f.parameters, gradient, [&] { return f.cost(0, 1); }, 7);
                BOOST_TEST(error < bound,
                           "tied " << tied << ", stride " << stride << ", which " << which << ": " << error);
            }
}

// Where autoencoders have a part in what follows.
std::vector<Architecture> paper_and_autoencoders(bool tied)
{
    return {small(tied, Border::same, 3), with_autoencoders(tied, 1, both_stages),
            with_autoencoders(tied, 1, second_stage)};
}

BOOST_AUTO_TEST_CASE(stagewise_takes_each_input_as_constant)
{
    for (const bool tied : {true, false})
        for (const Architecture& a : paper_and_autoencoders(tied)) {
            Fixture f(a);
            std::vector<double> gradient(f.parameters.size());
            f.cost(0, 1);
            f.network.gradient(f.parameters, f.statistics, Schedule::stagewise, 0, gradient);

            // Stage 1: its parameters move its own cost only.
            const std::size_t split = f.network.stage(0).parameters();
            std::vector<double> all = f.parameters;
            double error = 0;
            for (std::size_t i = 0; i < all.size(); i += a.stages[1].sublayers() == 1 ? 11 : 3) {
                const int own = i < split ? 0 : 1;    // stage 2's parameters do not move its input
                const double d = 1e-5;
                f.parameters[i] = all[i] + d;
                const double more = f.cost(own, own);
                f.parameters[i] = all[i] - d;
                const double less = f.cost(own, own);
                f.parameters[i] = all[i];
                error = std::max(error, std::abs((more - less) / (2 * d) - gradient[i]));
            }
            BOOST_TEST(error < bound * 10, "tied " << tied << ": " << error);
        }
}

BOOST_AUTO_TEST_CASE(greedy_moves_one_stage)
{
    Fixture f(small(true, Border::same, 3));
    std::vector<double> stagewise(f.parameters.size()), greedy(f.parameters.size(), 1.0);
    f.cost(0, 1);
    f.network.gradient(f.parameters, f.statistics, Schedule::stagewise, 0, stagewise);
    f.cost(0, 1);
    f.network.gradient(f.parameters, f.statistics, Schedule::greedy, 1, greedy);
    const std::size_t split = f.network.stage(0).parameters();
    for (std::size_t i = 0; i < greedy.size(); ++i)
        BOOST_REQUIRE_EQUAL(greedy[i], i < split ? 0.0 : stagewise[i]);
}

BOOST_AUTO_TEST_CASE(a_step_moves_by_the_gradient)
{
    // Network::step is statistics, costs, gradient and update in one go: the same bits as doing them in turn.
    for (const bool tied : {true, false})
        for (const Architecture& a : paper_and_autoencoders(tied))
            for (const Schedule schedule : {Schedule::joint, Schedule::stagewise, Schedule::greedy})
                for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
                    Fixture f(a);
                    f.cost(0, 1);
                    std::vector<double> gradient(f.parameters.size()), statistics = f.statistics;
                    const std::vector<double> sums = f.network.batch_statistics(f.parameters);
                    for (std::size_t i = 0; i < sums.size(); ++i)
                        statistics[i] = 0.9 * statistics[i] + (1 - 0.9) * sums[i] / f.count;
                    const auto costs = f.network.gradient(f.parameters, statistics, schedule, 1, gradient);
                    const std::size_t kept = row_of(rule).kept();
                    std::vector<double> state(kept * gradient.size(), 0.25), fused_state = state, moved = f.parameters;
                    Update<double> update{rule, 0.01, 0.9, kept ? state.data() : nullptr, gradient.size()};
                    kernels<double>().update(update, 0, moved.size(), gradient.data(), moved.data());
                    for (int s = 0; s < 2; ++s)
                        for (const Segment& segment : f.network.stage(s).segments())
                            for (std::size_t m = 0; m < segment.matrices; ++m)
                                if (schedule != Schedule::greedy || s == 1) {
                                    const std::size_t at = (s ? f.network.stage(0).parameters() : 0) + segment.offset +
                                                           m * segment.rows * segment.columns;
                                    kernels<double>().finish_matrix(update, at, segment.rows, segment.columns,
                                                                    segment.unit_norm, moved.data() + at);
                                }
                    f.cost(0, 1);
                    update.state = kept ? fused_state.data() : nullptr;
                    const auto step_costs = f.network.step(f.parameters, f.statistics, 0.9, schedule, 1,
                                                           std::vector<Update<double>>(2, update));
                    if (schedule == Schedule::greedy) {    // the other stage's state stays as it was
                        const std::size_t split = f.network.stage(0).parameters();
                        std::copy_n(f.parameters.begin(), split, moved.begin());
                        for (std::size_t array = 0; array < kept; ++array) {
                            const auto at = std::ptrdiff_t(array * gradient.size());
                            std::copy_n(fused_state.begin() + at, split, state.begin() + at);
                            BOOST_TEST(std::all_of(fused_state.begin() + at, fused_state.begin() + at + split,
                                                   [](double v) { return v == 0.25; }));
                        }
                    }
                    BOOST_TEST((f.statistics == statistics));
                    BOOST_TEST((f.parameters == moved));
                    BOOST_TEST((fused_state == state));
                    for (int s = 0; s < 2; ++s)
                        BOOST_TEST(step_costs[s].total == costs[s].total);
                }
}

BOOST_AUTO_TEST_CASE(input_from_every_sublayer)
{
    // A neuron's response with respect to the picture, from each sublayer, in a corner and inside.
    for (const Architecture& a : {small(true, Border::valid, 3), with_autoencoders(true, 1, both_stages),
                                  with_autoencoders(false, 1, first_stage), with_autoencoders(true, 1, second_stage)}) {
        Fixture f(a);
        for (const LayerId layer : all_layers(a)) {
            const Shape shape = layer_shape(layer, a);
            for (const int row : {0, shape.rows / 2, shape.rows - 1}) {
                const std::size_t unit = (std::size_t(row) * shape.columns + shape.columns - 1) * shape.maps;
                auto response = [&] {
                    f.network.load(f.images, f.count);
                    f.network.up(f.parameters, layer);
                    return f.network.activation(layer)[unit * f.network.lanes()];    // of the first picture
                };
                response();
                Aligned<double> seed(shape.size() * f.network.lanes()), dx(a.input().size() * f.network.lanes());
                seed.data()[unit * f.network.lanes()] = 1;
                f.network.input_gradient(f.parameters, layer, seed.data(), dx.data());
                std::vector<double> gradient(f.images.size());
                for (std::size_t i = 0; i < a.input().size(); ++i)
                    for (int l = 0; l < f.count; ++l)
                        gradient[l * a.input().size() + i] = dx.data()[i * f.network.lanes() + l];
                const double error = difference(f.images, gradient, response,
                                                a.stages[0].sublayers() + a.stages[1].sublayers() == 6 ? 1 : 4);
                BOOST_TEST(error < bound, layer_name(layer) << " row " << row << ": " << error);

                // and the gradient vanishes outside the visible area
                const Area area = visible_area({layer, row, shape.columns - 1, 0}, a);
                for (int r = 0; r < a.side; ++r)
                    for (int c = 0; c < a.side; ++c)
                        if (r < area.row || r >= area.row + area.rows || c < area.column ||
                            c >= area.column + area.columns)
                            for (int m = 0; m < a.channels; ++m)
                                BOOST_REQUIRE_EQUAL(gradient[(r * a.side + c) * a.channels + m], 0.0);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(examples_do_not_meet_in_a_batch)
{
    // Cost and gradient of three pictures are those of each alone, whatever a larger batch left in the padding before.
    for (const bool tied : {true, false})
        for (const Architecture& a : paper_and_autoencoders(tied)) {
            Fixture f(a);
            const std::vector<double> images = f.images;
            std::vector<double> together(f.parameters.size()), one(together.size()), sum(together.size());
            const double cost = f.cost(0, 1);
            f.network.gradient(f.parameters, f.statistics, Schedule::joint, 0, together);
            double costs = 0;
            f.count = 1;
            for (int i = 0; i < 3; ++i) {
                f.images.assign(images.begin() + i * a.input().size(), images.begin() + (i + 1) * a.input().size());
                costs += f.cost(0, 1) / 3;
                f.network.gradient(f.parameters, f.statistics, Schedule::joint, 0, one);
                for (std::size_t k = 0; k < sum.size(); ++k)
                    sum[k] += one[k] / 3;
            }
            BOOST_TEST(std::abs(cost - costs) < 1e-9 * cost);
            double error = 0, largest = 0;
            for (std::size_t k = 0; k < sum.size(); ++k) {
                error = std::max(error, std::abs(sum[k] - together[k]));
                largest = std::max(largest, std::abs(sum[k]));
            }
            BOOST_TEST(error < 1e-9 * largest);
        }
}

BOOST_AUTO_TEST_CASE(reserved_beforehand_is_all_that_a_step_takes)
{
    Pool pool(2);
    for (const bool tied : {true, false})
        for (const Border border : {Border::same, Border::valid})
            for (const int batch : {5, 16})
                for (const int norm : {3, 0, -1})
                    for (const Schedule schedule : {Schedule::joint, Schedule::stagewise}) {
                        const Architecture a =
                            norm < 0 ? with_autoencoders(tied, 1, both_stages) : small(tied, border, norm);
                        Network<double> network(a, batch, pool);
                        std::vector<double> parameters = noise(network.parameters(), 1),
                                            images = noise(a.input().size() * batch, 2),
                                            statistics(2 * a.stages.size(), 1.0);
                        network.reserve_gradients(schedule);
                        const std::size_t planned = memory::reserved();
                        network.load(images, batch);
                        network.up(parameters);
                        network.step(
                            parameters, statistics, 0.9, schedule, 0,
                            std::vector<Update<double>>(std::size_t(network.stages()), {Rule::sgd, 1e-3, 0, nullptr}));
                        BOOST_TEST(memory::reserved() == planned,
                                   "tied " << tied << ", batch " << batch << ", norm " << norm);
                    }
}

BOOST_AUTO_TEST_CASE(another_objective_behind_the_seam)
{
    // A local stage with a sigmoid autoencoder on top: joint gradients pass through both.
    Pool pool(1);
    Architecture a = small(true, Border::same, 3);
    a.stages.resize(1);
    a.complete("small");
    std::vector<std::unique_ptr<Stage<double>>> stages;
    Workspace<double> workspace;
    stages.push_back(make_local_stage<double>(a.stages[0], 4, Precision::fp32, workspace, pool));
    stages.push_back(std::make_unique<SigmoidStage>(a.stages[0].output, 5));
    Network<double> network(std::move(stages), 4, pool);
    std::vector<double> parameters = noise(network.parameters(), 3), images = noise(a.input().size() * 2, 4);
    for (double& w : parameters)
        w *= 0.2;
    const std::vector<double> statistics = {0.7, 1};
    BOOST_REQUIRE_EQUAL(network.statistics(), 2u);
    auto cost = [&] {
        network.load(images, 2);
        network.up(parameters);
        double total = 0;
        for (const StageCost& c : network.costs(parameters, statistics))
            total += c.total;
        return total / 2;
    };
    std::vector<double> gradient(parameters.size());
    cost();
    network.gradient(parameters, statistics, Schedule::joint, 0, gradient);
    BOOST_TEST(difference(parameters, gradient, cost) < bound);
}

BOOST_AUTO_TEST_SUITE_END()
