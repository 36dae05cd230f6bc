// Random numbers from a counter, never from a shared state: Philox4x32-10 (Random123) keyed by (seed, purpose, index).
//
// Two streams with different keys are independent, and a stream's numbers depend on its key alone. So the draw for
// image 7 of step 12 is the same for any thread count and after any resume.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nonna
{

// What a stream is for. Values are part of the results: never renumber, only append.
enum class Purpose : std::uint32_t {
    weights = 1,    // index: stage * 2^40 + filter number
    whitening_patches = 3,
    batch_order = 4,    // index: epoch
    source_mix = 5,     // index: step
    frame_pick = 6,     // index: first 8 bytes of the content's sha256
    test_set = 7,
    stimulus_start = 8,    // index: neuron * 2^20 + start
    patches = 9,
    held_out = 10,         // index: the class (0 or 1)
    scale_noise = 11,      // index: picture
    audit_patches = 12,    // index: patch
    jitter = 13,           // index: first 8 bytes of the sha256 of the picture's key
    split = 14,
    wire_rounding = 15,    // index: replica * 2^32 + chunk; the seed is the push's
    bootstrap = 20,        // index: resample * parts + part
    linear_crops = 17,     // index: crop
    kmeans_start = 18,     // index: 0 start, 1 the pictures the whitening is fitted on
    kmeans_batch = 19,     // index: pass over the training set
    mixture = 22,          // index: the set
    match_order = 30,      // index: part
    match_squares = 31,    // index: first 8 bytes of the sha256 of the picture's key
    scramble = 32,         // likewise
    background = 33,       // likewise
    stimulus_shifts = 34,
    drawn_neurons = 40,
    sheet_sample = 41,
    norm_sample = 42,
    class_halves = 50,
    head_order = 51,        // index: epoch
    head_held_out = 52,     // index: the class
    head_negatives = 53,    // index: epoch * 2^32 + picture
    tests = 1000,
};

class Random
{
  public:
    Random(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0);

    std::uint32_t bits();
    double uniform();                        // [0, 1), 53 bits
    std::uint64_t below(std::uint64_t n);    // [0, n), exactly uniform (rejection); n > 0
    double normal();                         // mean 0, deviation 1 (Box-Muller)

  private:
    std::array<std::uint32_t, 4> block_{};
    std::uint64_t seed_, index_, counter_ = 0;
    std::uint32_t purpose_;
    int used_ = 4;
    double spare_ = 0;
    bool has_spare_ = false;
};

// n of the numbers below `count`, each as likely, ascending; all where there are not more.
std::vector<std::size_t> drawn(std::size_t count, std::size_t n, Random random);

// A seeded permutation of 0 .. n-1 is needed by several rooms: Fisher-Yates over any random-access range.
template <class Range> void shuffle(Range& range, Random& random)
{
    for (std::uint64_t i = range.size(); i > 1; --i) {
        const std::uint64_t j = random.below(i);
        using std::swap;
        swap(range[i - 1], range[j]);
    }
}

}    // namespace nonna
