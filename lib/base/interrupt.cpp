#include "base/interrupt.h"

#include "base/error.h"

#include <atomic>
#include <csignal>

namespace nonna
{

namespace
{

std::atomic<int> received{0};    // the first signal's number
static_assert(std::atomic<int>::is_always_lock_free, "touched by a signal handler");

extern "C" void on_interrupt(int number)
{
    int none = 0;
    if (received.compare_exchange_strong(none, number))
        return;
    std::signal(number, SIG_DFL);
    std::raise(number);    // pending until the handler returns, then ends the process
}

}    // namespace

void watch_interrupts()
{
    std::signal(SIGXFSZ, SIG_IGN);    // a limit of file size is a failed write, as a full disk is
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction previous {
        };
        sigaction(number, nullptr, &previous);
        if (previous.sa_handler == SIG_IGN)    // nohup, or a shell's background job: stays ignored
            continue;
        struct sigaction action {
        };
        action.sa_handler = on_interrupt;
        action.sa_flags = SA_RESTART;    // libraries need not expect EINTR; who waits for ever is ended by the second
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, nullptr);
    }
}

void ignore_interrupts()
{
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    received = 0;
}

bool interrupted() { return received.load(std::memory_order_relaxed) != 0; }

void throw_if_interrupted()
{
    if (const int number = received.load(std::memory_order_relaxed))
        throw Error("interrupted", number == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM");
}

}    // namespace nonna
