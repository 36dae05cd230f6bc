#include "recognition/fit_head.h"
#include "base/parallel.h"
#include "made_features.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numeric>

using namespace nonna;
using test::MadeFeatures;

namespace
{

LogisticHead fit(MadeFeatures& made, const HeadOptions& options, int threads = 1)
{
    Pool pool(threads);
    return fit_head(made, {"made", made.names, made.labels}, options, "", pool);
}

bool same(const LogisticHead& a, const LogisticHead& b)
{
    const std::size_t n = a.classes.size() * a.length();
    return a.bias == b.bias && std::equal(a.weights.data(), a.weights.data() + n, b.weights.data());
}

// The objective of the header, with weights and biases in double on features as the head standardises them.
double objective(const MadeFeatures& made, const Standard& standard, const std::vector<double>& w, double l2)
{
    const std::size_t length = made.length(), classes = made.names.size();
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < made.count(); ++i)
        for (std::size_t c = 0; c < classes; ++c) {
            double z = w[c * (length + 1) + length];
            for (std::size_t f = 0; f < length; ++f)
                z += w[c * (length + 1) + f] *
                     double((made.values[i * length + f] - standard.mean[f]) * standard.factor[f]);
            sum += logistic_loss(z, made.labels[i] == c);
        }
    for (std::size_t c = 0; c < classes; ++c)
        for (std::size_t f = 0; f < length; ++f)
            squares += w[c * (length + 1) + f] * w[c * (length + 1) + f];
    return sum / double(made.count()) + l2 / 2 * squares;
}

std::vector<double> weights_of(const LogisticHead& head)
{
    std::vector<double> w;
    for (std::size_t c = 0; c < head.classes.size(); ++c) {
        w.insert(w.end(), head.weights.data() + c * head.length(), head.weights.data() + (c + 1) * head.length());
        w.push_back(head.bias[c]);
    }
    return w;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(fit_head)

BOOST_AUTO_TEST_CASE(losses_are_safe)
{
    BOOST_CHECK_CLOSE(logistic_loss(0, true), std::log(2.0), 1e-12);
    BOOST_CHECK_CLOSE(logistic_loss(1000, false), 1000.0, 1e-12);
    BOOST_CHECK_EQUAL(logistic_loss(1000, true), 0.0);
    BOOST_CHECK_CLOSE(logistic_loss(-800, true), 800.0, 1e-12);
    BOOST_CHECK_CLOSE(logistic_loss(-40, false), std::exp(-40.0), 1e-9);
    BOOST_CHECK_EQUAL(logistic(-1000), 0.0);
    BOOST_CHECK_EQUAL(logistic(1000), 1.0);
}

// A first step of momentum from the start, over all pictures at once, is the gradient times -rate / F: it is held
// against central differences of the objective. Floats' products: 1e-5 of the largest.
BOOST_AUTO_TEST_CASE(a_step_follows_the_gradient)
{
    MadeFeatures made(5, 12, 40, 1, 1);
    HeadOptions options;
    options.rule = HeadRule::momentum;
    options.hold_out = 0;
    options.l2 = 0.3;
    options.batch = 1000;
    options.rate = 40;    // a step of -1 times the gradient
    options.epochs = 1;
    const LogisticHead one = fit(made, options);
    options.epochs = 2;
    options.momentum = 0;
    const LogisticHead two = fit(made, options);    // the mean of epoch 2 alone: the second step's weights

    std::vector<double> at(5 * 41, 0.0);
    for (std::size_t c = 0; c < 5; ++c)
        at[c * 41 + 40] = std::log(0.2 / 0.8);
    const std::vector<double> first = weights_of(one), second = weights_of(two);
    for (const auto& [from, to] : {std::pair(at, first), std::pair(first, second)}) {
        double largest = 0;
        for (std::size_t k = 0; k < from.size(); ++k)
            largest = std::max(largest, std::abs(from[k] - to[k]));
        for (std::size_t k = 0; k < from.size(); ++k) {
            const double h = 1e-4;
            std::vector<double> above = from, below = from;
            above[k] += h;
            below[k] -= h;
            const double slope =
                (objective(made, one.standard, above, options.l2) - objective(made, one.standard, below, options.l2)) /
                (2 * h);
            BOOST_CHECK_SMALL(from[k] - to[k] - slope, 1e-5 * largest + 1e-7);
        }
    }
}

BOOST_AUTO_TEST_CASE(blocks_and_threads_change_nothing)
{
    MadeFeatures made(70, 6, 1500, 2, 2);    // more than a tile of classes and of features
    for (const std::int64_t negatives : {0, 9}) {
        HeadOptions options;
        options.epochs = 5;
        options.batch = 50;
        options.negatives = negatives;
        options.hold_out = 0.3;
        const LogisticHead whole = fit(made, options);
        BOOST_CHECK(same(whole, fit(made, options, 3)));
        options.memory = 32 * 1501 * 4 * sizeof(float) + 1000;
        BOOST_REQUIRE_EQUAL(plan_head(70, 1500, options).blocks, 3U);
        BOOST_CHECK(same(whole, fit(made, options, 2)));
    }
}

// At the minimum a unit's probabilities sum to the number of its pictures, because its bias is free. Few negatives say
// nothing of how rare a class is: without what the bias takes back, the sum would be many times too large.
BOOST_AUTO_TEST_CASE(few_negatives_keep_probabilities)
{
    MadeFeatures made(20, 40, 6, 3, 3);
    for (const std::int64_t negatives : {0, 2}) {
        HeadOptions options;
        options.hold_out = 0;
        options.negatives = negatives;
        options.epochs = 127;    // the mean of the last 64
        options.rate = 0.1;
        const LogisticHead head = fit(made, options);
        Pool pool(1);
        std::vector<float> x = made.values, z(made.count() * 20);
        head.standard.apply(x, made.count(), made.length(), pool);
        head_scores(head, x, made.count(), z, pool);
        double sum = 0;
        for (const float score : z)
            sum += logistic(score);
        BOOST_CHECK_CLOSE(sum, double(made.count()), negatives == 0 ? 5 : 15);
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_vary_says_nothing)
{
    MadeFeatures made(3, 10, 4, 0.1, 4);
    for (std::size_t i = 0; i < made.count(); ++i)
        made.values[i * 4 + 2] = 7;
    HeadOptions options;
    options.epochs = 20;
    const LogisticHead head = fit(made, options);
    BOOST_CHECK_EQUAL(head.standard.factor[2], 0);
    for (std::size_t c = 0; c < 3; ++c) {
        BOOST_CHECK_EQUAL(head.weights.data()[c * 4 + 2], 0);
        BOOST_CHECK(std::isfinite(head.weights.data()[c * 4]));
    }
}

BOOST_AUTO_TEST_CASE(arrays_on_disk_keep_what_rests)
{
    ScratchArray array(100000, true);
    for (std::size_t i = 0; i < array.size(); ++i)
        array.data()[i] = float(i);
    array.rest(100, 90000);
    bool kept = true;
    for (std::size_t i = 0; i < array.size(); ++i)
        kept = kept && array.data()[i] == float(i);
    BOOST_CHECK(kept);
    const ScratchArray moved = std::move(array);
    BOOST_CHECK_EQUAL(moved.data()[99999], 99999);
}

BOOST_AUTO_TEST_SUITE_END()
