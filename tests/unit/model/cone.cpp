#include "model/cone.h"

#include "base/parallel.h"
#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace nonna;

namespace
{

// Three stages of all that an architecture may say: stride 2, untied, no normalisation, and `border` in the others.
// With `autoencoders` the first and the last are such, one untied.
Model sample_model(Border border, bool autoencoders = false)
{
    Architecture a;
    a.name = "sample";
    a.side = 41;
    a.whitening = 0;
    a.stages.resize(3);
    a.stages[0].field = 5;
    a.stages[0].maps = 3;
    a.stages[0].stride = 2;
    a.stages[0].pool = 2;
    a.stages[0].norm = 3;
    a.stages[0].border = border;
    a.stages[1] = a.stages[0];
    a.stages[1].field = 3;
    a.stages[1].stride = 1;
    a.stages[1].maps = 2;
    a.stages[1].norm = 0;
    a.stages[1].tied = false;
    a.stages[2] = a.stages[0];
    a.stages[2].field = 3;
    a.stages[2].stride = 1;
    a.stages[2].maps = 4;
    for (StageArchitecture* s : {&a.stages[0], &a.stages[2]})
        if (autoencoders) {
            s->kind = StageKind::autoencoder;
            s->pool = 1;
            s->norm = 0;
            s->unit_norm = false;
            s->tied = s == &a.stages[2];
        }
    a.complete("sample");
    Preprocessing p;
    p.side = a.side;
    Pool pool(1);
    Model model = random_model(a, p, 11, pool);
    Random random(12, Purpose::tests);
    for (const ParameterTensor& t : parameter_layout(a))
        for (std::size_t i = 0; t.bias && i < t.segment.size(); ++i)
            model.parameters[t.segment.offset + i] = float(random.normal());
    return model;
}

struct Looked {
    std::vector<float> responses, gradients;    // one an image; (image, row, column, channel) of the whole input
};

Looked look(Cone& cone, const Model& model, NeuronId neuron, std::span<const float> images, int count)
{
    const Shape whole = model.architecture.input();
    const Area seen = cone.input();
    Network<float>& network = cone.network();
    std::vector<float> cut;
    const auto each = [&](auto f) {
        for (int r = 0; r < seen.rows; ++r)
            for (int k = 0; k < seen.columns * whole.maps; ++k)
                f((std::size_t(seen.row + r) * whole.columns + seen.column) * whole.maps + k,
                  std::size_t(r) * seen.columns * whole.maps + k);
    };
    for (int i = 0; i < count; ++i)
        each([&](std::size_t from, std::size_t) { cut.push_back(images[i * whole.size() + from]); });
    network.load(cut, count);
    network.up(cone.parameters(), neuron.layer);
    const std::size_t lanes = std::size_t(network.lanes()), unit = cone.unit(neuron);
    Looked looked;
    Aligned<float> seed(cone.units() * lanes), gradient(cone.input_size() * lanes);
    for (int i = 0; i < count; ++i) {
        looked.responses.push_back(network.activation(neuron.layer)[unit * lanes + i]);
        seed[unit * lanes + i] = 1;
    }
    network.input_gradient(cone.parameters(), neuron.layer, seed.data(), gradient.data());
    looked.gradients.assign(count * whole.size(), 0.0f);
    for (int i = 0; i < count; ++i)
        each([&](std::size_t to, std::size_t from) {
            looked.gradients[i * whole.size() + to] = gradient[from * lanes + i];
        });
    return looked;
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b)
{
    float most = 0;
    BOOST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(a[i] - b[i]));
    return most;
}

float largest(const std::vector<float>& a) { return largest_difference(a, std::vector<float>(a.size(), 0.0f)); }

}    // namespace

BOOST_AUTO_TEST_SUITE(cones)

BOOST_AUTO_TEST_CASE(a_cone_responds_as_the_whole_network)
{
    Pool pool(2);
    constexpr int count = 3;
    for (const int sample : {0, 1, 2}) {
        const Model model = sample_model(sample == 1 ? Border::valid : Border::same, sample == 2);
        const Architecture& a = model.architecture;
        Random random(5, Purpose::tests);
        std::vector<float> images(count * a.input().size());
        for (float& v : images)
            v = float(random.normal());
        int cut = 0;
        for (const LayerId layer : all_layers(a)) {
            Cone whole(model, layer, count, pool);
            const Shape shape = layer_shape(layer, a);
            const int rows[] = {0, 1, shape.rows / 2, shape.rows - 1},
                      columns[] = {0, shape.columns / 2, shape.columns - 1};
            for (const int row : rows)
                for (const int column : columns) {
                    const NeuronId neuron{layer, row, column, (row + column) % shape.maps};
                    BOOST_TEST_CONTEXT(neuron_name(neuron))
                    {
                        Cone cone(model, layer, {row, column, 1, 1}, count, pool);
                        const Area area = visible_area(neuron, a), seen = cone.input();
                        BOOST_TEST(area.row == seen.row);
                        BOOST_TEST(area.column == seen.column);
                        BOOST_TEST(area.rows == seen.rows);
                        BOOST_TEST(area.columns == seen.columns);
                        const double work = cone_work(a, layer, {row, column, 1, 1});
                        BOOST_TEST((sample == 2 ? double(cone.parameters().size()) > work
                                                : double(cone.parameters().size()) == work));
                        cut += cone.parameters().size() < model.parameters.size();
                        const Looked expected = look(whole, model, neuron, images, count),
                                     got = look(cone, model, neuron, images, count);
                        BOOST_TEST(largest_difference(expected.responses, got.responses) <=
                                   1e-6 * largest(expected.responses));
                        BOOST_TEST(largest_difference(expected.gradients, got.gradients) <=
                                   1e-6 * largest(expected.gradients));
                        BOOST_TEST(largest(expected.gradients) > 0);
                    }
                }
        }
        BOOST_TEST(cut > (sample == 2 ? 40 : 60));
    }
}

// A cone of several positions: any neuron in it, and what one lane asks for is no other's.
BOOST_AUTO_TEST_CASE(neurons_share_a_cone)
{
    Pool pool(1);
    const Model model = sample_model(Border::same);
    const Architecture& a = model.architecture;
    const LayerId layer{2, Sublayer::norm};
    const Shape shape = layer_shape(layer, a);
    Random random(6, Purpose::tests);
    std::vector<float> images(a.input().size());
    for (float& v : images)
        v = float(random.normal());
    Cone both(model, layer, {1, 2, 3, 2}, 1, pool), whole(model, layer, 1, pool);
    for (const NeuronId neuron : {NeuronId{layer, 1, 2, 3}, NeuronId{layer, 3, 3, 0}}) {
        BOOST_REQUIRE(neuron.row < shape.rows && neuron.column < shape.columns);
        const Looked expected = look(whole, model, neuron, images, 1), got = look(both, model, neuron, images, 1);
        BOOST_TEST(largest_difference(expected.responses, got.responses) <= 1e-6 * largest(expected.responses));
        BOOST_TEST(largest_difference(expected.gradients, got.gradients) <= 1e-6 * largest(expected.gradients));
    }
}

BOOST_AUTO_TEST_SUITE_END()
