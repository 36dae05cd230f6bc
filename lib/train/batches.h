// The order in which a training run sees its pictures, and the preprocessed batches themselves.
//
// Every source is gone through in seeded permutations, one an epoch; with several sources each place of a batch is
// drawn by weight. All draws are keyed by (seed, step) or (seed, epoch), so that a run's batches do not depend on
// threads, and go on after a resume from `positions` alone.
#pragma once

#include "model/preprocess.h"
#include "train/picture_set.h"

#include <cstdint>
#include <span>
#include <vector>

namespace nonna
{

class Pool;

struct Source {
    PictureSet pictures;
    double weight = 1;
};

class Batches
{
  public:
    Batches(const std::vector<Source>& sources, const Preprocessing& preprocessing, int batch, std::uint64_t seed,
            Pool& pool);

    // The batch of `step`, (image, row, column, channel). Steps must be asked for in order from the start or from where
    // `positions` was restored.
    std::span<const float> next(std::int64_t step);

    std::span<std::uint64_t> positions() { return positions_; }    // pictures drawn from each source so far

  private:
    const std::vector<Source>& sources_;
    const Preprocessing& preprocessing_;
    int batch_;
    std::uint64_t seed_;
    Pool& pool_;
    std::vector<std::uint64_t> positions_;
    struct Order {
        std::uint64_t epoch = ~0ull;
        std::vector<std::uint32_t> order;
    };
    std::vector<Order> orders_;
    std::vector<float> images_;

    std::size_t draw(std::size_t source);
};

// Preprocesses pictures [first, first + count) of a set into `into`, (image, row, column, channel).
void preprocess_pictures(const PictureSet& pictures, const Preprocessing& preprocessing, std::size_t first,
                         std::size_t count, std::span<float> into, Pool& pool);

}    // namespace nonna
