#include "base/counted.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <functional>
#include <regex>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace nonna;

namespace
{

// What `action` writes on stderr, in this process, through a pipe.
std::string stderr_of(const std::function<void()>& action)
{
    int ends[2];
    BOOST_REQUIRE(pipe(ends) == 0);
    const int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    action();
    dup2(saved, STDERR_FILENO);
    close(saved);
    std::string text(65536, '\0');
    const ssize_t n = read(ends[0], text.data(), text.size());
    close(ends[0]);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

// Of verbose lines, which all begin with a moment of these years.
std::string without_moments(const std::string& text)
{
    std::istringstream lines(text);
    std::string rest;
    const std::regex moment("20[2-9]\\d-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-6]\\d\\.\\d{3}Z (.*)");
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        BOOST_TEST_REQUIRE(std::regex_match(line, parts, moment), line);
        rest += parts[1].str() + "\n";
    }
    return rest;
}

// The wait status of a child that runs `action` and then exits with 0.
int child(const std::function<void()>& action)
{
    const pid_t pid = fork();
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        action();
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(errors_and_log)

BOOST_AUTO_TEST_CASE(error_text)
{
    const Error error("model.safetensors", "truncated");
    BOOST_TEST(error.what() == "model.safetensors: truncated");
    BOOST_TEST(static_cast<int>(error.status()) == 1);
    errno = ENOSPC;
    BOOST_TEST(errno_reason() == "no space left on device");
    errno = ENOENT;
    BOOST_TEST(errno_reason() == "no such file or directory");
}

BOOST_AUTO_TEST_CASE(who_says_what)
{
    set_program_name("nonna-test");
    const auto talk = [] {
        say("said");
        detail("detailed");
        warn("clip.mp4", "no picture stream");
    };
    set_verbosity(Verbosity::quiet);
    BOOST_TEST(stderr_of(talk) == "nonna-test: clip.mp4: no picture stream\n");
    set_verbosity(Verbosity::verbose);
    BOOST_TEST(without_moments(stderr_of(talk)) ==
               "nonna-test: said\nnonna-test: detailed\nnonna-test: clip.mp4: no picture stream\n");
    set_verbosity(Verbosity::normal);
    BOOST_TEST(stderr_of(talk) == "nonna-test: said\nnonna-test: clip.mp4: no picture stream\n");
    BOOST_TEST(stderr_of([] { warn("evil\033[2J\nname", "x"); }) == "nonna-test: evil\\u001b[2J\\nname: x\n");
}

BOOST_AUTO_TEST_CASE(many_are_counted)
{
    set_program_name("nonna-test");
    const auto told = [](Verbosity how, std::size_t items) {
        set_verbosity(how);
        const std::string text = stderr_of([&] {
            Counted notes(Counted::Kind::note, "out", "are short"),
                warnings(Counted::Kind::warning, "in", "are repeats");
            for (std::size_t i = 0; i < items; ++i) {
                notes.add("n" + std::to_string(i), "short");
                warnings.add("w" + std::to_string(i), "a repeat");
            }
            notes.tell();
            warnings.tell();
        });
        set_verbosity(Verbosity::normal);
        return text;
    };
    BOOST_TEST(told(Verbosity::normal, 0) == "");
    BOOST_TEST(told(Verbosity::normal, 1) == "nonna-test: n0: short\nnonna-test: w0: a repeat\n");
    BOOST_TEST(told(Verbosity::normal, 58) == "nonna-test: out: 58 are short (-v names them)\n"
                                              "nonna-test: in: 58 are repeats (-v names them)\n");
    BOOST_TEST(told(Verbosity::quiet, 2) == "nonna-test: in: 2 are repeats (-v names them)\n");
    BOOST_TEST(without_moments(told(Verbosity::verbose, 2)) ==
               "nonna-test: n0: short\nnonna-test: w0: a repeat\nnonna-test: n1: short\nnonna-test: w1: a repeat\n"
               "nonna-test: out: 2 are short\nnonna-test: in: 2 are repeats\n");
}

BOOST_AUTO_TEST_CASE(progress_says_how_far_it_is)
{
    BOOST_TEST(progress_text({"training", "steps", "cost 1", 30, 120}, 15) ==
               "training: 30/120 steps, 2.00/s, 0:45 left, cost 1");
    BOOST_TEST(progress_text({"reading", "images", "", 30}, 1) == "reading: 30 images, 30/s");
    // Pictures differ in size: the bytes say what is left.
    BOOST_TEST(progress_text({"reading a.tar", "images", "", 1200, 0, 3'400'000'000, 18'500'000'000}, 100) ==
               "reading a.tar: 1200 images (3.4/18.5 GB), 12/s, 7:24 left");
    BOOST_TEST(progress_text({"reading a.tar", "images", "", 5, 0, 2'500'000, 2'500'000}, 1) ==
               "reading a.tar: 5 images (2.5/2.5 MB), 5.00/s");
    BOOST_TEST(progress_text({"reading", "images", "", 5, 0, 2'500'000, 0}, 1) == "reading: 5 images, 5.00/s");
    BOOST_TEST(progress_text({"reading", "images", "", 0, 0, 0, 2'500'000}, 0) ==
               "reading: 0 images (0.0/2.5 MB), 0.00/s");
}

// Less than a minute, and no terminal: not a word.
BOOST_AUTO_TEST_CASE(progress_is_silent_in_logs)
{
    BOOST_TEST(stderr_of([] {
                   Progress progress("training", 10, "steps");
                   for (int i = 0; i < 10; ++i) {
                       progress.advance();
                       progress.note("cost 1");
                   }
               }) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(interrupts)

BOOST_AUTO_TEST_CASE(first_asks)
{
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        for (const bool resumes : {false, true}) {
            const int first = child([&] {
                watch_interrupts();
                if (interrupted())
                    _exit(10);
                if (resumes)
                    interrupts_can_resume();
                raise(number);
                if (!interrupted())
                    _exit(11);
                try {
                    throw_if_interrupted();
                } catch (const Error& e) {
                    const ExitStatus status = resumes ? ExitStatus::interrupted : ExitStatus::failed;
                    _exit(e.subject() == "interrupted" && e.status() == status ? 42 : 12);
                }
            });
            BOOST_TEST((WIFEXITED(first) && WEXITSTATUS(first) == 42));
        }
    BOOST_TEST(int(ExitStatus::interrupted) == 75);
}

// Schedulers signal twice; who presses Ctrl-C twice means it.
BOOST_AUTO_TEST_CASE(only_a_second_sigint_kills)
{
    const int patient = child([] {
        watch_interrupts();
        for (const int number : {SIGTERM, SIGTERM, SIGHUP, SIGHUP, SIGINT, SIGTERM, SIGHUP})
            raise(number);
        _exit(42);
    });
    BOOST_TEST((WIFEXITED(patient) && WEXITSTATUS(patient) == 42));
    const int killed = child([] {
        watch_interrupts();
        for (const int number : {SIGINT, SIGTERM, SIGINT})
            raise(number);
        _exit(42);
    });
    BOOST_TEST((WIFSIGNALED(killed) && WTERMSIG(killed) == SIGINT));
}

BOOST_AUTO_TEST_CASE(ignored_stays_ignored)
{
    const int status = child([] {
        signal(SIGINT, SIG_IGN);
        watch_interrupts();
        raise(SIGINT);
        _exit(interrupted() ? 1 : 42);
    });
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 42));
}

BOOST_AUTO_TEST_SUITE_END()
