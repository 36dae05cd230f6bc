#include "analysis/linear_filters.h"

#include "../files.h"
#include "analysis/products.h"
#include "analysis/sweep.h"
#include "base/parallel.h"
#include "base/random.h"

#include <cmath>
#include <numeric>

using namespace nonna;

namespace
{

using Pixels = CropSource::Pixels;

Pixels noise(int width, int height, std::uint64_t index)
{
    Pixels p{width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3)};
    Random random(5, Purpose::tests, index);
    for (std::uint8_t& v : p.values)
        v = std::uint8_t(random.below(256));
    return p;
}

CropSource noise_source(int side, std::size_t count = 5)
{
    return {"noise", count, [side](std::size_t i) { return noise(side, side, i); }};
}

std::vector<float> all_responses(const ResponseSource& source)
{
    const std::size_t n = source.layers[0].shape.size();
    std::vector<float> all(source.images * n);
    const std::size_t wanted = 0;
    source.stream(std::span(&wanted, 1), [&](std::size_t, std::size_t first, std::size_t, std::span<const float> r) {
        std::copy(r.begin(), r.end(), all.begin() + std::ptrdiff_t(first * n));
    });
    return all;
}

double cosine(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, bool centred)
{
    const double n = double(a.size());
    const double ma = centred ? std::accumulate(a.begin(), a.end(), 0.0) / n : 0;
    const double mb = centred ? std::accumulate(b.begin(), b.end(), 0.0) / n : 0;
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / std::sqrt(aa * bb);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(linear_filters)

BOOST_AUTO_TEST_CASE(products_of_rows)
{
    const std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {1, 0, -1, 2, 2, 2, 0, 1, 0};
    std::vector<float> c(8, 99);
    dot_products(a.data(), 2, b.data(), 3, 3, c.data(), 4);
    const std::vector<float> expected = {-2, 12, 2, 99, -2, 30, 5, 99};    // 99: between the rows, left alone
    BOOST_TEST(c == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(crops_come_from_the_pictures)
{
    const RandomCrops crops(noise_source(12), 8, 3);
    std::vector<std::uint8_t> crop(crops.size()), again(crops.size());
    std::set<std::pair<std::size_t, int>> seen;
    for (std::size_t k = 0; k < 60; ++k) {
        crops.read(k, crop);
        int found = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            const Pixels p = noise(12, 12, i);
            for (int y = 0; y <= 4; ++y)
                for (int x = 0; x <= 4; ++x) {
                    bool same = true;
                    for (int r = 0; r < 8 && same; ++r)
                        same = std::equal(crop.begin() + r * 24, crop.begin() + r * 24 + 24,
                                          p.values.begin() + ((y + r) * 12 + x) * 3);
                    found += same;
                    if (same)
                        seen.insert({i, y * 5 + x});
                }
        }
        BOOST_TEST(found == 1);
        crops.read(k, again);
        BOOST_TEST(crop == again);
    }
    BOOST_TEST(seen.size() > 35u);    // of 125 places; 60 draws hit 48 on average
    BOOST_TEST(crops.too_small().empty());
    BOOST_TEST(crops.only_whole().empty());
}

BOOST_AUTO_TEST_CASE(small_and_exact_pictures_are_told)
{
    const RandomCrops crops({"mixed", 3, [](std::size_t i) { return noise(i == 0 ? 7 : i == 1 ? 8 : 9, 8, i); }}, 8, 1);
    std::vector<std::uint8_t> crop(crops.size());
    for (std::size_t k = 0; k < 40; ++k)
        crops.read(k, crop);
    BOOST_TEST(crops.too_small() == std::set<std::size_t>{0}, boost::test_tools::per_element());
    BOOST_TEST(crops.only_whole() == std::set<std::size_t>{1}, boost::test_tools::per_element());
    const RandomCrops none(noise_source(7), 8, 1);
    BOOST_TEST(test::refusal([&] { none.read(0, crop); }) ==
               "noise: a hundred pictures in a row are smaller than the test images, of 8x8: pack them larger, 1.5 "
               "times or more");
}

BOOST_AUTO_TEST_CASE(responses_are_cosines)
{
    constexpr int side = 8;
    const RandomCrops crops(noise_source(12), side, 3);
    constexpr std::size_t images = 7, filters = 300;                 // more than a block
    std::vector<std::uint8_t> pixels(images * crops.size(), 128);    // the last one is flat
    for (std::size_t i = 0; i + 1 < images; ++i) {
        const Pixels p = noise(side, side, 100 + i);
        std::copy(p.values.begin(), p.values.end(), pixels.begin() + std::ptrdiff_t(i * crops.size()));
    }
    Pool one(1), two(2);
    for (const auto& [how, name] : names_of<LinearPixels>) {
        if (how == LinearPixels::whitened)
            continue;
        const bool centred = how == LinearPixels::centred;
        LinearOptions options;
        options.filters = filters;
        options.pixels = how;
        const std::vector<float> responses =
            all_responses(linear_responses({pixels, images}, crops, options, "t", one));
        options.batch_bytes = 3 * filters * sizeof(float);    // batches of three
        BOOST_TEST((all_responses(linear_responses({pixels, images}, crops, options, "t", two)) ==
                    all_responses(linear_responses({pixels, images}, crops, options, "t", one))));
        std::vector<std::uint8_t> crop(crops.size());
        for (std::size_t k = 0; k < filters; ++k) {
            crops.read(k, crop);
            for (std::size_t i = 0; i < images; ++i) {
                const std::span<const std::uint8_t> image(pixels.data() + i * crops.size(), crops.size());
                const double expected = i + 1 == images && centred ? 0 : cosine(image, crop, centred);
                // Sums of 192 products of numbers below 1, in single precision.
                BOOST_TEST(std::abs(responses[i * filters + k] - expected) < 2e-6);
            }
        }
    }
}

// Test images that have, or do not have, every second value of one training picture: that picture is the best filter.
BOOST_AUTO_TEST_CASE(a_planted_filter_is_found)
{
    constexpr int side = 12;
    const CropSource source{"planted", 40, [](std::size_t i) { return noise(side, side, i); }};
    const RandomCrops crops(source, side, 9);
    constexpr std::size_t images = 60;
    std::vector<std::uint8_t> pixels;
    Labels labels;
    const Pixels planted = noise(side, side, 17);
    for (std::size_t i = 0; i < images; ++i) {
        Pixels p = noise(side, side, 1000 + i);
        labels.push_back(i % 3 == 0);
        if (labels.back())
            for (std::size_t v = 0; v < p.values.size(); v += 2)
                p.values[v] = planted.values[v];
        pixels.insert(pixels.end(), p.values.begin(), p.values.end());
    }
    Pool pool(2);
    for (const auto& [how, name] : names_of<LinearPixels>) {
        LinearOptions options;
        options.filters = 300;
        options.pixels = how;
        const ResponseSource responses = linear_responses({pixels, images}, crops, options, "planted", pool);
        std::vector<NeuronScore> scores = sweep(readable(responses, 1 << 20), labels, {}, pool);
        sort_best_first(scores);
        std::vector<std::uint8_t> crop(crops.size());
        crops.read(std::size_t(scores.front().map), crop);
        BOOST_TEST((crop == planted.values), name);
        BOOST_TEST(scores.front().all.auc == 1);
        BOOST_TEST(scores.front().all.accuracy == 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()
