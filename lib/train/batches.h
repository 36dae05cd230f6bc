// The order in which a training run sees its pictures, and the preprocessed batches themselves, made ahead.
//
// Every source is gone through in seeded permutations, one an epoch; with several sources each place of a batch is
// drawn by weight. All draws are keyed by (seed, step) or (seed, epoch), so that a run's batches do not depend on
// threads, and go on after a resume from `positions` alone.
//
// Threads of its own read, decode and preprocess the pictures of the next batches while the arithmetic works on this
// one: a ring of `ahead` batches, filled in order, several threads on one batch. They sleep when the ring is full.
// `next` waits for its batch, and that is all the waiting there is: `waited` adds it up.
#pragma once

#include "images/pictures.h"
#include "model/preprocess.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace nonna
{

struct Source {
    std::shared_ptr<const Pictures> pictures;
    double weight = 1;
};

class Batches
{
  public:
    static constexpr int ahead = 3;
    // What the ring holds, for a plan of memory; `image`: numbers of one picture.
    static std::size_t bytes(int batch, std::size_t image);

    // Batches of steps below `steps`; `threads` of them make them. Of each picture the whole, or `area`.
    Batches(const std::vector<Source>& sources, const Preprocessing& preprocessing, int batch, std::int64_t steps,
            std::uint64_t seed, int threads);
    Batches(const std::vector<Source>& sources, const Preprocessing& preprocessing, const Area& area, int batch,
            std::int64_t steps, std::uint64_t seed, int threads);
    ~Batches();    // what is under way is dropped

    // The batch of `step`, (image, row, column, channel) of the area, until the next call. Steps must be asked for in
    // order from the start or from where `positions` was restored. A picture that failed is this step's Error, the
    // first of them.
    std::span<const float> next(std::int64_t step);

    // Pictures drawn from each source up to the batch that was handed out last. May be written before the first next.
    std::span<std::uint64_t> positions();
    double waited() const;    // seconds in next

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
