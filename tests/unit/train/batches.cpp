// Batches read ahead: the same pictures in the same order as one loop over the draws would give, whatever the threads.
#include "train/batches.h"
#include "base/error.h"
#include "base/random.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>

using namespace nonna;

namespace
{

constexpr int side = 2;
constexpr std::size_t size = std::size_t(side) * side * 3;

// Picture i is filled with numbers made of i; some do not decode.
class Numbered : public Pictures
{
  public:
    Numbered(std::size_t count, int first, std::vector<std::size_t> damaged = {})
        : count_(count), first_(first), damaged_(std::move(damaged))
    {
    }
    std::string digest() const override { return "numbered"; }
    std::size_t count() const override { return count_; }
    void read(std::size_t i, std::span<std::uint8_t> into) const override
    {
        ++reads;
        if (std::find(damaged_.begin(), damaged_.end(), i) != damaged_.end())
            throw Error("picture " + std::to_string(i), "damaged");
        for (std::size_t k = 0; k < into.size(); ++k)
            into[k] = std::uint8_t(first_ + int(i) + (k % 2 ? 100 : 0));
    }
    mutable std::atomic<std::size_t> reads = 0;

  private:
    std::size_t count_;
    int first_;
    std::vector<std::size_t> damaged_;
};

Preprocessing plain()
{
    Preprocessing p;
    p.side = side;
    return p;
}

std::vector<Source> two_sources()
{
    return {{std::make_shared<Numbered>(7, 0), 2.0}, {std::make_shared<Numbered>(5, 50), 1.0}};
}

// What the header says, written out: the sources' permutations and the places' draws.
std::vector<std::vector<float>> reference(const std::vector<Source>& sources, int batch, std::int64_t steps,
                                          std::uint64_t seed, std::vector<std::uint64_t>& positions)
{
    std::vector<std::vector<float>> batches;
    std::vector<std::uint8_t> pixels(size);
    positions.assign(sources.size(), 0);
    for (std::int64_t step = 0; step < steps; ++step) {
        std::vector<float> images(batch * size);
        Random mix(seed, Purpose::source_mix, std::uint64_t(step));
        for (int i = 0; i < batch; ++i) {
            const std::size_t source = sources.size() == 1 ? 0 : mix.uniform() * 3 < 2 ? 0 : 1;
            const std::uint64_t count = sources[source].pictures->count(), at = positions[source]++;
            std::vector<std::uint32_t> order(count);
            std::iota(order.begin(), order.end(), 0u);
            Random random(seed, Purpose::batch_order, (std::uint64_t(source) << 40) + at / count);
            shuffle(order, random);
            sources[source].pictures->read(order[at % count], pixels);
            plain().apply(pixels, std::span(images).subspan(i * size, size));
        }
        batches.push_back(images);
    }
    return batches;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(same_batches_for_any_number_of_threads)
{
    const std::vector<Source> sources = two_sources();
    const Preprocessing p = plain();
    std::vector<std::uint64_t> positions;
    const auto want = reference(sources, 6, 20, 9, positions);
    for (const int threads : {1, 2, 5}) {
        Batches batches(sources, p, 6, 20, 9, threads);
        for (std::int64_t step = 0; step < 20; ++step) {
            const std::span<const float> got = batches.next(step);
            BOOST_TEST(std::equal(got.begin(), got.end(), want[step].begin(), want[step].end()),
                       threads << " threads, step " << step);
        }
        BOOST_TEST(batches.positions()[0] == positions[0]);
        BOOST_TEST(batches.positions()[1] == positions[1]);
        BOOST_TEST(batches.waited() > 0);
    }
}

BOOST_AUTO_TEST_CASE(positions_are_those_of_what_was_handed_out)
{
    const std::vector<Source> sources = two_sources();
    const Preprocessing p = plain();
    std::vector<std::uint64_t> after_four;
    const auto want = reference(sources, 6, 20, 9, after_four);
    reference(sources, 6, 4, 9, after_four);
    std::vector<std::uint64_t> saved;
    {
        Batches batches(sources, p, 6, 20, 9, 2);
        for (std::int64_t step = 0; step < 4; ++step)
            batches.next(step);
        saved.assign(batches.positions().begin(), batches.positions().end());
    }
    BOOST_TEST(saved == after_four, boost::test_tools::per_element());
    Batches resumed(sources, p, 6, 20, 9, 2);
    std::copy(saved.begin(), saved.end(), resumed.positions().begin());
    for (std::int64_t step = 4; step < 20; ++step) {
        const std::span<const float> got = resumed.next(step);
        BOOST_TEST(std::equal(got.begin(), got.end(), want[step].begin(), want[step].end()), "step " << step);
    }
}

BOOST_AUTO_TEST_CASE(a_failure_belongs_to_its_step)
{
    // Batches of the whole set: both damaged pictures are in every one, and the one drawn first is named, always.
    std::string first;
    for (int repeat = 0; repeat < 20; ++repeat) {
        const std::vector<Source> sources = {{std::make_shared<Numbered>(8, 0, std::vector<std::size_t>{2, 5}), 1.0}};
        const Preprocessing p = plain();
        Batches batches(sources, p, 8, 5, 3, 4);
        try {
            batches.next(0);
            BOOST_ERROR("no error");
        } catch (const Error& e) {
            if (first.empty())
                first = e.subject();
            BOOST_TEST(e.subject() == first);
        }
    }
    // One in the third epoch's batch alone: the two before it are whole.
    const auto numbered = std::make_shared<Numbered>(9, 0, std::vector<std::size_t>{4});
    const std::vector<Source> sources = {{numbered, 1.0}};
    const Preprocessing p = plain();
    std::vector<std::uint32_t> order(9);
    std::iota(order.begin(), order.end(), 0u);
    Random random(3, Purpose::batch_order, 0);
    shuffle(order, random);
    const auto place = std::find(order.begin(), order.end(), 4u) - order.begin();
    Batches batches(sources, p, 1, 9, 3, 3);
    for (std::int64_t step = 0; step < place; ++step)
        batches.next(step);
    BOOST_CHECK_THROW(batches.next(place), Error);
}

BOOST_AUTO_TEST_CASE(reads_no_further_than_the_ring_and_the_run)
{
    const auto numbered = std::make_shared<Numbered>(100, 0);
    const std::vector<Source> sources = {{numbered, 1.0}};
    const Preprocessing p = plain();
    {
        Batches batches(sources, p, 10, 1000, 1, 3);
        batches.next(0);
    }
    BOOST_TEST(numbered->reads <= 10u * Batches::ahead);
    numbered->reads = 0;
    {
        Batches batches(sources, p, 10, 2, 1, 3);
        batches.next(0);
        batches.next(1);
    }
    BOOST_TEST(numbered->reads == 20u);
    BOOST_TEST(Batches::bytes(96, 48 * 48 * 3) == 3u * 96 * 48 * 48 * 3 * 4);
}

BOOST_AUTO_TEST_SUITE_END()
