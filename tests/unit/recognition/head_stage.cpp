// Head and all stages below it against central differences, in double, on the code that trains: the bound and its
// reason are those of tests/unit/model/gradients.cpp.
#include "recognition/head_stage.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/network.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>

using namespace nonna;

namespace
{

constexpr double bound = 1e-6;
constexpr std::size_t classes = 4;

std::vector<double> normal_numbers(std::size_t n, std::uint64_t index)
{
    Random random(9, Purpose::tests, index);
    std::vector<double> v(n);
    for (double& x : v)
        x = random.normal();
    return v;
}

Architecture two_stages(bool tied, Border border, int norm, int top_norm)
{
    Architecture a;
    a.name = "two";
    a.side = 10;
    a.channels = 3;
    a.whitening = 0;
    StageArchitecture one;
    one.field = 3;
    one.maps = 3;
    one.pool = 2;
    one.stride = 1;
    one.norm = norm;
    one.border = border;
    one.tied = tied;
    one.lambda = 0.3;
    StageArchitecture two = one;
    two.field = 2;
    two.maps = 2;
    two.norm = top_norm;
    a.stages = {one, two};
    a.complete("two");
    return a;
}

struct Headed {
    Pool pool{2};
    Architecture architecture;
    HeadStage<double>* head = nullptr;
    std::unique_ptr<Network<double>> network;
    std::vector<double> parameters, statistics, images;

    explicit Headed(const Architecture& a) : architecture(a)
    {
        const Shape top = layer_shape(top_layer(a), a);
        Standard standard{std::vector<float>(top.size(), 0.3F), std::vector<float>(top.size(), 1.5F)};
        standard.factor[1] = 0;
        auto stage = make_head_stage<double>(top, classes, standard, 5, pool);
        head = stage.get();
        network = std::make_unique<Network<double>>(a, std::move(stage), 5, pool);
        parameters = normal_numbers(network->parameters(), 1);
        for (double& w : parameters)
            w *= 0.2;
        images = normal_numbers(a.input().size() * 3, 2);
        statistics.assign(network->statistics(), 0.7);
        set();
    }
    void set()
    {
        const std::uint32_t labels[] = {2, 0, 2};
        network->load(images, 3);    // of 16 lanes: padding takes part in nothing
        head->set_labels(labels);
    }
    double cost()
    {
        network->up(parameters);
        return network->costs(parameters, statistics).back().total / 3;
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(gradients)

BOOST_AUTO_TEST_CASE(through_the_head_and_all_stages)
{
    for (const bool tied : {true, false})
        for (const Border border : {Border::same, Border::valid})
            for (const int norm : {3, 0})
                for (const int top_norm : {3, 0}) {
                    Headed f(two_stages(tied, border, norm, top_norm));
                    f.network->up(f.parameters);
                    std::vector<double> gradient(f.parameters.size(), 7.0);
                    const StageCost cost = f.network->top_gradient(f.parameters, f.statistics, gradient);
                    BOOST_CHECK_CLOSE(cost.total / 3, f.cost(), 1e-10);
                    double largest = 0, error = 0;
                    for (const double g : gradient)
                        largest = std::max(largest, std::abs(g));
                    BOOST_REQUIRE(largest > 1e-3);
                    bool bottom = false;
                    for (std::size_t i = 0; i < f.parameters.size(); i += 3) {
                        const double value = f.parameters[i], d = 1e-5;
                        f.parameters[i] = value + d;
                        const double more = f.cost();
                        f.parameters[i] = value - d;
                        const double less = f.cost();
                        f.parameters[i] = value;
                        error = std::max(error, std::abs((more - less) / (2 * d) - gradient[i]));
                        bottom = bottom || (i < f.network->stage(0).parameters() && std::abs(gradient[i]) > 1e-4);
                    }
                    BOOST_CHECK(bottom);    // it reaches the first stage
                    BOOST_TEST(error < bound * largest, "tied " << tied << ", valid " << (border == Border::valid)
                                                                << ", norm " << norm << ", top " << top_norm << ": "
                                                                << error / largest);
                }
}

// The same scores as a head that reads responses (recognition/logistic_head.h).
BOOST_AUTO_TEST_CASE(scores_of_a_head)
{
    Headed f(two_stages(true, Border::same, 3, 3));
    f.network->up(f.parameters);
    const LayerId top = top_layer(f.architecture);
    const std::size_t length = layer_shape(top, f.architecture).size();
    std::vector<double> x(3 * length), z(3 * classes);
    f.network->copy_activation(top, x);
    f.network->copy_activation({2, Sublayer::filter}, z);
    const double* const w = f.parameters.data() + f.parameters.size() - classes * (length + 1);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t c = 0; c < classes; ++c) {
            double sum = w[classes * length + c];
            for (std::size_t k = 0; k < length; ++k)
                sum += k == 1 ? 0 : w[c * length + k] * (x[i * length + k] - double(0.3F)) * 1.5;
            BOOST_CHECK_CLOSE(sum, z[i * classes + c], 1e-9);
        }
}

BOOST_AUTO_TEST_SUITE_END()
