#include "analysis/kmeans_model.h"

#include "../files.h"
#include "base/parallel.h"
#include "base/random.h"

#include <cmath>
#include <set>

using namespace nonna;

namespace
{

struct Points {
    std::size_t length;
    std::vector<float> values;

    VectorSource source() const
    {
        return {"points", values.size() / length, length, [this](std::size_t i, std::span<float> x) {
                    std::copy_n(values.begin() + std::ptrdiff_t(i * length), length, x.begin());
                }};
    }
};

// `blobs` clouds of `each` points, 100 apart along a diagonal, deviation 1; point i belongs to blob i % blobs.
Points clouds(std::size_t blobs, std::size_t each, std::size_t length = 6)
{
    Points p{length, {}};
    Random random(1, Purpose::tests, 7);
    for (std::size_t i = 0; i < blobs * each; ++i)
        for (std::size_t j = 0; j < length; ++j)
            p.values.push_back(float(100.0 * double(i % blobs) * (j % 2 ? 1 : -1) + random.normal()));
    return p;
}

KMeansOptions options_of(std::int64_t centroids, KMeansStart start, std::int64_t batch = 1 << 20)
{
    KMeansOptions o;
    o.centroids = centroids;
    o.start = start;
    o.batch = batch;
    o.seed = 4;
    return o;
}

TrainingPictures noise_pictures(std::size_t count, int side)
{
    return {"noise", "digest", count, side, [](std::size_t i, std::span<std::uint8_t> into) {
                Random random(5, Purpose::tests, i);
                for (std::uint8_t& v : into)
                    v = std::uint8_t(random.below(256));
            }};
}

}    // namespace

BOOST_AUTO_TEST_SUITE(kmeans)

BOOST_AUTO_TEST_CASE(separated_clouds_are_found)
{
    const Points points = clouds(4, 30);
    Pool pool(2);
    for (const std::int64_t batch : {1 << 20, 60}) {
        KMeans kmeans(points.source(), options_of(4, KMeansStart::spread_out, batch), pool);
        kmeans.start();
        double distance = 0;
        for (int i = 0; i < 30; ++i)
            distance = kmeans.iterate().distance;
        BOOST_TEST(distance < 8);    // 6 values of variance 1, less what the mean takes
        std::set<int> found;
        for (std::size_t k = 0; k < 4; ++k)
            found.insert(int(std::lround(kmeans.centroids().values[k * 6 + 1] / 100)));
        BOOST_TEST(found == (std::set<int>{0, 1, 2, 3}), boost::test_tools::per_element());
    }
}

// Different vectors, another choice for another seed.
BOOST_AUTO_TEST_CASE(sampled_start)
{
    const Points points = clouds(1, 50);
    Pool pool(2);
    std::vector<float> starts[2];
    for (const int seed : {0, 1}) {
        KMeansOptions o = options_of(10, KMeansStart::sampled);
        o.seed = std::uint64_t(seed);
        KMeans kmeans(points.source(), o, pool);
        kmeans.start();
        starts[seed] = kmeans.centroids().values;
        std::set<std::size_t> found;
        for (std::size_t k = 0; k < 10; ++k)
            for (std::size_t i = 0; i < 50; ++i)
                if (std::equal(points.values.begin() + std::ptrdiff_t(i * 6),
                               points.values.begin() + std::ptrdiff_t(i * 6 + 6),
                               starts[seed].begin() + std::ptrdiff_t(k * 6)))
                    found.insert(i);
        BOOST_TEST(found.size() == 10u);
    }
    BOOST_TEST((starts[0] != starts[1]));
}

// With the whole set a batch an iteration is Lloyd's: means of the points nearest, by hand.
BOOST_AUTO_TEST_CASE(one_step_by_hand)
{
    const Points points{1, {0, 1, 2, 10, 11, 12, 13, 5.5f, 6, 7}};
    Pool pool(1);
    KMeans kmeans(points.source(), options_of(2, KMeansStart::sampled), pool);
    kmeans.resume({2, 1, {1, 10}, {1, 1}, 0});
    KMeansStep step = kmeans.iterate();
    // 5.5 is as near to 1 as to 10: the lower number has it.
    BOOST_TEST(kmeans.centroids().values[0] == (0 + 1 + 2 + 5.5) / 4, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(kmeans.centroids().values[1] == (10 + 11 + 12 + 13 + 6 + 7) / 6.0, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(kmeans.centroids().weights[0] == 4);
    BOOST_TEST(step.distance == (1 + 0 + 1 + 20.25 + 0 + 1 + 4 + 9 + 16 + 9) / 10.0,
               boost::test_tools::tolerance(1e-5));
    BOOST_TEST(step.moved);
    BOOST_TEST(step.empty == 0u);
    while (kmeans.iterate().moved)
        ;
    const std::int64_t done = kmeans.centroids().iterations;
    BOOST_TEST(!kmeans.iterate().moved);
    BOOST_TEST(kmeans.centroids().iterations == done);
}

// Two thirds of what a centroid is the mean of fades at each step of a batch of two thirds.
BOOST_AUTO_TEST_CASE(a_batch_step_by_hand)
{
    const Points points{1, {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}};
    Pool pool(1);
    KMeans kmeans(points.source(), options_of(1, KMeansStart::sampled, 8), pool);
    kmeans.resume({1, 1, {0}, {6}, 0});
    kmeans.iterate();
    BOOST_TEST(kmeans.centroids().weights[0] == 6.0 / 3 + 8, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(kmeans.centroids().values[0] == 24.0f / 10, boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(every_vector_is_in_one_pass)
{
    const Points points = clouds(1, 50, 1);
    Pool pool(1);
    std::multiset<float> seen;
    VectorSource source = points.source();
    bool counts = false;
    source.read = [&, plain = source.read](std::size_t i, std::span<float> x) {
        plain(i, x);
        if (counts)
            seen.insert(x[0]);
    };
    KMeans kmeans(source, options_of(2, KMeansStart::sampled, 20), pool);
    kmeans.start();
    counts = true;
    for (int i = 0; i < 5; ++i)
        kmeans.iterate();
    for (const float v : points.values)    // 5 batches of 20 are two passes over 50
        BOOST_TEST(seen.count(v) == 2u);
}

BOOST_AUTO_TEST_CASE(empty_centroids_start_again)
{
    const Points points{1, {0, 0, 0, 1, 1, 50, 51, 1, 0, 0}};
    Pool pool(1);
    KMeans kmeans(points.source(), options_of(2, KMeansStart::sampled), pool);
    kmeans.resume({2, 1, {0, 9000}, {1, 1}, 0});
    BOOST_TEST(kmeans.iterate().empty == 1u);
    BOOST_TEST(kmeans.centroids().values[1] == 51);    // the farthest from 0
    BOOST_TEST(kmeans.centroids().weights[1] == 1);
    while (kmeans.iterate().moved)
        ;
    BOOST_TEST(kmeans.centroids().values[0] == 3 / 8.0f);
    BOOST_TEST(kmeans.centroids().values[1] == 50.5f);
}

BOOST_AUTO_TEST_CASE(nearest_over_tiles)
{
    constexpr std::size_t n = 30, k = 5000, length = 5;    // more centroids than a tile has
    Random random(3, Purpose::tests, 1);
    Centroids c{k, length, std::vector<float>(k * length), {}, 0};
    std::vector<float> x(n * length), distances(n);
    std::vector<std::uint32_t> nearest(n);
    for (float& v : c.values)
        v = float(random.normal());
    for (float& v : x)
        v = float(random.normal());
    nearest_centroids(x, n, c, squared_norms(c.values, length), nearest, distances);
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<double> d(k);
        for (std::size_t m = 0; m < k; ++m)
            for (std::size_t j = 0; j < length; ++j)
                d[m] += std::pow(double(x[i * length + j]) - c.values[m * length + j], 2);
        const auto least = std::min_element(d.begin(), d.end());
        BOOST_TEST(nearest[i] == std::uint32_t(least - d.begin()));
        BOOST_TEST(std::abs(distances[i] - *least) < 1e-5);    // differences of squares up to 40, single precision
    }
}

BOOST_AUTO_TEST_CASE(triangle_by_hand)
{
    const Centroids c{3, 2, {3, 4, 0, 1, 6, 8}, {1, 1, 1}, 0};
    const std::vector<float> x = {0, 0, 3, 4};
    std::vector<float> f(6);
    triangle_activations(x, 2, c, squared_norms(c.values, 2), f);
    // The first's distances are 5, 1, 10, their mean 16 / 3.
    const std::vector<double> z = {5, 1, 10, 0, std::sqrt(18.0), 5};
    for (std::size_t i = 0; i < 2; ++i) {
        const double mean = (z[3 * i] + z[3 * i + 1] + z[3 * i + 2]) / 3;
        for (std::size_t k = 0; k < 3; ++k)
            BOOST_TEST(std::abs(f[3 * i + k] - std::max(0.0, mean - z[3 * i + k])) < 1e-5);
    }
    BOOST_TEST(f[2] == 0);
}

BOOST_AUTO_TEST_CASE(too_many_centroids_are_refused)
{
    const Points points = clouds(1, 50);
    Pool pool(1);
    BOOST_TEST(test::refusal([&] { KMeans(points.source(), options_of(11, KMeansStart::sampled), pool); }) ==
               "points: 11 centroids are more than a fifth of its 50 pictures: at most 10");
    BOOST_TEST(test::refusal([&] { KMeans(points.source(), options_of(10, KMeansStart::sampled), pool); }).empty());
}

BOOST_AUTO_TEST_CASE(a_run_gone_on_with_is_the_same_run)
{
    const TrainingPictures pictures = noise_pictures(120, 12);
    const test::Folder folder;
    Pool one(1), two(2);
    for (const auto& [start, name] : names_of<KMeansStart>) {
        KMeansFit fit;
        fit.kmeans = options_of(7, start, 50);
        fit.kmeans.iterations = 6;
        fit.whitening = 5;
        fit.save = folder / "whole";
        fit_kmeans(pictures, fit, "test 1", one);
        fit.save = folder / "parts";
        for (const int done : {0, 2, 3}) {    // in the first pass over the set, in the second
            fit.kmeans.iterations = done;
            fit.resume = false;
            fit_kmeans(pictures, fit, "test 1", two);
            BOOST_TEST((test::read_bytes(folder / "parts") != test::read_bytes(folder / "whole")));
            fit.kmeans.iterations = 6;
            fit.resume = true;
            fit_kmeans(pictures, fit, "test 1", two);
            BOOST_TEST((test::read_bytes(folder / "parts") == test::read_bytes(folder / "whole")));
        }
        fit_kmeans(pictures, fit, "test 1", two);    // nothing left to do
        BOOST_TEST((test::read_bytes(folder / "parts") == test::read_bytes(folder / "whole")));
        const auto refused = [&](auto change) {
            KMeansFit other = fit;
            change(other);
            return test::refusal([&] { fit_kmeans(pictures, other, "test 1", one); });
        };
        const std::string of = (folder / "parts") + ": is of a run with another ";
        const std::string tail = ": it does not go on from there";
        BOOST_TEST(refused([](KMeansFit& f) { f.kmeans.seed = 5; }) == of + "seed" + tail);
        BOOST_TEST(refused([](KMeansFit& f) { f.kmeans.centroids = 8; }) == of + "number of centroids" + tail);
        BOOST_TEST(refused([](KMeansFit& f) { f.eigenvalue_offset = 3; }) == of + "eigenvalue_offset" + tail);
        BOOST_TEST(refused([](KMeansFit& f) { f.kmeans.iterations = 5; }) ==
                   (folder / "parts") + ": has 6 iterations already, more than the 5 asked for");
    }
}

BOOST_AUTO_TEST_CASE(a_model_in_its_file)
{
    const test::Folder folder;
    Pool pool(2);
    KMeansFit fit;
    fit.kmeans = options_of(6, KMeansStart::sampled);
    fit.kmeans.iterations = 3;
    fit.whitening = 5;
    fit.save = folder / "m";
    const TrainingPictures pictures = noise_pictures(40, 12);
    const KMeansModel model = fit_kmeans(pictures, fit, "test 1", pool);
    const KMeansModel again = load_kmeans(folder / "m");
    BOOST_TEST((again.centroids.values == model.centroids.values));
    BOOST_TEST((again.centroids.weights == model.centroids.weights));
    BOOST_TEST((again.preprocessing.filters == model.preprocessing.filters));
    BOOST_TEST(again.preprocessing.factor == model.preprocessing.factor);
    BOOST_TEST(again.finished);
    BOOST_TEST((again.provenance == model.provenance));
    BOOST_TEST(test::refusal([] {
                   load_kmeans(test::golden("model.safetensors"));
               }).ends_with("no centroids of nonna-baseline"));
    const std::string bytes = test::read_bytes(folder / "m");
    for (std::size_t cut = 0; cut < bytes.size(); cut += 997) {
        test::write_bytes(folder / "cut", bytes.substr(0, cut));
        BOOST_TEST(!test::refusal([&] { load_kmeans(folder / "cut"); }).empty());
    }
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"\"side\":\"12\"", "\"side\":\"13\""},
          {"\"whitening\":\"5\"", "\"whitening\":\"7\""},
          {"\"iterations\":\"" + std::to_string(model.centroids.iterations), "\"iterations\":\"x"}}) {
        std::string wrong = bytes;
        const std::size_t at = wrong.find(from);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, from);
        wrong.replace(at, from.size(), to);
        test::write_bytes(folder / "wrong", wrong);
        BOOST_TEST(!test::refusal([&] { load_kmeans(folder / "wrong"); }).empty(), from);
    }

    // The same from one thread and two, and what triangle_activations says of the prepared pictures.
    std::vector<std::uint8_t> pixels(40 * 12 * 12 * 3);
    for (std::size_t i = 0; i < 40; ++i)
        pictures.read(i, std::span(pixels).subspan(i * 432, 432));
    Pool one(1);
    std::vector<float> responses[2];
    for (const int which : {0, 1}) {
        const ResponseSource source = kmeans_responses({pixels, 40}, model, "t", which ? pool : one);
        BOOST_TEST(source.layers[0].name == "kmeans");
        BOOST_TEST(source.layers[0].shape.maps == 6);
        const std::size_t wanted = 0;
        source.stream(std::span(&wanted, 1), [&](std::size_t, std::size_t, std::size_t, std::span<const float> r) {
            responses[which].insert(responses[which].end(), r.begin(), r.end());
        });
    }
    BOOST_TEST(responses[0].size() == 240u);
    BOOST_TEST((responses[0] == responses[1]));
    std::vector<float> x(432), f(6);
    model.preprocessing.apply(std::span(pixels).subspan(39 * 432, 432), x);
    triangle_activations(x, 1, model.centroids, squared_norms(model.centroids.values, 432), f);
    for (std::size_t k = 0; k < 6; ++k)
        BOOST_TEST(std::abs(f[k] - responses[0][39 * 6 + k]) < 1e-3);    // distances near 20 from squares near 400
}

BOOST_AUTO_TEST_SUITE_END()
