#include "train/batches.h"

#include "base/random.h"
#include "kernels/aligned.h"

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

namespace nonna
{

namespace
{

// The order of pictures alone: which source and which of its pictures each place of a batch gets. An epoch's
// permutation is made anew from the seed where it is needed, so that `positions` is all that a resumed run must know.
class Draws
{
  public:
    Draws(const std::vector<Source>& sources, int batch, std::uint64_t seed)
        : batch_(batch), seed_(seed), positions_(sources.size()), orders_(sources.size())
    {
        for (const Source& s : sources) {
            weights_.push_back(s.weight);
            counts_.push_back(s.pictures->count());
            total_ += s.weight;
        }
    }

    struct Place {
        std::size_t source, picture;
    };
    std::vector<Place> draw(std::int64_t step)
    {
        Random mix(seed_, Purpose::source_mix, std::uint64_t(step));
        std::vector<Place> places;
        for (int i = 0; i < batch_; ++i) {
            std::size_t source = 0;
            if (weights_.size() > 1) {
                double left = mix.uniform() * total_;
                while (source + 1 < weights_.size() && (left -= weights_[source]) >= 0)
                    ++source;
            }
            places.push_back({source, draw(source)});
        }
        return places;
    }
    std::vector<std::uint64_t>& positions() { return positions_; }

  private:
    int batch_;
    std::uint64_t seed_;
    std::vector<double> weights_;
    std::vector<std::uint64_t> counts_;
    double total_ = 0;
    std::vector<std::uint64_t> positions_;
    struct Order {
        std::uint64_t epoch = ~0ull;
        std::vector<std::uint32_t> order;
    };
    std::vector<Order> orders_;

    std::size_t draw(std::size_t source)
    {
        const std::uint64_t count = counts_[source], at = positions_[source]++;
        Order& order = orders_[source];
        if (order.epoch != at / count) {
            order.epoch = at / count;
            order.order.resize(count);
            std::iota(order.order.begin(), order.order.end(), 0u);
            Random random(seed_, Purpose::batch_order, (std::uint64_t(source) << 40) + order.epoch);
            shuffle(order.order, random);
        }
        return order.order[at % count];
    }
};

}    // namespace

// Steps are numbered; step s sits in slot s % ahead. handed <= drawn <= handed + ahead, where `handed` is the first
// step whose slot is in use: the one the arithmetic has, or waits for.
struct Batches::State {
    struct Slot {
        std::vector<Draws::Place> places;
        std::vector<std::uint64_t> positions;    // after it
        Aligned<float> images;
        std::size_t taken = 0, done = 0;
        std::size_t failed = 0;    // the first picture that did
        std::exception_ptr failure;
    };

    const std::vector<Source>& sources;
    const Preprocessing& preprocessing;
    const Area area;
    const std::size_t batch, image;    // image: numbers of one, of its area
    const std::int64_t steps;
    Draws draws;
    std::vector<std::uint64_t> positions;
    double waited = 0;

    std::mutex mutex;
    std::condition_variable wake, ready;
    bool started = false, stop = false;
    std::int64_t handed = 0, drawn = 0, filling = 0;    // filling: the first step with pictures that nobody took
    Slot slots[ahead];
    int threads;
    std::vector<std::jthread> workers;    // last: joined before the rest goes

    State(const std::vector<Source>& s, const Preprocessing& p, const Area& a, int b, std::int64_t n,
          std::uint64_t seed, int t)
        : sources(s), preprocessing(p), area(a), batch(std::size_t(b)),
          image(std::size_t(a.rows) * a.columns * p.channels), steps(n), draws(s, b, seed), positions(s.size()),
          threads(t)
    {
    }

    void start(std::int64_t step)
    {
        started = true;
        handed = drawn = filling = step;
        draws.positions() = positions;
        for (Slot& slot : slots)
            slot.images = Aligned<float>(batch * image);
        for (int t = 0; t < threads; ++t)
            workers.emplace_back([this] { work(); });
    }

    // Is there a picture to make? Draws the next batch where its slot is free.
    bool has_work()
    {
        if (filling < drawn)
            return true;
        if (drawn >= steps || drawn >= handed + ahead)
            return false;
        Slot& slot = slots[drawn % ahead];
        slot.places = draws.draw(drawn);
        slot.positions = draws.positions();
        slot.taken = slot.done = 0;
        slot.failure = nullptr;
        ++drawn;
        return true;
    }

    // One thread's life. A picture is taken under the lock and made without it; whoever makes the last of a batch wakes
    // the arithmetic. Of several that fail the first by number is kept, so that the message is the same for any number
    // of threads.
    void work()
    {
        std::vector<std::uint8_t> pixels(std::size_t(preprocessing.side) * preprocessing.side * preprocessing.channels);
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait(lock, [&] { return stop || has_work(); });
            if (stop)
                return;
            Slot& slot = slots[filling % ahead];
            const std::size_t i = slot.taken++;
            if (slot.taken == batch)
                ++filling;
            lock.unlock();
            std::exception_ptr failure;
            try {
                sources[slot.places[i].source].pictures->read(slot.places[i].picture, pixels);
                preprocessing.apply(pixels, area, std::span(slot.images.data() + i * image, image));
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            if (failure && (!slot.failure || i < slot.failed)) {
                slot.failure = failure;
                slot.failed = i;
            }
            if (++slot.done == batch)
                ready.notify_one();
        }
    }
};

std::size_t Batches::bytes(int batch, std::size_t image) { return std::size_t(ahead) * batch * image * sizeof(float); }

Batches::Batches(const std::vector<Source>& sources, const Preprocessing& preprocessing, int batch, std::int64_t steps,
                 std::uint64_t seed, int threads)
    : Batches(sources, preprocessing, {0, 0, preprocessing.side, preprocessing.side}, batch, steps, seed, threads)
{
}

Batches::Batches(const std::vector<Source>& sources, const Preprocessing& preprocessing, const Area& area, int batch,
                 std::int64_t steps, std::uint64_t seed, int threads)
    : state_(std::make_unique<State>(sources, preprocessing, area, batch, steps, seed, threads))
{
}

Batches::~Batches()
{
    {
        const std::lock_guard lock(state_->mutex);
        state_->stop = true;
    }
    state_->wake.notify_all();
}

std::span<const float> Batches::next(std::int64_t step)
{
    State& s = *state_;
    const auto before = std::chrono::steady_clock::now();
    std::unique_lock lock(s.mutex);
    if (!s.started)
        s.start(step);
    else
        ++s.handed;    // the batch before is not needed any more
    assert(step == s.handed && step < s.steps);
    s.wake.notify_all();
    State::Slot& slot = s.slots[step % ahead];
    s.ready.wait(lock, [&] { return s.drawn > step && slot.done == s.batch; });
    if (slot.failure)
        std::rethrow_exception(slot.failure);
    s.positions = slot.positions;
    s.waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    return {slot.images.data(), slot.images.size()};
}

std::span<std::uint64_t> Batches::positions() { return state_->positions; }
double Batches::waited() const { return state_->waited; }

}    // namespace nonna
