#include "analysis/sweep.h"

#include "../files.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace nonna;

namespace
{

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
                    take(w, first, count, std::span(&at(wanted[w], first, 0), count * shapes[wanted[w]].size()));
            }
        };
        return r;
    }
    ResponseSource readable(std::size_t memory = 1 << 30) { return nonna::readable(source(), memory); }
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

BOOST_AUTO_TEST_CASE(polarities)
{
    const std::vector<float> r = {3, 2, 1, 0};
    const Labels y = {0, 0, 1, 1};
    const Score s = score_neuron(r, y);
    BOOST_TEST(s.auc == 0);
    BOOST_TEST(s.accuracy == 0.25);
    BOOST_TEST(s.dprime < 0);
    BOOST_TEST(s.polarity == 1);
    const Score either = score_neuron(r, y, Polarity::either);
    BOOST_TEST(either.polarity == -1);
    BOOST_TEST(either.accuracy == 1);
    BOOST_TEST(either.auc == 1);
    BOOST_TEST(either.dprime == -s.dprime);
    BOOST_TEST(either.hit_rate == 1);
    BOOST_TEST(either.balanced_accuracy() == 1);
    // One that is silent for the positives, to the last: a response at the threshold is no yes.
    const Score edge = score_neuron(std::vector<float>{0, 1, 2, 21}, Labels{1, 0, 0, 0}, Polarity::either);
    BOOST_TEST(edge.polarity == -1);
    BOOST_TEST(edge.threshold == 1);
    // Where both are as good it speaks.
    BOOST_TEST(score_neuron(std::vector<float>{0, 1}, Labels{0, 1}, Polarity::either).polarity == 1);
}

BOOST_AUTO_TEST_CASE(hits_and_false_alarms)
{
    // thresholds 1 .. 20; at 10 three of four positives and one of five negatives are above
    const Score s =
        score_neuron(std::vector<float>{0, 2, 4, 9.5f, 21, 3, 10.5f, 15, 20}, Labels{0, 0, 0, 0, 0, 1, 1, 1, 1});
    BOOST_TEST(s.threshold == 10);
    BOOST_TEST(s.hit_rate == 0.75);
    BOOST_TEST(s.false_alarm_rate == 0.2);
    BOOST_TEST(s.accuracy == 7.0 / 9);
    BOOST_TEST(s.balanced_accuracy() == 0.775);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number)
{
    for (const float strange : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        const Score s = score_neuron(std::vector<float>{0, strange, 1}, Labels{0, 1, 1});
        for (const double v : {s.threshold, s.accuracy, s.auc, s.dprime, s.hit_rate, s.false_alarm_rate})
            BOOST_TEST(std::isnan(v));
    }
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
    BOOST_TEST(s.hit_rate == 1);
    BOOST_TEST(s.false_alarm_rate == 0);
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
            const double t = least + (most - least) * i / 21;
            double a = 0;
            for (std::size_t k = 0; k < r.size(); ++k)
                a += (r[k] > t) == (y[k] == 1) ? 1.0 / double(r.size()) : 0;
            if (a > best + 1e-9) {
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
        BOOST_TEST(s.accuracy == best, boost::test_tools::tolerance(1e-12));
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
    auto scores = sweep(m.readable(), y, {}, pool);
    BOOST_TEST(scores.size() == 24 + 5);
    BOOST_TEST(scores[24].layer == 1);
    sort_best_first(scores);
    BOOST_TEST(scores[0].layer == 0);
    BOOST_TEST(scores[0].row == 1);
    BOOST_TEST(scores[0].column == 2);
    BOOST_TEST(scores[0].map == 3);
    BOOST_TEST(scores[0].all.auc > 0.95);
    const std::vector<float> r = responses_of(m.readable(), scores[0]);
    BOOST_TEST(r[17] == m.at(0, 17, 23));
    BOOST_TEST(score_neuron(r, y).auc == scores[0].all.auc);
}

void check_same(const Score& a, const Score& b, bool auc = true)
{
    BOOST_TEST(a.threshold == b.threshold);
    BOOST_TEST(a.accuracy == b.accuracy);
    BOOST_TEST(a.polarity == b.polarity);
    BOOST_TEST(a.hit_rate == b.hit_rate);
    BOOST_TEST(a.false_alarm_rate == b.false_alarm_rate);
    if (auc)
        BOOST_TEST(a.auc == b.auc);
}

BOOST_AUTO_TEST_CASE(same_for_any_threads_batches_and_memory)
{
    Matrix m = noise(50, {{2, 3, 4}, {1, 1, 5}});
    const Labels y = alternating(50);
    Pool one(1), three(3);
    SweepOptions options;
    options.splits = make_splits(y, 3, {}, 0, "x");
    const auto expected = sweep(m.readable(), y, options, one);
    BOOST_TEST(m.asked == 1);
    m.asked = 0;
    m.batch = 50;
    options.memory = 50 * sizeof(float) * 10;                                 // five neurons a block
    const auto got = sweep(m.readable(options.memory), y, options, three);    // on disk
    BOOST_TEST(m.asked == 1);
    BOOST_REQUIRE(got.size() == expected.size());
    for (std::size_t k = 0; k < got.size(); ++k) {
        BOOST_TEST(got[k].layer == expected[k].layer);
        BOOST_TEST(got[k].map == expected[k].map);
        check_same(got[k].all, expected[k].all);
        BOOST_TEST(got[k].all.dprime == expected[k].all.dprime);
        for (const std::size_t s : {0, 1, 2}) {
            check_same(got[k].held[s].choice, expected[k].held[s].choice);
            BOOST_TEST(got[k].held[s].auc == expected[k].held[s].auc);
        }
    }
}

// Ties, thresholds hit exactly, constants, NaN, both polarities, folds whose held-out responses lie outside: counting
// gives what sorting gives.
BOOST_AUTO_TEST_CASE(counting_gives_what_sorting_gives)
{
    Matrix m = noise(60, {{3, 100, 1}});
    const Labels y = alternating(60);
    for (std::size_t i = 0; i < 60; ++i) {
        for (std::size_t n = 0; n < 100; ++n) {
            m.at(0, i, n) = float(int(m.at(0, i, n) * 10) % 22);
            float& odd = m.at(0, i, 100 + n);    // immense, minute, next to each other, and further apart than a float
            const float scales[] = {1e-30f, 1e30f, 1e-43f, 1e-7f, 5e37f};
            odd = n % 5 == 3 ? 1 + odd * scales[3] : odd * scales[n % 5];
        }
        m.at(0, i, 7) = 3;
    }
    m.at(0, 11, 8) = std::numeric_limits<float>::quiet_NaN();
    Pool pool(2);
    SweepOptions options;
    options.polarity = Polarity::either;
    options.splits = make_splits(y, 4, {}, 0, "x");
    const auto sorted = sweep(m.readable(), y, options, pool);
    options.auc = false;
    for (const std::size_t memory : {std::size_t(1) << 30, std::size_t(20000)}) {
        options.memory = memory;
        const auto counted = sweep(m.readable(), y, options, pool);
        BOOST_REQUIRE(counted.size() == sorted.size());
        int silent = 0;
        for (std::size_t k = 0; k < counted.size(); ++k) {
            BOOST_TEST(counted[k].finite() == (k != 8));
            if (k == 8)
                continue;
            silent += counted[k].all.polarity < 0;
            check_same(counted[k].all, sorted[k].all, false);
            BOOST_TEST(std::isnan(counted[k].all.auc));
            BOOST_TEST(counted[k].all.dprime == sorted[k].all.dprime, boost::test_tools::tolerance(1e-9));
            for (const std::size_t s : {0, 1, 2, 3}) {
                check_same(counted[k].held[s].choice, sorted[k].held[s].choice, false);
                BOOST_TEST(counted[k].held[s].accuracy == sorted[k].held[s].accuracy);
            }
        }
        BOOST_TEST(silent > 10);
    }
}

BOOST_AUTO_TEST_CASE(folds_hold_everybody_out_once)
{
    const Labels y = alternating(301);
    const auto folds = make_splits(y, 5, {}, 3, "x");
    BOOST_REQUIRE(folds.size() == 5);
    for (std::size_t i = 0; i < y.size(); ++i) {
        int held = 0;
        for (const Split& fold : folds)
            held += fold[i] == 0;
        BOOST_TEST(held == 1);
    }
    for (const Split& fold : folds) {
        int held[2] = {};
        for (std::size_t i = 0; i < y.size(); ++i)
            held[y[i]] += fold[i] == 0;
        BOOST_TEST(std::abs(held[0] - 40) <= 1);    // 200 and 101
        BOOST_TEST(std::abs(held[1] - 20) <= 1);
    }
    BOOST_TEST((make_splits(y, 1, {}, 3, "x")[0] == choosing_half(y, 3)));
    const Split halves = choosing_half(y, 9);
    const auto both = make_splits(y, 2, halves, 3, "x");
    BOOST_TEST((both[0] == halves));
    BOOST_TEST((both[1] != halves));
    BOOST_CHECK_THROW(make_splits(y, 3, halves, 3, "x"), Error);
    BOOST_CHECK_THROW(make_splits(Labels{0, 0, 0, 1, 1}, 3, {}, 0, "x"), Error);
}

// For a detector fixed beforehand the accuracy's interval is the binomial's, nearly: 1.96 deviations to either side.
BOOST_AUTO_TEST_CASE(bootstrap_intervals)
{
    Matrix m = noise(400, {{1, 1, 3}});
    const Labels y = alternating(400);
    for (std::size_t i = 0; i < 400; ++i)
        m.at(0, i, 1) += 1.5f * float(y[i]);
    m.at(0, 5, 2) = std::numeric_limits<float>::quiet_NaN();
    Pool one(1), two(2);
    SweepOptions options;
    options.splits = make_splits(y, 1, {}, 0, "x");
    auto scores = sweep(m.readable(), y, options, one);
    sort_best_first(scores);
    BOOST_TEST(scores[0].map == 1);
    BOOST_TEST(scores[2].map == 2);
    auto again = scores;
    bootstrap(m.readable(), y, options, 2000, 1, std::span(scores).first(2), one);
    bootstrap(m.readable(), y, options, 2000, 1, std::span(again).first(2), two);
    const auto& i = *scores[0].intervals;
    const Score& s = scores[0].all;
    const double deviation =
        std::sqrt((134 * s.hit_rate * (1 - s.hit_rate) + 266 * s.false_alarm_rate * (1 - s.false_alarm_rate))) / 400;
    BOOST_TEST((i.accuracy.high - i.accuracy.low) / 2 == 1.96 * deviation, boost::test_tools::tolerance(0.1));
    BOOST_TEST(i.accuracy.low < s.accuracy);
    BOOST_TEST(i.accuracy.high > s.accuracy);
    BOOST_TEST(i.auc.low < s.auc);
    BOOST_TEST(i.auc.high > s.auc);
    BOOST_TEST(i.held_auc.high - i.held_auc.low > 1.2 * (i.auc.high - i.auc.low));    // half as many images
    BOOST_TEST(again[0].intervals->auc.low == i.auc.low);
    BOOST_TEST(again[1].intervals->held_accuracy.high == scores[1].intervals->held_accuracy.high);
}

// Of the parts that a set names two are used, and the others are left out; who has no part is seen at the end.
BOOST_AUTO_TEST_CASE(parts_of_a_set)
{
    using Part = std::optional<std::string>;
    const auto split = [](RecordedParts parts, const std::vector<Part>& of) {
        std::vector<Part> kept;
        std::copy_if(of.begin(), of.end(), std::back_inserter(kept), [&](const Part& p) { return parts.keep(p); });
        return std::pair(parts.split(kept, "t"), kept.size());
    };
    const std::vector<Part> four = {"a", "b", "c", "d", "c", "a", "b"}, none(3), some = {"a", "b", Part()};
    BOOST_TEST((split(RecordedParts(), four) == std::pair(Split{}, std::size_t{7})));
    BOOST_TEST((split(RecordedParts(""), four) == std::pair(Split{1, 0, 1, 0}, std::size_t{4})));
    BOOST_TEST((split(RecordedParts("c:b"), four) == std::pair(Split{0, 1, 1, 0}, std::size_t{4})));
    BOOST_TEST((split(RecordedParts("a+c:d"), four) == std::pair(Split{1, 1, 0, 1, 1}, std::size_t{5})));
    BOOST_TEST((split(RecordedParts("d:b+a"), four) == std::pair(Split{0, 0, 1, 0, 0}, std::size_t{5})));
    BOOST_TEST((split(RecordedParts(""), none) == std::pair(Split{}, std::size_t{3})));
    const auto refused = [&](const std::string& text, const std::vector<Part>& of) {
        return test::refusal([&] { split(RecordedParts(text), of); });
    };
    BOOST_TEST(refused("a:c", {"a", "b"}) == "t: has no part c; its parts: a, b");
    BOOST_TEST(refused("", {"c", "d"}) == "t: has no part a; its parts: c, d");
    BOOST_TEST(refused("a:b", none) == "t: its images name no parts: --parts goes with a set that was split");
    BOOST_TEST(refused("", some) == "t: only 2 of 3 images name their part");
    for (const char* text :
         {"a", "a:", ":b", "a:a", "a:b:c", ":", "a+:b", "a+b", "a+a:b", "a+b:b", "+a:b", "a:b+", "a+b:c+c"})
        BOOST_TEST(refused(text, four).starts_with("--parts: '"));
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
    options.splits = make_splits(alternating(200), 1, {}, 0, "x");
    auto scores = sweep(m.readable(), alternating(200), options, pool);
    sort_best_first(scores);
    double choice = 0, held = 0;
    for (int k = 0; k < 20; ++k) {
        choice += scores[k].choice_auc() / 20;
        held += scores[k].held_auc() / 20;
    }
    BOOST_TEST(choice > 0.58);
    BOOST_TEST(std::abs(held - 0.5) < 0.05);    // 20 AUCs of deviation .05 each: five deviations of their mean
}

BOOST_AUTO_TEST_CASE(what_cannot_be_scored)
{
    Pool pool(1);
    Matrix m = noise(6, {{1, 1, 3}});
    const Labels y = {0, 1, 0, 1, 0, 1};
    BOOST_CHECK_EXCEPTION(sweep(m.readable(), Labels(6, 1), {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "all images are positive"); });
    BOOST_CHECK_EXCEPTION(sweep(m.readable(), Labels(6, 0), {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "all images are negative"); });
    BOOST_CHECK_EXCEPTION(sweep(m.readable(), Labels{0, 1}, {}, pool), Error,
                          [](const Error& e) { return reason_contains(e, "6 images, but 2 labels"); });
    BOOST_CHECK_EXCEPTION(make_splits(Labels{0, 0, 0, 0, 0, 1}, 1, {}, 0, "planted"), Error,
                          [](const Error& e) { return e.subject() == "planted (one half)"; });
    m.at(0, 4, 1) = std::numeric_limits<float>::quiet_NaN();
    auto scores = sweep(m.readable(), y, {}, pool);
    BOOST_TEST(!scores[1].finite());
    BOOST_TEST(scores[2].finite());
    sort_best_first(scores);
    BOOST_TEST(scores[2].map == 1);
    Matrix none(0, {{1, 1, 3}});
    BOOST_CHECK_EXCEPTION(sweep(none.readable(), Labels{}, {}, pool), Error,
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
    BOOST_CHECK_EXCEPTION(read_labels(Texts{"cat", "dog", "cat"}, "face", "x"), Error,
                          [](const Error& e) { return reason_contains(e, "there are: cat (2), dog (1)"); });
    LabelReader batches("cat", "x");    // whether there is none shows at the end only
    batches.read(Texts{"dog"});
    BOOST_CHECK_THROW(batches.labels(), Error);
    batches.read(Texts{"cat"});
    BOOST_TEST((batches.labels() == Labels{0, 1}));
    BOOST_CHECK_EXCEPTION(batches.read(Texts{std::nullopt}), Error,
                          [](const Error& e) { return reason_contains(e, "image 2 has no label"); });
}

BOOST_AUTO_TEST_SUITE_END()
