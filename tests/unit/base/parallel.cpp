#include "base/parallel.h"
#include "base/error.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(pool)

BOOST_AUTO_TEST_CASE(every_index_once)
{
    for (const int threads : {1, 2, 3, 8}) {
        Pool pool(threads);
        BOOST_TEST(pool.threads() == threads);
        for (const std::size_t n : {0, 1, 2, 7, 1000}) {
            std::vector<int> seen(n);
            std::atomic<bool> thread_in_range{true};
            pool.for_each(n, [&](std::size_t i, int thread) {
                ++seen[i];
                if (thread < 0 || thread >= threads)
                    thread_in_range = false;
            });
            BOOST_TEST(seen == std::vector<int>(n, 1));
            BOOST_TEST(thread_in_range);
        }
    }
    BOOST_TEST(Pool(0).threads() == processors());
}

// Many short calls: a worker that wakes late must neither miss the next call nor run a past one.
BOOST_AUTO_TEST_CASE(many_short_calls)
{
    Pool pool(4);
    std::vector<long> sums(8);
    for (int call = 0; call < 5000; ++call)
        pool.for_each(sums.size(), [&](std::size_t i, int) { sums[i] += call; });
    BOOST_TEST(sums == std::vector<long>(8, 5000L * 4999 / 2));
}

BOOST_AUTO_TEST_CASE(thread_numbers_do_not_collide)
{
    Pool pool(4);
    std::vector<std::atomic<int>> inside(4);
    std::atomic<bool> collision{false};
    pool.for_each(2000, [&](std::size_t, int thread) {
        if (inside[static_cast<std::size_t>(thread)]++ != 0)
            collision = true;
        --inside[static_cast<std::size_t>(thread)];
    });
    BOOST_TEST(!collision);
}

BOOST_AUTO_TEST_CASE(the_lowest_failure_is_rethrown)
{
    for (const int threads : {1, 2, 4}) {
        Pool pool(threads);
        for (int repeat = 0; repeat < 50; ++repeat) {
            std::string message;
            try {
                pool.for_each(100, [](std::size_t i, int) {
                    if (i % 10 == 7)
                        throw std::runtime_error(std::to_string(i));
                });
            } catch (const std::runtime_error& e) {
                message = e.what();
            }
            BOOST_TEST(message == "7");
        }
        std::atomic<int> done{0};
        pool.for_each(10, [&](std::size_t, int) { ++done; });    // still usable
        BOOST_TEST(done == 10);
    }
}

BOOST_AUTO_TEST_CASE(nested_calls_are_refused_not_hung)
{
    for (const int threads : {1, 3}) {
        Pool pool(threads), other(2);
        BOOST_CHECK_THROW(pool.for_each(4, [&](std::size_t, int) { pool.for_each(2, [](std::size_t, int) {}); }),
                          std::logic_error);
        std::atomic<int> done{0};
        pool.for_each(4, [&](std::size_t, int) { other.for_each(3, [&](std::size_t, int) { ++done; }); });
        BOOST_TEST(done == 12);
    }
}

BOOST_AUTO_TEST_CASE(two_callers_share_a_pool)
{
    Pool pool(3);
    std::vector<int> a(500), b(500);
    {
        std::jthread second([&] {
            for (int k = 0; k < 20; ++k)
                pool.for_each(b.size(), [&](std::size_t i, int) { ++b[i]; });
        });
        for (int k = 0; k < 20; ++k)
            pool.for_each(a.size(), [&](std::size_t i, int) { ++a[i]; });
    }
    BOOST_TEST(a == std::vector<int>(500, 20));
    BOOST_TEST(b == std::vector<int>(500, 20));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pipeline_in_order)

namespace
{

// Squares of 0 .. n-1; records the order of consumption and the most jobs under way at once.
struct Run {
    std::vector<long> consumed;
    std::atomic<int> under_way{0};
    int most = 0;
    std::string failure;

    Run(int threads, int n, int fail_produce, int fail_work, int fail_consume)
    {
        int next = 0;
        try {
            in_order<int, std::string>(
                threads,
                [&](int& job) {
                    if (next == fail_produce)
                        throw std::runtime_error("produce");
                    if (next == n)
                        return false;
                    job = next++;
                    most = std::max(most, ++under_way);
                    return true;
                },
                [&](int& job, int) {
                    if (job == fail_work || job == fail_work + 3)
                        throw std::runtime_error("work " + std::to_string(job));
                    return std::to_string(static_cast<long>(job) * job);
                },
                [&](std::string& result) {
                    if (static_cast<int>(consumed.size()) == fail_consume)
                        throw std::runtime_error("consume");
                    consumed.push_back(std::stol(result));
                    --under_way;
                });
        } catch (const std::runtime_error& e) {
            failure = e.what();
        }
    }
};

std::vector<long> squares(int n)
{
    std::vector<long> values;
    for (long i = 0; i < n; ++i)
        values.push_back(i * i);
    return values;
}

}    // namespace

BOOST_AUTO_TEST_CASE(results_in_order_with_bounded_memory)
{
    for (const int threads : {1, 2, 5})
        for (const int n : {0, 1, 3, 500}) {
            const Run run(threads, n, -1, -100, -1);
            BOOST_TEST(run.consumed == squares(n));
            BOOST_TEST(run.most <= 4 * threads);
            BOOST_TEST(run.failure == "");
        }
}

// As a plain loop would: everything before the failure is consumed, nothing after it, for any number of threads.
BOOST_AUTO_TEST_CASE(failures_come_in_order)
{
    for (const int threads : {1, 2, 5})
        for (int repeat = 0; repeat < 20; ++repeat) {
            const Run work(threads, 100, -1, 40, -1);
            BOOST_TEST(work.failure == "work 40");
            BOOST_TEST(work.consumed == squares(40));
            const Run produce(threads, 100, 30, -100, -1);
            BOOST_TEST(produce.failure == "produce");
            BOOST_TEST(produce.consumed == squares(30));
            const Run consume(threads, 100, -1, -100, 20);
            BOOST_TEST(consume.failure == "consume");
            BOOST_TEST(consume.consumed == squares(20));
            const Run both(threads, 100, 35, 33, -1);
            BOOST_TEST(both.failure == "work 33");
            BOOST_TEST(both.consumed == squares(33));
        }
}

BOOST_AUTO_TEST_CASE(move_only_jobs_and_results)
{
    int next = 0;
    long sum = 0;
    in_order<std::unique_ptr<int>, std::unique_ptr<long>>(
        3,
        [&](std::unique_ptr<int>& job) {
            BOOST_TEST(!job);    // a fresh one each time
            job = std::make_unique<int>(next);
            return next++ < 50;
        },
        [](std::unique_ptr<int>& job, int) { return std::make_unique<long>(*job); },
        [&](std::unique_ptr<long>& result) { sum += *result; });
    BOOST_TEST(sum == 49 * 50 / 2);
}

BOOST_AUTO_TEST_SUITE_END()
