// K-means over whole pictures: mini-batch Lloyd, resumable after any iteration.
//
// Model to hold in mind: N vectors x_i of one length, K centroids c_k, each with a weight w_k, the number of vectors it
// is the mean of. An iteration takes a batch of B vectors, gives each to the centroid nearest to it (the lowest number
// of equally near ones) and moves every centroid to a weighted mean,
//     c_k <- (f w_k c_k + sum of the x given to k) / (f w_k + m_k),   w_k <- f w_k + m_k,   f = 1 - B / N:
// what a centroid remembers fades over one pass over the set. With B = N, f is 0 and this is Lloyd's own step. A batch
// is the next B of a seeded order, another one for every pass.
// A centroid whose weight falls below 0.05 has lost its vectors and is *empty*: it starts again, with weight 1, at the
// batch's vector that is farthest from its centroid and does not stand alone there.
//
// Start: `sampled`, K different vectors, or `k-means++`, over 5 K vectors drawn first (each next centroid one of them,
// by chance in proportion to the squared distance from those chosen), which are held in memory.
//
// Distances come from products, |x - c|^2 = |x|^2 + |c|^2 - 2 <x, c>, in single precision. Memory: the centroids and
// one batch. State after an iteration depends on the vectors, the options and the number of iterations alone, so that a
// run cut off and gone on with ends in the same bits, for any number of threads.
#pragma once

#include "base/names.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

enum class KMeansStart { sampled, spread_out };

template <>
inline constexpr auto names_of<KMeansStart> = names<KMeansStart>({
    {KMeansStart::sampled, "sampled"},
    {KMeansStart::spread_out, "k-means++"},
});

struct KMeansOptions {
    std::int64_t centroids = 0;
    std::int64_t iterations = 50;
    std::int64_t batch = 10000;    // at most all vectors
    KMeansStart start = KMeansStart::sampled;
    std::uint64_t seed = 0;
};

// Vectors by number; any number of threads may read at once.
struct VectorSource {
    std::string name;    // in messages
    std::size_t count = 0, length = 0;
    std::function<void(std::size_t i, std::span<float> x)> read;
};

struct Centroids {
    std::size_t count = 0, length = 0;
    std::vector<float> values;      // (centroid, length)
    std::vector<double> weights;    // one a centroid
    std::int64_t iterations = 0;    // done
};

struct KMeansStep {
    double distance = 0;      // mean squared distance of the batch's vectors to their centroids, before they move
    std::size_t empty = 0;    // centroids started again
    bool moved = false;       // some centroid did
};

// Error where there are more than a fifth as many centroids as vectors: many of them would be pictures, not means.
void check_centroids(const std::string& name, std::size_t vectors, std::int64_t centroids);

class KMeans
{
  public:
    // Error where check_centroids says so, or the memory is not there.
    KMeans(VectorSource source, const KMeansOptions& options, Pool& pool);
    ~KMeans();

    void start();                        // the first centroids
    void resume(Centroids centroids);    // of an earlier run; std::logic_error when they have another shape
    // An iteration over the whole set that moves nothing is not counted: the state stays what it is.
    KMeansStep iterate();
    const Centroids& centroids() const;
    Centroids take();    // the same, for good

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The nearest centroid of each of `n` vectors and the squared distance to it, by products of tiles: on the caller's
// thread. `squares`: |c_k|^2.
void nearest_centroids(std::span<const float> x, std::size_t n, const Centroids& centroids,
                       std::span<const float> squares, std::span<std::uint32_t> nearest, std::span<float> distances);

std::vector<float> squared_norms(std::span<const float> x, std::size_t length);

// f_k = max(0, mean of z - z_k), z_k the distance of x to centroid k: 0 for centroids farther away than most (Coates,
// Lee, Ng 2011). `n` vectors; activations: (n, K).
void triangle_activations(std::span<const float> x, std::size_t n, const Centroids& centroids,
                          std::span<const float> squares, std::span<float> activations);

}    // namespace nonna
