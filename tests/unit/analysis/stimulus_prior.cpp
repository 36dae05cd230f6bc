#include "analysis/stimulus_prior.h"

#include "small_model.h"

#include "analysis/extremes.h"
#include "analysis/numerator.h"
#include "analysis/stimulus.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/network.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numeric>

using namespace nonna;

namespace
{

double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::vector<double> noise(std::size_t count, std::uint64_t index)
{
    Random random(3, Purpose::tests, index);
    std::vector<double> x(count);
    for (double& v : x)
        v = random.normal();
    return x;
}

std::vector<float> activation_of(const Model& model, std::span<const float> x, LayerId layer)
{
    Pool pool(1);
    Network<float> network(model.architecture, 1, pool);
    network.load(x, 1);
    network.up(model.parameters);
    std::vector<float> y(layer_shape(layer, model.architecture).size());
    network.copy_activation(layer, y);
    return y;
}

float of_neuron(const Model& model, const std::vector<float>& y, NeuronId n)
{
    const Shape shape = layer_shape(n.layer, model.architecture);
    return y[(std::size_t(n.row) * shape.columns + n.column) * shape.maps + n.map];
}

OptimalStimulus found_for(const Model& model, NeuronId neuron, const AscentOptions& options,
                          std::span<const std::vector<float>> from = {})
{
    Pool pool(2);
    const double norm = 5;
    return optimal_stimuli(model, {&neuron, 1}, {&norm, 1}, options, pool, from).at(0);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(stimulus_prior)

BOOST_AUTO_TEST_CASE(priors_are_read)
{
    BOOST_TEST(parse_prior({}).any() == false);
    BOOST_TEST(parse_prior({"smooth"}).smooth == 1);
    BOOST_TEST(parse_prior({"smooth:0.5", "jitter:3"}).smooth == 0.5);
    BOOST_TEST(parse_prior({"smooth:0.5", "jitter:3"}).jitter == 3);
    for (const char* const wrong : {"", "smooth:", "smooth:0", "smooth:-1", "smooth:5", "smooth:1x", "jitter",
                                    "jitter:0", "jitter:65", "jitter:1.5", "rough", "smooth:nan"})
        BOOST_CHECK_THROW(parse_prior({wrong}), Error);
    BOOST_CHECK_THROW(parse_prior({"smooth", "smooth:2"}), Error);
}

// An orthonormal basis, scaled: back and forth, the adjoint, and how large each frequency is.
BOOST_AUTO_TEST_CASE(the_basis_is_what_it_says)
{
    const Area area{2, 3, 6, 9};
    const SmoothBasis basis(area, 2, 1.5);
    const std::vector<double> c = noise(6 * 9 * 2, 1), g = noise(6 * 9 * 2, 2);
    const std::vector<double> back = basis.coefficients(basis.picture(c));
    for (std::size_t k = 0; k < c.size(); ++k)
        BOOST_TEST(back[k] == c[k], boost::test_tools::tolerance(1e-9));
    BOOST_TEST(dot(basis.picture(c), g) == dot(c, basis.adjoint(g)), boost::test_tools::tolerance(1e-9));
    const auto size_of = [&](int u, int v) {
        std::vector<double> one(c.size(), 0.0);
        one[(std::size_t(u) * 9 + v) * 2] = 1;
        const std::vector<double> x = basis.picture(one);
        return std::sqrt(dot(x, x));
    };
    BOOST_TEST(size_of(0, 0) == 1, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(size_of(0, 1) == 1, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(size_of(0, 4) == std::pow(4, -1.5), boost::test_tools::tolerance(1e-9));
    BOOST_TEST(size_of(4, 6) == std::pow(9 * std::hypot(4 / 6.0, 6 / 9.0), -1.5), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(shifts)
{
    BOOST_TEST(jitter_shifts(0, 1).size() == 1);
    BOOST_TEST(jitter_shifts(1, 1).size() == 9);
    BOOST_TEST(jitter_shifts(2, 1).size() == 25);
    const std::vector<Shift> many = jitter_shifts(5, 1);
    BOOST_TEST(many.size() == 25);
    BOOST_TEST((many == jitter_shifts(5, 1)));
    BOOST_TEST((many != jitter_shifts(5, 2)));
    BOOST_TEST((many[0] == Shift{}));
    for (const Shift s : many)
        BOOST_TEST((std::abs(s.rows) <= 5 && std::abs(s.columns) <= 5));

    const Area area{0, 0, 3, 4};
    std::vector<double> x(12);
    std::iota(x.begin(), x.end(), 1.0);
    BOOST_TEST(moved(x, area, 1, {1, -2}) == (std::vector<double>{0, 0, 0, 0, 3, 4, 0, 0, 7, 8, 0, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(moved(x, area, 1, {3, 0}) == std::vector<double>(12, 0.0), boost::test_tools::per_element());
    const std::vector<double> a = noise(24, 5), b = noise(24, 6);    // moving back is the adjoint
    BOOST_TEST(dot(moved(a, area, 2, {1, 2}), b) == dot(a, moved(b, area, 2, {-1, -2})),
               boost::test_tools::tolerance(1e-9));
}

// h = <w, x>: the mean over shifts is <mean of w moved back, x>, whose optimum is known. Drawn shifts, as of all of
// them each has its opposite, and there and back would be one.
BOOST_AUTO_TEST_CASE(jitter_of_a_linear_neuron_has_a_known_optimum)
{
    const Model model = test::small_model();
    AscentOptions options;
    options.prior.jitter = 3;
    const NeuronId neuron{{0, Sublayer::filter}, 4, 6, 1};
    const OptimalStimulus found = found_for(model, neuron, options);
    std::vector<double> w(75), mean(75, 0.0);
    for (std::size_t k = 0; k < 75; ++k)
        w[k] = model.parameters[(4 * 12 + 6) * 75 * 3 + k * 3 + 1];
    for (const Shift s : jitter_shifts(3, 0)) {
        const std::vector<double> back = moved(w, {4, 6, 5, 5}, 3, {-s.rows, -s.columns});
        for (std::size_t k = 0; k < 75; ++k)
            mean[k] += back[k] / 25;
    }
    BOOST_REQUIRE(found.beside.has_value());
    BOOST_TEST(found.beside->reached == 5 * std::sqrt(dot(mean, mean)), boost::test_tools::tolerance(1e-4));
    BOOST_TEST(found.beside->literal_response == 5, boost::test_tools::tolerance(1e-4));
    BOOST_TEST(found.beside->literal_reached == 5 * dot(mean, w), boost::test_tools::tolerance(1e-3));
    BOOST_TEST(found.response == 5 * dot(mean, w) / std::sqrt(dot(mean, mean)), boost::test_tools::tolerance(1e-3));
}

// Given time, a linear neuron's smooth optimum is its filter too: nothing is forbidden. After a few steps it is
// smoother.
BOOST_AUTO_TEST_CASE(smooth_comes_late_to_fine_detail)
{
    const Model model = test::small_model();
    const NeuronId neuron{{0, Sublayer::filter}, 4, 6, 1};
    const auto roughness = [](const OptimalStimulus& s) {
        double sum = 0;
        for (int r = 4; r < 8; ++r)
            for (int c = 6; c < 10; ++c)
                for (int i = 0; i < 3; ++i) {
                    const auto at = [&](int y, int x) { return double(s.x[(y * 16 + x) * 3 + i]); };
                    sum += std::pow(at(r, c) - at(r, c + 1), 2) + std::pow(at(r, c) - at(r + 1, c), 2);
                }
        return sum;
    };
    AscentOptions options;
    const OptimalStimulus literal = found_for(model, neuron, options);
    BOOST_TEST(!literal.beside.has_value());
    options.prior.smooth = 2;
    options.iterations = 2;
    const OptimalStimulus early = found_for(model, neuron, options);
    BOOST_TEST(early.response < 0.98 * literal.response);
    BOOST_TEST(roughness(early) < 0.7 * roughness(literal));
    options.iterations = 2000;
    BOOST_TEST(found_for(model, neuron, options).response > 0.99 * literal.response);
    double square = 0;
    for (const float v : early.x)
        square += double(v) * v;
    BOOST_TEST(std::sqrt(square) == 5, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(both_priors_do_not_depend_on_neighbours_nor_threads)
{
    const Model model = test::small_model();
    AscentOptions options;
    options.starts = 2;
    options.iterations = 8;
    options.prior = {1, 2};
    const NeuronId top = {top_layer(model.architecture), 2, 3, 1};
    const std::vector<NeuronId> neurons = {{{0, Sublayer::pool}, 2, 2, 0}, top, {top.layer, 2, 2, 0}};
    const std::vector<double> norms = {4, 5, 6};
    Pool one(1), three(3);
    const std::vector<OptimalStimulus> a = optimal_stimuli(model, neurons, norms, options, one),
                                       b = optimal_stimuli(model, neurons, norms, options, three);
    for (std::size_t n = 0; n < neurons.size(); ++n)
        BOOST_TEST(a[n].x == b[n].x, boost::test_tools::per_element());
    BOOST_TEST(a[1].x == found_for(model, top, options).x, boost::test_tools::per_element());
    BOOST_TEST(a[1].beside->reached >= a[1].beside->literal_reached * 0.5);
}

// From a given input, one start: it is never worse there than where it began.
BOOST_AUTO_TEST_CASE(starts_from_a_given_input)
{
    const Model model = test::small_model();
    const NeuronId neuron{top_layer(model.architecture), 2, 3, 1};
    std::vector<float> x(16 * 16 * 3, 0.0f);
    for (std::size_t k = 0; k < x.size(); ++k)
        x[k] = float(noise(1, 50 + k)[0]);
    const std::vector<std::vector<float>> from = {x};
    AscentOptions options;
    options.iterations = 12;
    const OptimalStimulus found = found_for(model, neuron, options, from);
    BOOST_TEST(found.ends.size() == 1);
    BOOST_REQUIRE(found.steps.size() > 1);
    const Area area = visible_area(neuron, model.architecture);
    BOOST_REQUIRE((area.rows == 16 && area.columns == 16));
    double square = 0;
    for (const float v : x)
        square += double(v) * v;
    std::vector<float> scaled = x;
    for (float& v : scaled)
        v *= float(5 / std::sqrt(square));
    BOOST_TEST(found.steps[0].response == double(of_neuron(model, activation_of(model, scaled, neuron.layer), neuron)),
               boost::test_tools::tolerance(1e-4));
    BOOST_TEST(found.response > found.steps[0].response);
    const std::vector<std::vector<float>> nothing = {std::vector<float>(x.size(), 0.0f)};
    BOOST_CHECK_THROW(found_for(model, neuron, options, nothing), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(numerators)

// With a large c the divisor is c, and the response is the numerator over it; at the border, too, and without it.
BOOST_AUTO_TEST_CASE(of_the_network)
{
    for (const Border border : {Border::same, Border::valid}) {
        const Model model = test::small_model(1e4, border);
        std::vector<float> x;
        for (const double v : noise(16 * 16 * 3, 9))
            x.push_back(float(v));
        const LayerId norm{0, Sublayer::norm}, pool{0, Sublayer::pool};
        const std::vector<float> y = activation_of(model, x, norm), q = activation_of(model, x, pool);
        const Shape shape = layer_shape(norm, model.architecture);
        for (const NeuronId n :
             {NeuronId{norm, 0, 0, 1}, NeuronId{norm, 3, shape.columns - 1, 0}, NeuronId{norm, 4, 5, 2}}) {
            double sum = 0;
            for (const NumeratorTerm& t : numerator(n, model.architecture))
                sum += t.weight * of_neuron(model, q, {pool, t.row, t.column, t.map});
            BOOST_TEST(sum / 1e4 == of_neuron(model, y, n), boost::test_tools::tolerance(1e-3));
        }
    }
    const Model model = test::small_model();
    BOOST_TEST(numerator({{0, Sublayer::pool}, 0, 0, 0}, model.architecture).empty());
    BOOST_TEST(!ceiling({{0, Sublayer::pool}, 0, 0, 0}, model.architecture));
}

// A literal optimum of the first stage comes near its ceiling, never above it; then the numerator is climbed.
BOOST_AUTO_TEST_CASE(climbed_at_the_ceiling)
{
    const Model model = test::small_model();
    AscentOptions options;
    options.iterations = 300;
    const NeuronId neuron{{0, Sublayer::norm}, 4, 4, 0};
    const OptimalStimulus literal = found_for(model, neuron, options);
    BOOST_REQUIRE(literal.ceiling.has_value());
    BOOST_TEST(literal.response <= *literal.ceiling);
    BOOST_TEST(literal.response > 0.8 * *literal.ceiling);

    options.climbed = Climbed::numerator;
    const OptimalStimulus found = found_for(model, neuron, options);
    BOOST_REQUIRE(found.beside.has_value());
    BOOST_TEST(found.beside->of_numerator);
    BOOST_TEST(found.beside->literal_response == literal.response);
    BOOST_TEST(found.beside->reached > 1.1 * found.beside->literal_reached);
    BOOST_TEST(found.response < literal.response);
    const std::vector<float> q = activation_of(model, found.x, {0, Sublayer::pool});
    double sum = 0;
    for (const NumeratorTerm& t : numerator(neuron, model.architecture))
        sum += t.weight * of_neuron(model, q, {{0, Sublayer::pool}, t.row, t.column, t.map});
    BOOST_TEST(sum == found.beside->reached, boost::test_tools::tolerance(1e-4));

    options.climbed = Climbed::usual;
    options.prior.smooth = 0.5;
    BOOST_TEST(found_for(model, neuron, options).beside->of_numerator == at_ceiling(literal.response, literal.ceiling));
    options.climbed = Climbed::response;
    BOOST_TEST(!found_for(model, neuron, options).beside->of_numerator);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(extremes_rules)

namespace
{

struct Shown {
    const char* key;
    float response, numerator;
    const char* group;
};

std::string keys_of(const std::vector<Extreme>& pictures)
{
    std::string keys;
    for (const Extreme& e : pictures)
        keys += e.picture->key;
    return keys;
}

Extremes shown(std::size_t most, const ExtremesRules& rules, const std::vector<Shown>& pictures)
{
    Extremes extremes(1, most, most, rules);
    for (const Shown& s : pictures)
        extremes.take(
            {&s.response, 1},
            [&] {
                return SeenPicture{s.key, s.group, {}, {}};
            },
            {&s.numerator, 1}, s.group);
    return extremes;
}

const std::vector<Shown> pictures = {{"a", 5, 1, "x"}, {"b", 7, 1, "y"},    {"c", 9.8f, 3, "x"},
                                     {"d", 6, 1, "z"}, {"e", 9.9f, 2, "x"}, {"f", 1, 9, "y"}};

}    // namespace

BOOST_AUTO_TEST_CASE(one_of_a_group)
{
    BOOST_TEST(keys_of(shown(4, {}, pictures).strongest(0)) == "ecbd");
    const Extremes one = shown(4, {true, {}}, pictures);
    BOOST_TEST(keys_of(one.strongest(0)) == "ebd");
    BOOST_TEST(keys_of(one.weakest(0)) == "fad");
    BOOST_TEST(keys_of(shown(2, {true, {}}, pictures).strongest(0)) == "eb");
    BOOST_TEST(one.strongest(0)[0].picture->group == "x");
}

// 9.8 and 9.9 are at a ceiling of 10: there the numerator decides, below it the response.
BOOST_AUTO_TEST_CASE(at_the_ceiling_the_numerator_decides)
{
    const Extremes ordered = shown(4, {false, {10.0}}, pictures);
    BOOST_TEST(keys_of(ordered.strongest(0)) == "cebd");
    BOOST_TEST(ordered.strongest(0)[0].numerator == 3);
    BOOST_TEST(keys_of(ordered.weakest(0)) == "fadb");
    BOOST_TEST(keys_of(shown(4, {true, {10.0}}, pictures).strongest(0)) == "cbd");
    BOOST_TEST(keys_of(shown(4, {false, {std::nullopt}}, pictures).strongest(0)) == "ecbd");
}

BOOST_AUTO_TEST_SUITE_END()
