// Tiles as processes: what they send each other arrives, and however one ends, all do, and this process knows why.
#include "train/tile_processes.h"

#include "base/error.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <numeric>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace nonna;

namespace
{

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

// What each of 2x2 tiles does after one exchange, which all take part in.
Error failing(const std::function<void(int)>& does)
{
    try {
        in_tile_processes({2, 2}, [&](const TilePlace& place) {
            place.exchange->any(false);
            does(place.tile());
            place.exchange->any(false);
        });
    } catch (const Error& e) {
        return e;
    }
    return {"nothing", "failed", ExitStatus::done};
}

}    // namespace

BOOST_AUTO_TEST_SUITE(tile_processes)

// Larger than what a socket holds, all ways at once: who sends waits for no reader.
BOOST_AUTO_TEST_CASE(large_messages_cross)
{
    constexpr std::size_t n = std::size_t(1) << 20;
    in_tile_processes({2, 2}, [&](const TilePlace& place) {
        Exchange& exchange = *place.exchange;
        const std::uint64_t tag = exchange.next_tags(2);
        std::vector<int> numbers(n);
        for (const std::uint64_t k : {1, 0})    // taken in another order than sent
            for (int t = 0; t < 4; ++t)
                if (t != place.tile()) {
                    std::iota(numbers.begin(), numbers.end(), 10 * place.tile() + int(k));
                    exchange.send(t, tag + k, std::as_bytes(std::span(numbers)));
                }
        for (const std::uint64_t k : {0, 1})
            for (int t = 3; t >= 0; --t)
                if (t != place.tile()) {
                    exchange.receive(t, tag + k, std::as_writable_bytes(std::span(numbers)));
                    for (std::size_t i = 0; i < n; ++i)
                        if (numbers[i] != 10 * t + int(k) + int(i))
                            throw Error("tile", "got something else");
                }
        if (exchange.share(place.tile() == 0 ? "from the first" : "") != "from the first" ||
            exchange.share("").size() != 0 || !exchange.any(place.tile() == 2) || exchange.any(false))
            throw Error("tile", "was told something else");
        if (place.tile() == 0)
            BOOST_TEST(exchange.traffic()[1].bytes > 2 * n * sizeof(int));
    });
    BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_CASE(an_error_of_one_tile_is_the_run_s)
{
    for (const int tile : {0, 3}) {
        const Error e = failing([&](int t) {
            if (t == tile)
                throw Error("here", "it broke", ExitStatus::locked);
        });
        BOOST_TEST(e.what() == std::string("here: it broke"));
        BOOST_TEST((e.status() == ExitStatus::locked));
        BOOST_TEST(!has_children());
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_error_of_ours_is_told_too)
{
    const Error e = failing([](int t) {
        if (t == 1)
            throw std::bad_alloc();
    });
    BOOST_TEST(e.subject() == "tile 0,1 of 2x2");
    BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_CASE(a_tile_that_is_killed_is_named)
{
    const Error e = failing([](int t) {
        if (t == 2)
            ::kill(::getpid(), SIGKILL);
    });
    BOOST_TEST(e.subject() == "tile 1,0 of 2x2");
    BOOST_TEST((e.status() == ExitStatus::peer_lost));
    BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_SUITE_END()
