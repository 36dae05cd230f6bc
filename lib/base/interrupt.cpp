#include "base/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <string>

namespace nonna
{

namespace
{

std::atomic<int> received{0};    // the first signal's number
std::atomic<bool> by_keyboard{false};
std::atomic<bool> can_resume{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "touched by a signal handler");

constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void on_interrupt(int number)
{
    int none = 0;
    received.compare_exchange_strong(none, number);
    if (number != SIGINT || !by_keyboard.exchange(true))
        return;
    std::signal(number, SIG_DFL);
    std::raise(number);    // pending until the handler returns, then ends the process
}

}    // namespace

void watch_interrupts()
{
    std::signal(SIGXFSZ, SIG_IGN);    // a limit of file size is a failed write, as a full disk is
    for (const int number : watched) {
        struct sigaction previous {
        };
        sigaction(number, nullptr, &previous);
        if (previous.sa_handler == SIG_IGN)    // nohup, or a shell's background job: stays ignored
            continue;
        struct sigaction action {
        };
        action.sa_handler = on_interrupt;
        action.sa_flags = SA_RESTART;    // libraries need not expect EINTR
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, nullptr);
    }
}

void ignore_interrupts()
{
    for (const int number : watched)
        std::signal(number, SIG_IGN);
    received = 0;
}

bool interrupted() { return received.load(std::memory_order_relaxed) != 0; }

void interrupts_can_resume() { can_resume = true; }

ExitStatus status_of_interrupt() { return can_resume ? ExitStatus::interrupted : ExitStatus::failed; }

void throw_if_interrupted()
{
    if (const int number = received.load(std::memory_order_relaxed))
        throw Error("interrupted", std::string("stopped by SIG") + sigabbrev_np(number), status_of_interrupt());
}

}    // namespace nonna
