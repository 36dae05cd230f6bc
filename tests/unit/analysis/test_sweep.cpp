#include "analysis/sweep.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace nonna;

namespace {

// A source over a matrix in memory, in batches of `batch` images, counting how often it was asked.
struct Matrix {
    std::vector<float> values;    // (image, layer 0 neurons), (image, layer 1 neurons)
    std::size_t images;
    std::vector<Shape> shapes;
    std::size_t batch = 7;
    int asked = 0;

    float& at(std::size_t layer, std::size_t image, std::size_t neuron)
    {
        std::size_t offset = 0;
        for (std::size_t l = 0; l < layer; ++l)
            offset += images * shapes[l].size();
        return values[offset + image * shapes[layer].size() + neuron];
    }
    Matrix(std::size_t n, std::vector<Shape> s) : images(n), shapes(std::move(s))
    {
        std::size_t size = 0;
        for (const Shape& shape : shapes)
            size += n * shape.size();
        values.resize(size);
    }
    ResponseSource source()
    {
        ResponseSource r;
        r.name = "planted";
        r.images = images;
        for (std::size_t l = 0; l < shapes.size(); ++l)
            r.layers.push_back({std::to_string(l + 1) + ".norm", shapes[l]});
        r.stream = [this](std::span<const std::size_t> wanted, const TakeResponses& take) {
            ++asked;
            for (std::size_t first = 0; first < images; first += batch) {
                const std::size_t count = std::min(batch, images - first);
                for (std::size_t w = 0; w < wanted.size(); ++w)
                    take(w, first, count,
                         std::span(&at(wanted[w], first, 0), count * shapes[wanted[w]].size()));
            }
        };
        return r;
    }
};

Matrix noise(std::size_t images, std::vector<Shape> shapes)
{
    Matrix m(images, std::move(shapes));
    Random random(3, Purpose::tests);
    for (float& v : m.values)
        v = float(random.normal());
    return m;
}

Labels alternating(std::size_t n)
{
    Labels labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = i % 3 == 0;
    return labels;
}

bool reason_contains(const Error& e, const char* text) { return e.reason().find(text) != std::string::npos; }

}    // namespace

BOOST_AUTO_TEST_SUITE(sweep_score)

BOOST_AUTO_TEST_CASE(a_perfect_neuron)
{
    const std::vector<float> r = {0, 0.5f, 1, 9, 9.5f, 10};
    const Labels y = {0, 0, 0, 1, 1, 1};
    const Score s = score_neuron(r, y);
    BOOST_TEST(s.accuracy == 1);
    BOOST_TEST(s.auc == 1);
    BOOST_TEST(s.threshold == 10.0 * 3 / 21);    // the lowest of those between 1 and 9
    BOOST_TEST(s.dprime == 9 / 0.5, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(one_polarity)
{
    const Score s = score_neuron(std::vector<float>{3, 2, 1, 0}, Labels{0, 0, 1, 1});
    BOOST_TEST(s.auc == 0);
    BOOST_TEST(s.accuracy == 0.25);
    BOOST_TEST(s.dprime < 0);
}

BOOST_AUTO_TEST_CASE(ties_count_half)
{
    // pairs: (1 vs 0) right, (1 vs 1) half, (2 vs 0) right, (2 vs 1) right
    BOOST_TEST(score_neuron(std::vector<float>{0, 1, 1, 2}, Labels{0, 0, 1, 1}).auc == 3.5 / 4);
    BOOST_TEST(score_neuron(std::vector<float>{-0.0f, 0.0f}, Labels{0, 1}).auc == 0.5);
}

BOOST_AUTO_TEST_CASE(a_threshold_itself_says_no)
{
    // with 0 and 21 the thresholds are 1 .. 20: the positive at 20 is above 19, not above 20
    const Score s = score_neuron(std::vector<float>{0, 19, 20, 21}, Labels{0, 0, 1, 1});
    BOOST_TEST(s.threshold == 19);
    BOOST_TEST(s.accuracy == 1);
    BOOST_TEST(accuracy_at(19, std::vector<float>{19, 20}, Labels{0, 1}) == 1);
    BOOST_TEST(accuracy_at(20, std::vector<float>{19, 20}, Labels{0, 1}) == 0.5);
}

BOOST_AUTO_TEST_CASE(a_constant_neuron)
{
    const Score s = score_neuron(std::vector<float>{-2, -2, -2, -2, -2, -2, -2, -2}, Labels{0, 0, 0, 0, 0, 0, 1, 1});
    BOOST_TEST(s.accuracy == 0.75);
    BOOST_TEST(s.auc == 0.5);
    BOOST_TEST(s.dprime == 0);
    BOOST_TEST(s.threshold == -2);
}

BOOST_AUTO_TEST_CASE(dprime_at_its_limits)
{
    BOOST_TEST(score_neuron(std::vector<float>{1, 1, 2, 2}, Labels{0, 0, 1, 1}).dprime ==
               std::numeric_limits<double>::infinity());
    BOOST_TEST(std::isnan(score_neuron(std::vector<float>{1, 2, 3}, Labels{0, 0, 1}).dprime));
}

// Counted the slow way: every threshold and every pair.
BOOST_AUTO_TEST_CASE(agrees_with_counting)
{
    Random random(1, Purpose::tests);
    for (int trial = 0; trial < 50; ++trial) {
        std::vector<float> r;
        Labels y;
        for (int i = 0; i < 40; ++i) {
            y.push_back(i < 2 || random.uniform() < 0.4);
            r.push_back(trial % 2 ? float(random.below(6)) - 3 : float(random.normal()));    // many ties, or none
        }
        y[2] = 0;
        const double least = *std::min_element(r.begin(), r.end()), most = *std::max_element(r.begin(), r.end());
        double best = -1, threshold = 0, pairs = 0, wins = 0;
        for (int i = 1; i <= 20; ++i) {
            const double t = least + (most - least) * i / 21, a = accuracy_at(t, r, y);
            if (a > best) {
                best = a;
                threshold = t;
            }
        }
        for (std::size_t i = 0; i < r.size(); ++i)
            for (std::size_t j = 0; j < r.size(); ++j)
                if (y[i] && !y[j]) {
                    ++pairs;
                    wins += r[i] > r[j] ? 1 : r[i] == r[j] ? 0.5 : 0;
                }
        const Score s = score_neuron(r, y);
        BOOST_TEST(s.accuracy == best);
        BOOST_TEST(s.threshold == threshold);
        BOOST_TEST(s.auc == wins / pairs, boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sweep_set)

BOOST_AUTO_TEST_CASE(finds_the_planted_neuron)
{
    Matrix m = noise(90, {{2, 3, 4}, {1, 1, 5}});
    const Labels y = alternating(90);
    for (std::size_t i = 0; i < 90; ++i)
        m.at(0, i, (1 * 3 + 2) * 4 + 3) += y[i] ? 4.0f : 0.0f;
    Pool pool(2);
    auto scores = sweep(m.source(), y, {}, pool);
    BOOST_TEST(scores.size() == 24 + 5);
    BOOST_TEST(scores[24].layer == 1);
    sort_best_first(scores);
    BOOST_TEST(scores[0].layer == 0);
    BOOST_TEST(scores[0].row == 1);
    BOOST_TEST(scores[0].column == 2);
    BOOST_TEST(scores[0].map == 3);
    BOOST_TEST(scores[0].all.auc > 0.95);
    const std::vector<float> r = responses_of(m.source(), scores[0]);
    BOOST_TEST(r[17] == m.at(0, 17, 23));
    BOOST_TEST(score_neuron(r, y).auc == scores[0].all.auc);
}

BOOST_AUTO_TEST_CASE(same_for_any_threads_batches_and_memory)
{
    Matrix m = noise(50, {{2, 3, 4}, {1, 1, 5}});
    const Labels y = alternating(50);
    Pool one(1), three(3);
    SweepOptions options;
    options.held_out = true;
    const auto expected = sweep(m.source(), y, options, one);
    BOOST_TEST(m.asked == 1);
    m.asked = 0;
    m.batch = 50;
    options.memory = 50 * sizeof(float) * 10;    // ten neurons a pass: the second pass holds parts of both layers
    const auto got = sweep(m.source(), y, options, three);
    BOOST_TEST(m.asked == 3);
    BOOST_REQUIRE(got.size() == expected.size());
    for (std::size_t k = 0; k < got.size(); ++k) {
        BOOST_TEST(got[k].layer == expected[k].layer);
        BOOST_TEST(got[k].map == expected[k].map);
        BOOST_TEST(got[k].all.threshold == expected[k].all.threshold);
        BOOST_TEST(got[k].all.dprime == expected[k].all.dprime);
        BOOST_TEST(got[k].held_out->auc == expected[k].held_out->auc);
    }
}

BOOST_AUTO_TEST_CASE(halves_keep_the_classes)
{
    const Labels y = alternating(301);
    const auto chooses = choosing_half(y, 5);
    int count[2][2] = {};
    for (std::size_t i = 0; i < y.size(); ++i)
        ++count[y[i]][chooses[i]];
    BOOST_TEST(count[0][1] == count[0][0]);
    BOOST_TEST(count[1][1] == count[1][0] + 1);
    BOOST_TEST((choosing_half(y, 5) == chooses));
    BOOST_TEST((choosing_half(y, 6) != chooses));
}

// Noise chosen on one half is at chance on the other; on its own half it is not.
BOOST_AUTO_TEST_CASE(held_out_does_not_flatter)
{
    Matrix m = noise(200, {{10, 10, 10}});
    Pool pool(2);
    SweepOptions options;
    options.held_out = true;
    auto scores = sweep(m.source(), alternating(200), options, pool);
    sort_best_first(scores);
    double choice = 0, held = 0;
    for (int k = 0; k < 20; ++k) {
        choice += scores[k].held_out->choice.auc / 20;
        held += scores[k].held_out->auc / 20;
    }
    BOOST_TEST(choice > 0.58);
    BOOST_TEST(std::abs(held - 0.5) < 0.05);    // 20 AUCs of deviation .05 each: five deviations of their mean
}

BOOST_AUTO_TEST_CASE(what_cannot_be_scored)
{
    Pool pool(1);
    Matrix m = noise(6, {{1, 1, 3}});
    const Labels y = {0, 1, 0, 1, 0, 1};
    BOOST_CHECK_EXCEPTION(sweep(m.source(), Labels(6, 1), {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "all images are positive"); });
    BOOST_CHECK_EXCEPTION(sweep(m.source(), Labels(6, 0), {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "all images are negative"); });
    BOOST_CHECK_EXCEPTION(sweep(m.source(), Labels{0, 1}, {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "6 images, but 2 labels"); });
    SweepOptions halves;
    halves.held_out = true;
    BOOST_CHECK_EXCEPTION(sweep(m.source(), Labels{0, 0, 0, 0, 0, 1}, halves, pool), Error,
                          [](const Error& e) { return e.subject() == "planted (one half)"; });
    m.at(0, 4, 1) = std::numeric_limits<float>::quiet_NaN();
    BOOST_CHECK_EXCEPTION(sweep(m.source(), y, {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "neuron 1.norm/0,0,1 to image 4"); });
    Matrix none(0, {{1, 1, 3}});
    BOOST_CHECK_EXCEPTION(sweep(none.source(), Labels{}, {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "no images"); });
}

BOOST_AUTO_TEST_CASE(labels_from_text)
{
    using Texts = std::vector<std::optional<std::string>>;
    BOOST_TEST((read_labels(Texts{"0", "1"}, "1", "x") == Labels{0, 1}));
    BOOST_TEST((read_labels(Texts{"cat", "dog"}, "cat", "x") == Labels{1, 0}));
    BOOST_CHECK_THROW(read_labels(Texts{"0", std::nullopt}, "1", "x"), Error);
    BOOST_CHECK_THROW(read_labels(Texts{"0", ""}, "1", "x"), Error);
    BOOST_CHECK_THROW(read_labels(Texts{"cat", "dog"}, "1", "x"), Error);
}

BOOST_AUTO_TEST_SUITE_END()
