// What the baselines cost, beside what their products alone would at the machine's peak.
//
//   bench_baseline TRAIN.tar [JOBS]
//
// TRAIN.tar: pictures of 72x72 or more; crops of 48x48 are the filters and the test images, patches of 40x40 what
// K-means learns from (30,000 centroids of 4,800 values over 150,000 patches, decoded, normalised and whitened anew for
// each batch of 10,000). JOBS threads (2). Bound: 2 FLOP a value, filter and image, at the rate of register-only
// multiply-adds on as many threads. Shares of the peak are of processor time, so that they mean something on a machine
// that others use, too; seconds are wall time. Memory: 2.5 GB.
#include "fma.h"

#include "analysis/kmeans_model.h"
#include "analysis/linear_filters.h"
#include "analysis/products.h"
#include "base/parallel.h"
#include "io/image_shard.h"
#include "kernels/kernels.h"
#include "media/picture.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace nonna;

namespace
{

struct Time {
    double wall = 0, processor = 0;    // seconds; of all threads together
};

Time time_of(const std::function<void()>& work)
{
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t used = std::clock();
    work();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
            double(std::clock() - used) / CLOCKS_PER_SEC};
}

// FLOP a second of processor time, all threads at work.
double peak_of(Pool& pool)
{
    std::vector<double> done(std::size_t(pool.threads()));
    const Time time = time_of([&] {
        pool.for_each(done.size(), [&](std::size_t i, int) { done[i] = run_fma(kernels<float>().name, 5e10); });
    });
    double flop = 0;
    for (const double d : done)
        flop += d;
    return flop / time.processor;
}

void report(const char* what, double flop, Time time, double peak, int threads)
{
    std::printf("%s\n    %.1f s wall, %.1f s processor; %.1f GFLOP/s a core, %.0f %% of the peak; bound %.1f s wall\n",
                what, time.wall, time.processor, flop / time.processor / 1e9, 100 * flop / time.processor / peak,
                flop / peak / threads);
    std::fflush(stdout);
}

}    // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: bench_baseline TRAIN.tar [JOBS]\n");
        return 2;
    }
    Pool pool{argc > 2 ? std::atoi(argv[2]) : 2};
    const ImageShardSet set({argv[1]});
    const auto read = [&](std::size_t i) -> CropSource::Pixels {
        Picture p = decode_picture(set.picture(i), argv[1]);
        return {p.width, p.height, std::move(p.rgb)};
    };
    const double peak = peak_of(pool);
    std::printf("%d threads, %s: peak %.1f GFLOP/s a core\n", pool.threads(), kernels<float>().name, peak / 1e9);

    constexpr std::size_t images = 2468, filters = 100000;
    const RandomCrops crops({argv[1], set.count(), read}, 48, 1), tests({argv[1], set.count(), read}, 48, 2);
    const double linear_flop = 2.0 * images * filters * double(crops.size());
    {
        std::vector<std::uint8_t> pixels(images * crops.size());
        pool.for_each(images, [&](std::size_t i, int) {
            tests.read(i, std::span(pixels).subspan(i * crops.size(), crops.size()));
        });
        const Time drawing = time_of([&] {
            pool.for_each(10000, [&](std::size_t i, int) {
                std::vector<std::uint8_t> crop(crops.size());
                crops.read(i, crop);
            });
        });
        std::printf("drawing 100,000 crops: %.1f s processor\n", drawing.processor * 10);
        const Time time = time_of([&] {
            LinearOptions options;
            options.batch_bytes = std::size_t{1} << 30;    // all images at once: each crop is drawn once
            const ResponseSource source = linear_responses({pixels, images}, crops, options, "bench", pool);
            const std::size_t layer = 0;
            source.stream(std::span(&layer, 1), [](std::size_t, std::size_t, std::size_t, std::span<const float>) {});
        });
        report("linear: 100,000 filters x 2,468 images of 48x48x3", linear_flop, time, peak, pool.threads());
    }

    constexpr std::size_t patches = 150000;
    const RandomCrops cut({argv[1], set.count(), read}, 40, 3);
    KMeansFit fit;
    fit.kmeans.centroids = 30000;
    Preprocessing whitening;
    {
        constexpr std::size_t n = 2000;
        std::vector<std::uint8_t> pixels(n * cut.size());
        pool.for_each(n,
                      [&](std::size_t i, int) { cut.read(i, std::span(pixels).subspan(i * cut.size(), cut.size())); });
        Architecture input;
        input.name = "bench";
        input.side = 40;
        whitening = fit_preprocessing(input, pixels, {}, pool);
    }
    const VectorSource vectors{argv[1], patches, cut.size(), [&](std::size_t i, std::span<float> x) {
                                   std::vector<std::uint8_t> rgb(cut.size());
                                   cut.read(i, rgb);
                                   whitening.apply(rgb, x);
                               }};
    KMeans kmeans(vectors, fit.kmeans, pool);
    std::printf("kmeans: 30,000 patches as first centroids: %.1f s processor\n",
                time_of([&] { kmeans.start(); }).processor);
    const double kmeans_flop = 2.0 * double(fit.kmeans.batch) * 30000 * double(cut.size());
    for (int i = 0; i < 2; ++i) {
        KMeansStep step;
        const Time time = time_of([&] { step = kmeans.iterate(); });
        report("kmeans: an iteration, 30,000 centroids, 10,000 of 40x40x3", kmeans_flop, time, peak, pool.threads());
        std::printf("    mean squared distance %.1f, %zu empty\n", step.distance, step.empty);
    }
}
