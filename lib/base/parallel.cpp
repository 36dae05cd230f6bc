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

namespace
{

using Produce = std::function<bool(std::size_t slot)>;
using Work = std::function<void(std::size_t slot, int thread)>;
using Consume = std::function<void(std::size_t slot)>;

// Jobs on their way from the caller's thread through the workers and back to it.
//
// Jobs are numbered as they are produced; job j sits in slot j % slots, and
//     consumed <= taken <= produced <= consumed + slots.
// Workers take jobs in that order and finish them in any; the caller consumes from the front only, so the order comes
// back by itself. One mutex guards the numbers; nobody holds it while a job is produced, worked at or consumed. A slot
// belongs to the caller up to `produced`, then to the worker that takes it, and once it is `done` to the caller again.
class Jobs
{
  public:
    explicit Jobs(std::size_t slots) : slots_(slots), done_(slots, 0), failures_(slots) {}
    ~Jobs()
    {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        wake_.notify_all();
    }

    void start(int threads, const Work& work)
    {
        for (int thread = 0; thread < threads; ++thread)
            workers_.emplace_back([this, &work, thread] { work_on(work, thread); });
    }

    // The caller's side: what is finished at the front goes first, then the slots are filled, and only then is there
    // something to wait for. That keeps the workers busy and the results flowing with no thread of their own for
    // either.
    void drive(const Produce& produce, const Consume& consume)
    {
        bool ended = false;
        std::exception_ptr produce_failure;
        std::unique_lock lock(mutex_);
        for (;;) {
            const std::size_t head = consumed_ % slots_;
            if (consumed_ < produced_ && done_[head]) {
                done_[head] = 0;
                if (failures_[head])
                    std::rethrow_exception(failures_[head]);
                lock.unlock();
                consume(head);
                lock.lock();
                ++consumed_;
            } else if (!ended && !stop_ && produced_ - consumed_ < slots_) {
                const std::size_t slot = produced_ % slots_;
                lock.unlock();
                bool more = false;
                try {
                    more = produce(slot);
                } catch (...) {    // kept: the results before it are still to be consumed
                    produce_failure = std::current_exception();
                }
                lock.lock();
                if (more) {
                    ++produced_;
                    wake_.notify_one();
                } else {
                    ended = true;
                }
            } else if (consumed_ < produced_) {
                finished_.wait(lock, [&] { return done_[head] != 0; });
            } else {
                break;
            }
        }
        if (produce_failure)
            std::rethrow_exception(produce_failure);
    }

  private:
    const std::size_t slots_;
    std::mutex mutex_;
    std::condition_variable wake_, finished_;
    std::size_t produced_ = 0, taken_ = 0, consumed_ = 0;
    bool stop_ = false;
    std::vector<char> done_;
    std::vector<std::exception_ptr> failures_;
    std::vector<std::jthread> workers_;    // last: joined, once they were told to stop, before the rest goes

    void work_on(const Work& work, int thread)
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [&] { return stop_ || taken_ < produced_; });
            if (stop_)
                return;
            const std::size_t slot = taken_++ % slots_;
            lock.unlock();
            std::exception_ptr failure;
            try {
                work(slot, thread);
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            if (failure)
                stop_ = true;    // jobs before this one were taken before it and still finish
            failures_[slot] = failure;
            done_[slot] = 1;
            finished_.notify_one();
        }
    }
};

}    // namespace

int in_order_slots(int threads) { return 4 * resolve_threads(threads); }

void run_in_order(int threads, const Produce& produce, const Work& work, const Consume& consume)
{
    const int count = resolve_threads(threads);
    if (count == 1) {
        while (produce(0)) {
            work(0, 0);
            consume(0);
        }
        return;
    }
    Jobs jobs(static_cast<std::size_t>(in_order_slots(threads)));
    jobs.start(count, work);
    jobs.drive(produce, consume);
}

}    // namespace pipeline

}    // namespace nonna
