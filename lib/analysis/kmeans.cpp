#include "analysis/kmeans.h"

#include "analysis/products.h"
#include "base/available_memory.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace nonna
{

namespace
{

// Fixed, as the last bits of a product may depend on its shape.
constexpr std::size_t tile_vectors = 512, tile_centroids = 2048;
constexpr double empty_below = 0.05, alone_below = 1.5;

}    // namespace

struct KMeans::State {
    VectorSource source;
    KMeansOptions options;
    Pool& pool;
    Centroids centroids;
    std::size_t batch;
    std::vector<std::size_t> order;    // of the pass `pass`
    std::int64_t pass = -1;
    bool holds_all = false;
    std::vector<float> x;    // (vector of the batch, length)
    std::vector<std::uint32_t> nearest;
    std::vector<float> distances;

    std::size_t member(std::uint64_t position);
    void read(std::span<const std::size_t> which, std::span<float> into);
    void sampled(std::span<const std::size_t> which);
    void spread_out(std::vector<std::size_t> candidates, Random& random);
    bool move();
    std::size_t fill_empty();
};

void check_centroids(const std::string& name, std::size_t vectors, std::int64_t centroids)
{
    if (centroids < 1 || std::uint64_t(centroids) > vectors / 5)
        throw Error(name, std::to_string(centroids) + " centroids are more than a fifth of its " +
                              std::to_string(vectors) + " pictures: at most " + std::to_string(vectors / 5));
}

KMeans::KMeans(VectorSource source, const KMeansOptions& options, Pool& pool)
    : state_(new State{std::move(source), options, pool, {}, 0, {}, -1, false, {}, {}, {}})
{
    State& s = *state_;
    const std::size_t count = s.source.count, k = std::size_t(options.centroids);
    check_centroids(s.source.name, count, options.centroids);
    s.batch = std::min(std::size_t(options.batch), count);
    const std::size_t vectors = options.start == KMeansStart::sampled ? s.batch : std::max(s.batch, 5 * k);
    require_memory(s.source.name, (k + vectors) * s.source.length * sizeof(float),
                   std::to_string(k) + " centroids and " + std::to_string(vectors) + " pictures");
}

KMeans::~KMeans() = default;

const Centroids& KMeans::centroids() const { return state_->centroids; }

Centroids KMeans::take() { return std::move(state_->centroids); }

// The vector at a position of the endless sequence of passes.
std::size_t KMeans::State::member(std::uint64_t position)
{
    const auto wanted = std::int64_t(position / source.count);
    if (wanted != pass) {
        order.resize(source.count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        if (batch < source.count) {
            Random random(options.seed, Purpose::kmeans_batch, std::uint64_t(wanted));
            shuffle(order, random);
        }
        pass = wanted;
    }
    return order[position % source.count];
}

void KMeans::State::read(std::span<const std::size_t> which, std::span<float> into)
{
    pool.for_each(which.size(), [&](std::size_t i, int) {
        throw_if_interrupted();
        source.read(which[i], into.subspan(i * source.length, source.length));
    });
}

void KMeans::State::sampled(std::span<const std::size_t> which) { read(which, centroids.values); }

// k-means++. `candidates` are read once and held, and so is each one's squared distance to the nearest centroid: it can
// only shrink, so that a new centroid costs one product with every candidate, not one for each centroid before it.
void KMeans::State::spread_out(std::vector<std::size_t> candidates, Random& random)
{
    const std::size_t n = candidates.size(), length = source.length;
    std::vector<float> all(n * length);
    read(candidates, all);
    const std::vector<float> squares = squared_norms(all, length);
    std::vector<double> least(n, std::numeric_limits<double>::infinity());    // squared distance to the chosen ones
    std::vector<float> products(n);
    Progress progress("k-means++", centroids.count, "centroids");
    std::size_t chosen = random.below(n);
    for (std::size_t k = 0;; ++k) {
        throw_if_interrupted();
        std::copy_n(all.begin() + std::ptrdiff_t(chosen * length), length,
                    centroids.values.begin() + std::ptrdiff_t(k * length));
        progress.advance();
        if (k + 1 == centroids.count)
            return;
        const std::size_t tiles = (n + tile_vectors - 1) / tile_vectors;
        pool.for_each(tiles, [&](std::size_t t, int) {
            const std::size_t first = t * tile_vectors, m = std::min(tile_vectors, n - first);
            dot_products(all.data() + first * length, m, all.data() + chosen * length, 1, length,
                         products.data() + first, 1);
            for (std::size_t i = first; i < first + m; ++i)
                least[i] = std::min(least[i], std::max(0.0, double(squares[i]) + squares[chosen] - 2.0 * products[i]));
        });
        least[chosen] = 0;
        double left = random.uniform() * std::accumulate(least.begin(), least.end(), 0.0);
        if (!(left > 0)) {    // no vector differs from those chosen
            chosen = random.below(n);
            continue;
        }
        // The candidate at which the running sum passes the draw; of rounding's leftovers the last that has any share.
        std::size_t next = 0;
        for (std::size_t i = 0; i < n && left >= 0; ++i)
            if (least[i] > 0) {
                left -= least[i];
                next = i;
            }
        chosen = next;
    }
}

void KMeans::start()
{
    State& s = *state_;
    const auto k = std::size_t(s.options.centroids);
    s.centroids = {k, s.source.length, std::vector<float>(k * s.source.length), std::vector<double>(k, 1.0), 0};
    std::vector<std::size_t> all(s.source.count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    Random random(s.options.seed, Purpose::kmeans_start, 0);
    shuffle(all, random);
    all.resize(s.options.start == KMeansStart::sampled ? k : 5 * k);
    if (s.options.start == KMeansStart::sampled)
        s.sampled(all);
    else
        s.spread_out(std::move(all), random);
}

void KMeans::resume(Centroids centroids)
{
    const auto k = std::size_t(state_->options.centroids);
    if (centroids.count != k || centroids.length != state_->source.length ||
        centroids.values.size() != k * centroids.length || centroids.weights.size() != k)
        throw std::logic_error("k-means: these are other centroids");
    state_->centroids = std::move(centroids);
}

// Every centroid to the mean of what it remembers and what it was given.
bool KMeans::State::move()
{
    const std::size_t length = source.length, k = centroids.count;
    std::vector<std::size_t> begin(k + 1), given(batch);
    for (const std::uint32_t c : nearest)
        ++begin[c + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::size_t> at(begin.begin(), begin.end() - 1);
    for (std::size_t i = 0; i < batch; ++i)
        given[at[nearest[i]]++] = i;
    const double fade = 1 - double(batch) / double(source.count);
    std::vector<std::vector<double>> sums(std::size_t(pool.threads()), std::vector<double>(length));
    std::vector<std::uint8_t> moved(k);
    pool.for_each(k, [&](std::size_t c, int thread) {
        const double kept = fade * centroids.weights[c];
        const std::size_t members = begin[c + 1] - begin[c];
        centroids.weights[c] = kept + double(members);
        if (members == 0)
            return;
        float* const centroid = centroids.values.data() + c * length;
        std::vector<double>& sum = sums[std::size_t(thread)];
        for (std::size_t j = 0; j < length; ++j)
            sum[j] = kept * centroid[j];
        for (std::size_t m = begin[c]; m < begin[c + 1]; ++m) {
            const float* const vector = x.data() + given[m] * length;
            for (std::size_t j = 0; j < length; ++j)
                sum[j] += vector[j];
        }
        for (std::size_t j = 0; j < length; ++j) {
            const auto mean = float(sum[j] / centroids.weights[c]);
            moved[c] |= mean != centroid[j];
            centroid[j] = mean;
        }
    });
    return std::find(moved.begin(), moved.end(), 1) != moved.end();
}

std::size_t KMeans::State::fill_empty()
{
    std::vector<std::size_t> empty, far;
    for (std::size_t c = 0; c < centroids.count; ++c)
        if (centroids.weights[c] < empty_below)
            empty.push_back(c);
    if (empty.empty())
        return 0;
    for (std::size_t i = 0; i < batch; ++i)
        if (distances[i] > 0 && centroids.weights[nearest[i]] >= alone_below)
            far.push_back(i);
    const std::size_t n = std::min(empty.size(), far.size());
    std::partial_sort(far.begin(), far.begin() + std::ptrdiff_t(n), far.end(), [&](std::size_t a, std::size_t b) {
        return distances[a] != distances[b] ? distances[a] > distances[b] : a < b;
    });
    for (std::size_t e = 0; e < n; ++e) {
        std::copy_n(x.begin() + std::ptrdiff_t(far[e] * source.length), source.length,
                    centroids.values.begin() + std::ptrdiff_t(empty[e] * source.length));
        centroids.weights[empty[e]] = 1;
    }
    return n;
}

KMeansStep KMeans::iterate()
{
    State& s = *state_;
    const std::size_t length = s.source.length;
    s.nearest.resize(s.batch);
    s.distances.resize(s.batch);
    if (s.batch < s.source.count || !s.holds_all) {    // the whole set is read once
        std::vector<std::size_t> which(s.batch);
        for (std::size_t i = 0; i < s.batch; ++i)
            which[i] = s.member(std::uint64_t(s.centroids.iterations) * s.batch + i);
        s.x.resize(s.batch * length);
        s.read(which, s.x);
        s.holds_all = s.batch == s.source.count;
    }
    const std::vector<float> squares = squared_norms(s.centroids.values, length);
    s.pool.for_each((s.batch + tile_vectors - 1) / tile_vectors, [&](std::size_t t, int) {
        throw_if_interrupted();
        const std::size_t first = t * tile_vectors, n = std::min(tile_vectors, s.batch - first);
        nearest_centroids(std::span(s.x).subspan(first * length, n * length), n, s.centroids, squares,
                          std::span(s.nearest).subspan(first, n), std::span(s.distances).subspan(first, n));
    });
    KMeansStep step;
    step.distance = std::accumulate(s.distances.begin(), s.distances.end(), 0.0) / double(s.batch);
    step.moved = s.move();
    step.empty = s.fill_empty();
    step.moved |= step.empty > 0;
    if (step.moved || s.batch < s.source.count)
        ++s.centroids.iterations;
    return step;
}

std::vector<float> squared_norms(std::span<const float> x, std::size_t length)
{
    std::vector<float> squares(x.size() / length);
    for (std::size_t k = 0; k < squares.size(); ++k) {
        double sum = 0;
        for (const float v : x.subspan(k * length, length))
            sum += double(v) * v;
        squares[k] = float(sum);
    }
    return squares;
}

void nearest_centroids(std::span<const float> x, std::size_t n, const Centroids& centroids,
                       std::span<const float> squares, std::span<std::uint32_t> nearest, std::span<float> distances)
{
    const std::size_t length = centroids.length;
    std::vector<float> products(n * std::min(tile_centroids, centroids.count));
    std::fill(distances.begin(), distances.end(), std::numeric_limits<float>::infinity());
    for (std::size_t first = 0; first < centroids.count; first += tile_centroids) {
        const std::size_t count = std::min(tile_centroids, centroids.count - first);
        dot_products(x.data(), n, centroids.values.data() + first * length, count, length, products.data(), count);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = 0; k < count; ++k)
                if (const float d = squares[first + k] - 2 * products[i * count + k]; d < distances[i]) {
                    distances[i] = d;
                    nearest[i] = std::uint32_t(first + k);
                }
    }
    const std::vector<float> own = squared_norms(x, length);
    for (std::size_t i = 0; i < n; ++i)
        distances[i] = std::max(0.0f, own[i] + distances[i]);
}

void triangle_activations(std::span<const float> x, std::size_t n, const Centroids& centroids,
                          std::span<const float> squares, std::span<float> activations)
{
    const std::size_t k = centroids.count;
    dot_products(x.data(), n, centroids.values.data(), k, centroids.length, activations.data(), k);
    const std::vector<float> own = squared_norms(x, centroids.length);
    for (std::size_t i = 0; i < n; ++i) {
        float* const z = activations.data() + i * k;
        double sum = 0;
        for (std::size_t c = 0; c < k; ++c) {
            z[c] = std::sqrt(std::max(0.0f, own[i] + squares[c] - 2 * z[c]));
            sum += z[c];
        }
        const auto mean = float(sum / double(k));
        for (std::size_t c = 0; c < k; ++c)
            z[c] = std::max(0.0f, mean - z[c]);
    }
}

}    // namespace nonna
