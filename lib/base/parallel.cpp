#include "base/parallel.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <utility>

namespace nonna
{

namespace
{

thread_local const void* running_in = nullptr;    // the pool whose task this thread runs

int resolve_threads(int threads) { return threads > 0 ? threads : processors(); }

}    // namespace

int processors()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    const unsigned n = std::thread::hardware_concurrency();    // more than 1024 processors
    return n ? static_cast<int>(n) : 1;
}

// A call publishes itself under `mutex`; workers that wake while it is open join it (`active`), take indices from
// `next` and leave. The caller works too, then closes the call and waits for those who joined: a worker that wakes too
// late is not waited for.
struct Pool::State {
    int threads = 1;
    std::mutex call_mutex;    // one for_each at a time

    std::mutex mutex;
    std::condition_variable wake, finished;
    bool stop = false;
    std::uint64_t generation = 0;
    const std::function<void(std::size_t, int)>* task = nullptr;    // null: no call is open
    std::size_t n = 0, failed_index = 0;
    int active = 0;
    std::exception_ptr failure;

    std::atomic<std::size_t> next{0};
    std::atomic<bool> failing{false};

    std::vector<std::jthread> workers;    // last: joined before the rest goes

    void take_indices(const std::function<void(std::size_t, int)>& run, std::size_t count, int thread)
    {
        running_in = this;
        while (!failing.load(std::memory_order_relaxed)) {
            const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
            if (i >= count)
                break;
            try {
                run(i, thread);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure || i < failed_index) {
                    failure = std::current_exception();
                    failed_index = i;
                }
                failing = true;
            }
        }
        running_in = nullptr;
    }

    void work(int thread)
    {
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait(lock, [&] { return stop || (task && generation != seen); });
            if (stop)
                return;
            seen = generation;
            const auto& run = *task;
            const std::size_t count = n;
            ++active;
            lock.unlock();
            take_indices(run, count, thread);
            lock.lock();
            if (--active == 0)
                finished.notify_one();
        }
    }
};

Pool::Pool(int threads) : state_(std::make_unique<State>())
{
    state_->threads = resolve_threads(threads);
    for (int i = 1; i < state_->threads; ++i)
        state_->workers.emplace_back([state = state_.get(), i] { state->work(i); });
}

Pool::~Pool()
{
    {
        const std::lock_guard lock(state_->mutex);
        state_->stop = true;
    }
    state_->wake.notify_all();
}

int Pool::threads() const { return state_->threads; }

void Pool::for_each(std::size_t n, const std::function<void(std::size_t index, int thread)>& task)
{
    State& s = *state_;
    if (running_in == &s)
        throw std::logic_error("Pool::for_each called by a task of the same pool");
    if (n == 0)
        return;
    const void* outer = running_in;    // a task of another pool may call this one
    const std::lock_guard one_call(s.call_mutex);
    {
        const std::lock_guard lock(s.mutex);
        s.task = &task;
        s.n = n;
        ++s.generation;
        s.failure = nullptr;
        s.failing = false;
        s.next = 0;
    }
    if (n - 1 >= s.workers.size())
        s.wake.notify_all();
    else
        for (std::size_t i = 0; i < n - 1; ++i)
            s.wake.notify_one();
    s.take_indices(task, n, 0);
    running_in = outer;
    std::exception_ptr failure;
    {
        std::unique_lock lock(s.mutex);
        s.task = nullptr;
        s.finished.wait(lock, [&] { return s.active == 0; });
        failure = std::exchange(s.failure, nullptr);
    }
    if (failure)
        std::rethrow_exception(failure);
}

namespace pipeline
{

int in_order_slots(int threads) { return 4 * resolve_threads(threads); }

void run_in_order(int threads, const std::function<bool(std::size_t slot)>& produce,
                  const std::function<void(std::size_t slot, int thread)>& work,
                  const std::function<void(std::size_t slot)>& consume)
{
    const int count = resolve_threads(threads);
    if (count == 1) {
        while (produce(0)) {
            work(0, 0);
            consume(0);
        }
        return;
    }

    // Jobs are numbered; job j sits in slot j % slots. consumed <= taken <= produced <= consumed + slots.
    const auto slots = static_cast<std::size_t>(in_order_slots(threads));
    std::mutex mutex;
    std::condition_variable wake, finished;
    std::size_t produced = 0, taken = 0, consumed = 0;
    bool stop = false;
    std::vector<char> done(slots, 0);
    std::vector<std::exception_ptr> failures(slots);

    std::vector<std::jthread> workers;
    struct Stop {
        std::mutex& mutex;
        bool& stop;
        std::condition_variable& wake;
        ~Stop()
        {
            {
                const std::lock_guard lock(mutex);
                stop = true;
            }
            wake.notify_all();
        }
    } stop_at_end{mutex, stop, wake};    // destroyed before `workers`, which join

    for (int thread = 0; thread < count; ++thread)
        workers.emplace_back([&, thread] {
            std::unique_lock lock(mutex);
            for (;;) {
                wake.wait(lock, [&] { return stop || taken < produced; });
                if (stop)
                    return;
                const std::size_t slot = taken++ % slots;
                lock.unlock();
                std::exception_ptr failure;
                try {
                    work(slot, thread);
                } catch (...) {
                    failure = std::current_exception();
                }
                lock.lock();
                if (failure)
                    stop = true;    // jobs before this one were taken before it and still finish
                failures[slot] = failure;
                done[slot] = 1;
                finished.notify_one();
            }
        });

    bool ended = false;
    std::exception_ptr produce_failure;
    std::unique_lock lock(mutex);
    for (;;) {
        const std::size_t head = consumed % slots;
        if (consumed < produced && done[head]) {
            done[head] = 0;
            if (failures[head])
                std::rethrow_exception(failures[head]);
            lock.unlock();
            consume(head);
            lock.lock();
            ++consumed;
        } else if (!ended && !stop && produced - consumed < slots) {
            const std::size_t slot = produced % slots;
            lock.unlock();
            bool more = false;
            try {
                more = produce(slot);
            } catch (...) {
                produce_failure = std::current_exception();
            }
            lock.lock();
            if (more) {
                ++produced;
                wake.notify_one();
            } else {
                ended = true;
            }
        } else if (consumed < produced) {
            finished.wait(lock, [&] { return done[head] != 0; });
        } else {
            break;
        }
    }
    lock.unlock();
    if (produce_failure)
        std::rethrow_exception(produce_failure);
}

}    // namespace pipeline

}    // namespace nonna
