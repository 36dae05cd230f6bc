// One pool of threads for everything: `Pool::for_each` hands out indices dynamically, `in_order` maps a sequence on
// several threads and delivers the results in the sequence's order. Nobody spins: idle threads sleep.
//
// Results must not depend on the number of threads: a task writes only what belongs to its index.
// An exception thrown by a task stops the handing out and is rethrown by the call: the one of the lowest index that
// throws, for any number of threads, because indices are handed out in order and what was handed out is run.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace nonna
{

class Pool
{
  public:
    explicit Pool(int threads);    // total, the caller's included; 0: all of the process's processors
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    int threads() const;

    // task(index, thread) for every index in [0, n); returns when all are done. thread in [0, threads()), 0 is the
    // caller's. Two threads may call it: the second waits. A task must not call it (std::logic_error: our own bug).
    void for_each(std::size_t n, const std::function<void(std::size_t index, int thread)>& task);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Pipeline: `produce` is called on the calling thread until it returns false and fills a job (a fresh Job{} each
// time); `work` runs on `threads` threads (1: on the caller's own; 0: one for each processor); `consume` gets the
// results on the calling thread in the order of production. At most 4 * threads jobs are under way (steady memory).
// An exception is rethrown as a loop over the jobs would: after the results before it were consumed.
template <class Job, class Result>
void in_order(int threads, const std::function<bool(Job&)>& produce,
              const std::function<Result(Job&, int thread)>& work, const std::function<void(Result&)>& consume);

int processors();    // those this process may run on

// The typed face of in_order: jobs and results live in a ring of slots, the scheduling (parallel.cpp) sees numbers.
namespace pipeline
{

int in_order_slots(int threads);
void run_in_order(int threads, const std::function<bool(std::size_t slot)>& produce,
                  const std::function<void(std::size_t slot, int thread)>& work,
                  const std::function<void(std::size_t slot)>& consume);

}    // namespace pipeline

template <class Job, class Result>
void in_order(int threads, const std::function<bool(Job&)>& produce,
              const std::function<Result(Job&, int thread)>& work, const std::function<void(Result&)>& consume)
{
    struct Slot {
        Job job{};
        std::optional<Result> result;
    };
    std::vector<Slot> slots(static_cast<std::size_t>(pipeline::in_order_slots(threads)));
    pipeline::run_in_order(
        threads,
        [&](std::size_t i) {
            slots[i].job = Job{};
            return produce(slots[i].job);
        },
        [&](std::size_t i, int thread) { slots[i].result.emplace(work(slots[i].job, thread)); },
        [&](std::size_t i) {
            consume(*slots[i].result);
            slots[i].result.reset();
            slots[i].job = Job{};
        });
}

}    // namespace nonna
