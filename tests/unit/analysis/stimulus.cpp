#include "analysis/stimulus.h"

#include "small_model.h"

#include "analysis/neuron_choice.h"
#include "analysis/respond.h"
#include "analysis/visible_values.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/network.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numeric>

using namespace nonna;

namespace
{

double norm_of(std::span<const float> x) { return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0)); }

float response_to(const Model& model, std::span<const float> x, NeuronId neuron, Pool& pool)
{
    Network<float> network(model.architecture, 1, pool);
    network.load(x, 1);
    network.up(model.parameters);
    const Shape shape = layer_shape(neuron.layer, model.architecture);
    std::vector<float> y(shape.size());
    network.copy_activation(neuron.layer, y);
    return y[(std::size_t(neuron.row) * shape.columns + neuron.column) * shape.maps + neuron.map];
}

OptimalStimulus stimulus_of(const Model& model, NeuronId neuron, double norm, const AscentOptions& options, Pool& pool)
{
    return optimal_stimuli(model, {&neuron, 1}, {&norm, 1}, options, pool).at(0);
}

std::vector<std::uint8_t> random_pixels(std::size_t count, std::uint64_t seed)
{
    Random random(seed, Purpose::tests);
    std::vector<std::uint8_t> pixels(count * 16 * 16 * 3);
    for (auto& v : pixels)
        v = std::uint8_t(random.below(256));
    return pixels;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(stimulus_ascent)

// h = <w, x> with |w| = 1: the optimum of norm c is c w, and the response there is c.
BOOST_AUTO_TEST_CASE(a_linear_neuron_has_a_known_optimum)
{
    const Model model = test::small_model();
    Pool pool(2);
    AscentOptions options;
    const NeuronId neuron{{0, Sublayer::filter}, 4, 6, 1};
    const OptimalStimulus found = stimulus_of(model, neuron, 3, options, pool);
    BOOST_TEST(found.response == 3, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(found.response_at_norm_1 == 1, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(!found.even);
    BOOST_TEST(found.agreement > 0.9999);
    const std::size_t side = 12;    // positions of the filters
    double cosine = 0;
    for (int dy = 0; dy < 5; ++dy)
        for (int dx = 0; dx < 5; ++dx)
            for (int i = 0; i < 3; ++i) {
                const std::size_t w = (((4 * side + 6) * 25 + dy * 5 + dx) * 3 + i) * 3 + 1;
                cosine += model.parameters[w] * found.x[((4 + dy) * 16 + 6 + dx) * 3 + i] / 3;
            }
    BOOST_TEST(cosine > 0.9999);
}

BOOST_AUTO_TEST_CASE(stays_on_the_sphere_inside_the_visible_area_and_climbs)
{
    const Model model = test::small_model();
    Pool pool(2);
    AscentOptions options;
    options.iterations = 60;
    const NeuronId neuron{{0, Sublayer::norm}, 1, 8, 2};    // its window is cut by the picture's border
    const OptimalStimulus found = stimulus_of(model, neuron, 12, options, pool);
    BOOST_TEST(norm_of(found.x) == 12, boost::test_tools::tolerance(1e-5));
    const Area area = visible_area(neuron, model.architecture);
    BOOST_REQUIRE(area.rows < 16);
    for (int r = 0; r < 16; ++r)
        for (int c = 0; c < 16; ++c)
            if (r < area.row || r >= area.row + area.rows || c < area.column || c >= area.column + area.columns)
                for (int i = 0; i < 3; ++i)
                    BOOST_REQUIRE(found.x[(r * 16 + c) * 3 + i] == 0);
    for (std::size_t k = 1; k < found.steps.size(); ++k)
        if (found.steps[k].start == found.steps[k - 1].start) {
            BOOST_TEST(found.steps[k].iteration == found.steps[k - 1].iteration + 1);
            BOOST_TEST(found.steps[k].response >= found.steps[k - 1].response);
        }
    BOOST_TEST(response_to(model, found.x, neuron, pool) == found.response, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(found.even);

    Random random(1, Purpose::tests);
    double best = -1e9;
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<float> x(16 * 16 * 3, 0.0f);
        for (int r = area.row; r < area.row + area.rows; ++r)
            for (int c = area.column; c < area.column + area.columns; ++c)
                for (int i = 0; i < 3; ++i)
                    x[(r * 16 + c) * 3 + i] = float(random.normal());
        const double factor = 12 / norm_of(x);
        for (float& v : x)
            v = float(v * factor);
        best = std::max(best, double(response_to(model, x, neuron, pool)));
    }
    BOOST_TEST(found.response > best);
}

BOOST_AUTO_TEST_CASE(a_start_does_not_depend_on_the_others_nor_on_threads)
{
    const Model model = test::small_model();
    Pool one(1), three(3);
    const NeuronId neuron{top_layer(model.architecture), 2, 3, 1};
    AscentOptions options;
    options.iterations = 20;
    const OptimalStimulus five = stimulus_of(model, neuron, 15, options, three);
    options.starts = 1;
    const OptimalStimulus alone = stimulus_of(model, neuron, 15, options, one);
    BOOST_TEST(std::isnan(alone.agreement));
    for (std::size_t k = 0; k < alone.steps.size(); ++k) {
        BOOST_TEST(alone.steps[k].response == five.steps[k].response);
        BOOST_TEST(alone.steps[k].step == five.steps[k].step);
    }
    options.starts = 5;
    BOOST_TEST((stimulus_of(model, neuron, 15, options, one).x == five.x));
    options.seed = 1;
    BOOST_TEST((stimulus_of(model, neuron, 15, options, one).steps[0].response != five.steps[0].response));
}

// Cut to what the neurons see, in groups: the same as each alone through the whole network.
BOOST_AUTO_TEST_CASE(many_neurons_at_once)
{
    const Model model = test::small_model();
    const Architecture& a = model.architecture;
    Pool one(1), three(3);
    std::vector<NeuronId> neurons;
    std::vector<double> norms;
    for (const LayerId layer : {LayerId{1, Sublayer::norm}, LayerId{0, Sublayer::norm}, LayerId{0, Sublayer::filter}})
        for (const NeuronId& n : spread_neurons(layer, 9, a)) {
            neurons.push_back(n);
            norms.push_back(expected_norm(a, n));
        }
    neurons.push_back(neurons[2]);    // twice: no harm
    norms.push_back(norms[2]);
    AscentOptions options;
    options.iterations = 15;
    options.starts = 3;
    const std::vector<OptimalStimulus> found = optimal_stimuli(model, neurons, norms, options, three);
    const std::vector<OptimalStimulus> again = optimal_stimuli(model, neurons, norms, options, one);
    options.whole = true;
    for (std::size_t n = 0; n < neurons.size(); ++n) {
        BOOST_TEST_CONTEXT(neuron_name(neurons[n]))
        {
            BOOST_TEST(found[n].x == again[n].x);
            BOOST_TEST(found[n].norm == norms[n]);
            const OptimalStimulus whole = stimulus_of(model, neurons[n], norms[n], options, three);
            BOOST_TEST(found[n].response == whole.response, boost::test_tools::tolerance(1e-6));
            BOOST_TEST(found[n].response_at_norm_1 == whole.response_at_norm_1, boost::test_tools::tolerance(1e-5));
            BOOST_TEST(found[n].best_start == whole.best_start);
            BOOST_TEST(found[n].even == whole.even);
            BOOST_REQUIRE(found[n].ends.size() == 3);
            double cosines = 0;
            for (int s = 0; s < 3; ++s)
                if (s == found[n].best_start) {
                    BOOST_TEST(found[n].ends[s].response == found[n].response);
                    BOOST_TEST(found[n].ends[s].cosine == 1);
                } else
                    cosines += found[n].ends[s].cosine / 2;
            BOOST_TEST(found[n].agreement == cosines, boost::test_tools::tolerance(1e-9));
            double difference = 0;
            for (std::size_t k = 0; k < whole.x.size(); ++k)
                difference = std::max(difference, std::abs(double(found[n].x[k]) - whole.x[k]));
            BOOST_TEST(difference <= 1e-5 * norms[n]);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stimulus_sets)

BOOST_AUTO_TEST_CASE(responses_do_not_depend_on_the_batch)
{
    const Model model = test::small_model();
    Pool pool(2);
    const std::size_t size = 16 * 16 * 3;
    const std::vector<std::uint8_t> pixels = random_pixels(53, 2);    // a whole batch and five
    const PictureBytes all{pixels, 53};
    const NeuronId neuron{top_layer(model.architecture), 2, 3, 1};
    const std::vector<float> responses = respond(model, all, neuron, pool);
    for (const std::size_t i : {std::size_t{0}, std::size_t{47}, std::size_t{48}, std::size_t{52}}) {
        const PictureBytes single{std::span(pixels).subspan(i * size, size), 1};
        BOOST_TEST(respond(model, single, neuron, pool)[0] == responses[i]);
        BOOST_TEST(response_to(model, preprocess(model, single, pool), neuron, pool) == responses[i]);
    }
}

BOOST_AUTO_TEST_CASE(responses_come_piece_by_piece)
{
    const Model model = test::small_model();
    Pool pool(2);
    const std::size_t size = 16 * 16 * 3;
    const std::vector<std::uint8_t> pixels = random_pixels(7, 2);
    const NeuronId neuron{top_layer(model.architecture), 2, 3, 1};
    const std::vector<float> expected = respond(model, {pixels, 7}, neuron, pool);
    const Shape shape = layer_shape(neuron.layer, model.architecture);
    std::vector<float> got;
    LayerResponder responder(model, {neuron.layer}, pool, 3);
    const auto take = [&](std::size_t, std::size_t first, std::size_t count, std::span<const float> r) {
        BOOST_TEST(first == got.size());
        BOOST_TEST(responder.preprocessed().size() == count * size);
        for (std::size_t i = 0; i < count; ++i)
            got.push_back(r[i * shape.size() + (2 * shape.columns + 3) * shape.maps + 1]);
    };
    responder.respond({std::span(pixels).first(4 * size), 4}, 0, take);
    responder.respond({std::span(pixels).subspan(4 * size), 3}, 4, take);
    BOOST_TEST(got == expected);
}

BOOST_AUTO_TEST_CASE(norms_of_pictures_there)
{
    const Model model = test::small_model();
    Pool pool(1);
    const NeuronId neuron{{0, Sublayer::filter}, 0, 0, 0}, same_place{{0, Sublayer::filter}, 0, 0, 2},
        elsewhere{{0, Sublayer::filter}, 3, 3, 0};    // each sees 5x5x3
    BOOST_TEST(expected_norm(model.architecture, neuron) == std::sqrt(75.0));
    const std::vector<std::uint8_t> pixels = random_pixels(4, 9);
    const std::vector<float> x = preprocess(model, {pixels, 4}, pool);
    std::vector<double> norms;
    for (int i = 0; i < 4; ++i) {
        double squares = 0;
        for (int r = 0; r < 5; ++r)
            for (int v = 0; v < 15; ++v)
                squares += std::pow(x[i * 768 + r * 48 + v], 2);
        norms.push_back(std::sqrt(squares));
    }
    const std::vector<NeuronId> neurons = {neuron, elsewhere, same_place};
    MedianNorms median(model.architecture, neurons);
    BOOST_TEST(median.median(0) == 0);
    median.take(std::span(x).first(3 * 768), pool);
    std::vector<double> three(norms.begin(), norms.begin() + 3);
    std::sort(three.begin(), three.end());
    BOOST_TEST(median.median(0) == three[1], boost::test_tools::tolerance(1e-9));
    median.take(std::span(x).subspan(3 * 768), pool);
    std::sort(norms.begin(), norms.end());
    BOOST_TEST(median.median(0) == (norms[1] + norms[2]) / 2, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(median.median(2) == median.median(0));
    BOOST_TEST(median.median(1) != median.median(0));
}

std::vector<std::string> keys(const std::vector<Extreme>& kept)
{
    std::vector<std::string> names;
    for (const Extreme& e : kept)
        names.push_back(e.picture->key);
    return names;
}

BOOST_AUTO_TEST_CASE(the_strongest_and_the_weakest)
{
    Extremes extremes(2, 3, 2);
    const float responses[][2] = {{1, 0}, {5, 0}, {3, 0}, {5, 0}, {-2, 0}, {-2, 7}};
    int made = 0;
    for (std::size_t i = 0; i < 6; ++i)
        extremes.take(responses[i], [&] {
            ++made;
            SeenPicture picture;
            picture.key = std::string(1, char('a' + i));
            return picture;
        });
    BOOST_TEST(keys(extremes.strongest(0)) == (std::vector<std::string>{"b", "d", "c"}));
    BOOST_TEST(keys(extremes.weakest(0)) == (std::vector<std::string>{"e", "f"}));
    BOOST_TEST(keys(extremes.strongest(1)) ==
               (std::vector<std::string>{"f", "a", "b"}));    // ties in the stream's order
    BOOST_TEST(keys(extremes.weakest(1)) == (std::vector<std::string>{"a", "b"}));
    BOOST_TEST(extremes.strongest(0)[0].response == 5);
    BOOST_TEST(extremes.seen() == 6);
    BOOST_TEST(made == 6);    // once each, though two neurons keep some
    Extremes none(1, 0, 0);
    none.take(std::span(responses[0]).first(1), [&] {
        ++made;
        return SeenPicture{};
    });
    BOOST_TEST(none.strongest(0).empty());
    BOOST_TEST(made == 6);
}

BOOST_AUTO_TEST_CASE(sign_follows_the_strongest_pictures)
{
    const Model model = test::small_model();
    Pool pool(1);
    const std::vector<std::uint8_t> pixels = random_pixels(2, 4);
    std::vector<Extreme> pictures;
    for (std::size_t i = 0; i < 2; ++i) {
        SeenPicture picture;
        picture.pixels.assign(pixels.begin() + i * 768, pixels.begin() + (i + 1) * 768);
        pictures.push_back({1, std::make_shared<const SeenPicture>(picture)});
    }
    const NeuronId neuron{{0, Sublayer::norm}, 5, 5, 0};
    const std::vector<float> x = preprocess(model, {pixels, 2}, pool);
    std::vector<float> sum(768), negative(768);
    for (int k = 0; k < 768; ++k) {
        sum[k] = x[k] + x[768 + k];
        negative[k] = -sum[k];
    }
    BOOST_TEST(sign_like(model, pictures, neuron, sum, pool) == 1);
    BOOST_TEST(sign_like(model, pictures, neuron, negative, pool) == -1);
}

BOOST_AUTO_TEST_CASE(neurons_spread_over_a_layer)
{
    const Architecture a = test::small_model().architecture;
    const LayerId layer{0, Sublayer::filter};    // 12 x 12 x 3
    const std::vector<NeuronId> four = spread_neurons(layer, 4, a);
    BOOST_REQUIRE(four.size() == 4);
    BOOST_TEST((four[0] == NeuronId{layer, 0, 0, 0}));
    BOOST_TEST((four[1] == NeuronId{layer, 3, 0, 0}));
    BOOST_TEST((spread_neurons(layer, 5, a)[1] == NeuronId{layer, 2, 4, 2}));    // neuron 432 / 5 = 86 of 432
    BOOST_TEST(spread_neurons(layer, 10'000, a).size() == 432);
    BOOST_TEST((spread_neurons(layer, 10'000, a).back() == NeuronId{layer, 11, 11, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
