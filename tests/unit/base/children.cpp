#include "base/children.h"
#include "base/error.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <new>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

using namespace nonna;
using How = ChildEnd::How;

namespace
{

using Work = std::function<std::string(int&)>;

// The ends of jobs 0 .. count - 1.
std::vector<ChildEnd> ends(int count, const ChildLimits& limits, const Work& work, int processes = 2)
{
    std::vector<ChildEnd> result;
    int next = 0;
    in_order_children<int>(
        processes, limits,
        [&](int& job) {
            job = next;
            return next++ < count;
        },
        work,
        [&](int& job, ChildEnd& end) {
            BOOST_CHECK_EQUAL(job, int(result.size()));
            result.push_back(std::move(end));
        });
    return result;
}

ChildEnd end_of(const ChildLimits& limits, const Work& work) { return ends(1, limits, work).at(0); }

bool no_children()
{
    errno = 0;
    return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

[[maybe_unused]] volatile std::uint64_t sink = 0;

}    // namespace

BOOST_AUTO_TEST_SUITE(children)

BOOST_AUTO_TEST_CASE(results_in_order_whoever_ends_first)
{
    for (const int processes : {1, 3, 7}) {
        const std::vector<ChildEnd> got = ends(
            40, {},
            [](int& job) {
                for (std::uint64_t i = 0; i < (job % 3 == 0 ? 3'000'000u : 0u); ++i)
                    sink = i;
                return std::string(std::size_t(job), 'x') + std::to_string(job);
            },
            processes);
        BOOST_REQUIRE_EQUAL(got.size(), 40u);
        for (std::size_t i = 0; i < got.size(); ++i) {
            BOOST_CHECK(got[i].how == How::done);
            BOOST_CHECK_EQUAL(got[i].result, std::string(i, 'x') + std::to_string(i));
        }
    }
    BOOST_CHECK(no_children());
}

BOOST_AUTO_TEST_CASE(a_child_that_dies_costs_its_own_job)
{
    const std::vector<ChildEnd> got = ends(6, {}, [](int& job) -> std::string {
        std::signal(SIGSEGV, SIG_DFL);    // the test framework's own handlers
        std::signal(SIGABRT, SIG_DFL);
        switch (job) {
        case 1:
            std::raise(SIGSEGV);
            break;
        case 2:
            std::abort();
        case 3:
            _exit(0);
        case 4:
            throw std::runtime_error("a reason");
        default:
            break;
        }
        return "fine";
    });
    for (const std::size_t fine : {0, 5})
        BOOST_CHECK(got[fine].how == How::done && got[fine].result == "fine");
    BOOST_CHECK(got[1].how == How::crashed && got[1].signal == SIGSEGV);
    BOOST_CHECK(got[2].how == How::crashed && got[2].signal == SIGABRT);
    BOOST_CHECK(got[3].how == How::crashed && got[3].signal == 0);
    BOOST_CHECK(got[4].how == How::crashed && got[4].signal == 0 && got[4].result == "a reason");
    BOOST_CHECK(no_children());
}

BOOST_AUTO_TEST_CASE(half_a_result_is_none)
{
    const ChildEnd end = end_of({}, [](int&) -> std::string {
        if (::write(3, "r\x64\0\0\0\0\0\0\0half", 13) != 13)    // of 100 bytes
            throw std::runtime_error("the pipe is not descriptor 3");
        std::raise(SIGKILL);
        return "";
    });
    BOOST_CHECK(end.how == How::crashed && end.signal == SIGKILL && end.result.empty());
    const ChildEnd boast = end_of({}, [](int&) -> std::string {
        if (::write(3, "r\0\0\0\0\0\0\0\x7fhalf", 13) != 13)    // of more than can be
            throw std::runtime_error("the pipe is not descriptor 3");
        for (;;)
            ::pause();
    });
    BOOST_CHECK(boast.how == How::crashed);
    BOOST_CHECK(no_children());
}

BOOST_AUTO_TEST_CASE(limits_of_time)
{
    ChildLimits limits;
    limits.cpu = 0.05;
    const ChildEnd busy = end_of(limits, [](int&) -> std::string {
        for (;;)
            sink = sink + 1;
    });
    BOOST_CHECK(busy.how == How::out_of_time && busy.signal == SIGXCPU);
    limits.cpu = 0;
    limits.wall = 0.05;
    const ChildEnd idle = end_of(limits, [](int&) -> std::string {
        for (;;)
            ::pause();
    });
    BOOST_CHECK(idle.how == How::out_of_time && idle.signal == SIGKILL);
    BOOST_CHECK(no_children());
}

// What a slow consumer takes is not the children's time: their results wait in the pipe meanwhile.
BOOST_AUTO_TEST_CASE(the_wall_limit_does_not_count_while_the_parent_is_busy)
{
    ChildLimits limits;
    limits.wall = 1;
    int consumed = 0;
    const std::string large(1 << 20, 'x');    // more than a pipe holds
    in_order_children<int>(
        2, limits, [next = 0](int&) mutable { return next++ < 6; }, [&](int&) { return large; },
        [&](int&, ChildEnd& end) {
            BOOST_CHECK(end.how == How::done && end.result == large);
            const clock_t begin = clock();
            while (consumed == 0 && clock() - begin < CLOCKS_PER_SEC * 6 / 5)
                sink = sink + 1;
            ++consumed;
        });
    BOOST_CHECK_EQUAL(consumed, 6);
}

BOOST_AUTO_TEST_CASE(limit_of_memory)
{
    if (!children_limit_memory) {
        BOOST_TEST_MESSAGE("skipped: no limit of address space under this sanitizer");
        return;
    }
    ChildLimits limits;
    limits.memory = 64 << 20;
    const Work eat = [](int& job) {
        const std::vector<char> block(std::size_t(job == 0 ? 32 : 96) << 20, 'x');
        return std::string(1, block[block.size() / 2]);
    };
    const std::vector<ChildEnd> got = ends(2, limits, eat);
    BOOST_CHECK(got[0].how == How::done && got[0].result == "x");
    BOOST_CHECK(got[1].how == How::out_of_memory);
    limits.memory = 0;
    BOOST_CHECK(ends(2, limits, eat)[1].how == How::done);
}

BOOST_AUTO_TEST_CASE(large_results)
{
    const std::string large(50'000'000, 'q');
    BOOST_CHECK(end_of({}, [&](int&) { return large; }).result == large);
    ChildLimits limits;
    limits.result = large.size() - 1;
    const ChildEnd end = end_of(limits, [&](int&) { return large; });
    BOOST_CHECK(end.how == How::crashed && end.result == "a result of 50000000 bytes");
}

BOOST_AUTO_TEST_CASE(the_child_has_nothing_of_the_parents)
{
    const int null = ::open("/dev/null", O_RDONLY);
    const int own = ::fcntl(null, F_DUPFD, 10);    // not close-on-exec: closed all the same
    ::close(null);
    BOOST_REQUIRE(own >= 10);
    const ChildEnd end = end_of({}, [own](int&) {
        char byte = 0;
        std::string said = ::fcntl(own, F_GETFD) < 0 ? "closed" : "open";
        said += ::read(STDIN_FILENO, &byte, 1) == 0 ? " end" : " input";
        // Ctrl-C reaches the whole group: the unit is finished.
        std::raise(SIGINT);
        std::raise(SIGTERM);
        return said;
    });
    ::close(own);
    BOOST_CHECK_EQUAL(end.result, "closed end");
}

BOOST_AUTO_TEST_CASE(statuses_are_seen_where_the_caller_ignores_sigchld)
{
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const ChildEnd end = end_of({}, [](int&) -> std::string {
        std::signal(SIGABRT, SIG_DFL);
        std::abort();
    });
    BOOST_CHECK(std::signal(SIGCHLD, before) == SIG_IGN);
    BOOST_CHECK(end.how == How::crashed && end.signal == SIGABRT);
}

BOOST_AUTO_TEST_CASE(exceptions_of_the_parent)
{
    // `produce`: after the results before it.
    int consumed = 0, next = 0;
    const auto run = [&](int produce_fails, int consume_fails) {
        consumed = next = 0;
        in_order_children<int>(
            2, {},
            [&](int& job) {
                if (next == produce_fails)
                    throw Error("produce", "failed");
                job = next++;
                return true;
            },
            [](int& job) -> std::string {
                if (job > 3)    // those that are under way when `consume` fails
                    for (;;)
                        ::pause();
                return "";
            },
            [&](int& job, ChildEnd&) {
                if (job == consume_fails)
                    throw Error("consume", "failed");
                ++consumed;
            });
    };
    BOOST_CHECK_EXCEPTION(run(3, 9), Error, [](const Error& e) { return e.subject() == "produce"; });
    BOOST_CHECK_EQUAL(consumed, 3);
    BOOST_CHECK(no_children());
    BOOST_CHECK_EXCEPTION(run(100, 2), Error, [](const Error& e) { return e.subject() == "consume"; });
    BOOST_CHECK_EQUAL(consumed, 2);
    BOOST_CHECK(next <= 2 + 8);
    BOOST_CHECK(no_children());
}

BOOST_AUTO_TEST_CASE(a_killed_parent_leaves_no_child)
{
    int ends_of_pipe[2];
    BOOST_REQUIRE(::pipe2(ends_of_pipe, 0) == 0);
    const pid_t parent = fork();
    if (parent == 0) {
        in_order_children<int>(
            2, {}, [](int&) { return true; },
            [&](int&) -> std::string {
                for (;;)
                    ::pause();
            },
            [](int&, ChildEnd&) {});
        _exit(0);
    }
    // The grandchildren keep only their own pipe, so they are asked by name: each is the last of its kind when no
    // process has the killed one as its parent, and the kernel has sent them the signal by then.
    ::close(ends_of_pipe[1]);
    std::vector<pid_t> grandchildren;
    const std::string list = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
    for (long tries = 0; grandchildren.size() < 2 && tries < 10'000'000; ++tries) {
        grandchildren.clear();
        if (FILE* const file = std::fopen(list.c_str(), "r")) {
            int pid = 0;
            while (std::fscanf(file, "%d", &pid) == 1)
                grandchildren.push_back(pid);
            std::fclose(file);
        } else {
            break;
        }
    }
    ::kill(parent, SIGKILL);
    BOOST_CHECK_EQUAL(waitpid(parent, nullptr, 0), parent);
    ::close(ends_of_pipe[0]);
    if (grandchildren.size() < 2) {
        BOOST_TEST_MESSAGE("skipped: the kernel does not list children");
        return;
    }
    for (const pid_t pid : grandchildren) {
        // Gone, or a zombie that init has not asked after yet.
        char state = 'R';
        for (long tries = 0; tries < 300'000 && state != 'Z' && state != 0; ++tries) {
            state = 0;
            if (FILE* const file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r")) {
                if (std::fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
                    state = 0;
                std::fclose(file);
            }
        }
        BOOST_CHECK(state == 'Z' || state == 0);
        if (state != 'Z' && state != 0)
            ::kill(pid, SIGKILL);
    }
}

BOOST_AUTO_TEST_SUITE_END()
