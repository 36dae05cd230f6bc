#include "base/progress.h"

#include "base/log.h"
#include "base/terminal.h"

#include <chrono>
#include <cstdio>
#include <mutex>

namespace nonna
{

using Clock = std::chrono::steady_clock;

namespace
{

std::string duration_text(double seconds)
{
    char text[32];
    const auto s = static_cast<long long>(seconds + 0.5);
    if (s >= 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
    return text;
}

}    // namespace

struct Progress::State {
    std::string label, unit, note;
    std::uint64_t total = 0, done = 0;
    bool shown = false, terminal = false;
    Clock::time_point started = Clock::now(), drawn = started;
    std::mutex mutex;

    std::string text(Clock::time_point now) const
    {
        const double elapsed = std::chrono::duration<double>(now - started).count();
        const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
        std::string line = label + ": " + std::to_string(done);
        if (total)
            line.append("/").append(std::to_string(total));
        line += ' ';
        line += unit;
        char number[32];
        std::snprintf(number, sizeof number, rate < 10 ? ", %.2f/s" : ", %.0f/s", rate);
        line += number;
        if (total > done && rate > 0)
            line.append(", ").append(duration_text(static_cast<double>(total - done) / rate)).append(" left");
        if (!note.empty())
            line.append(", ").append(note);
        return line;
    }

    void show()
    {
        const auto now = Clock::now();
        if (now - drawn < (terminal ? Clock::duration(std::chrono::milliseconds(100)) : std::chrono::minutes(1)))
            return;
        drawn = now;
        if (terminal)
            draw_status(text(now));
        else
            say(text(now));
    }
};

Progress::Progress(std::string label, std::uint64_t total, std::string unit) : state_(std::make_unique<State>())
{
    state_->label = std::move(label);
    state_->unit = std::move(unit);
    state_->total = total;
    state_->shown = verbosity() != Verbosity::quiet;
    state_->terminal = stderr_is_terminal();
}

Progress::~Progress()
{
    if (state_->shown && state_->terminal)
        clear_status();
}

void Progress::advance(std::uint64_t n)
{
    const std::lock_guard lock(state_->mutex);
    state_->done += n;
    if (state_->shown)
        state_->show();
}

void Progress::note(const std::string& text)
{
    const std::lock_guard lock(state_->mutex);
    state_->note = text;
}

}    // namespace nonna
