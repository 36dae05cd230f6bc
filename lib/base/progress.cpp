#include "base/progress.h"

#include "base/log.h"
#include "base/terminal.h"

#include <algorithm>
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

// Both in the unit that suits the greater: "3.4/18.5 GB".
std::string bytes_text(std::uint64_t bytes, std::uint64_t of)
{
    const bool large = of >= 1'000'000'000;
    const double unit = large ? 1e9 : 1e6;
    char text[64];
    std::snprintf(text, sizeof text, "%.1f/%.1f %s", double(bytes) / unit, double(of) / unit, large ? "GB" : "MB");
    return text;
}

}    // namespace

std::string progress_text(const Advance& a, double seconds)
{
    const double rate = seconds > 0 ? double(a.done) / seconds : 0;
    std::string line = a.label + ": " + std::to_string(a.done);
    if (a.total)
        line.append("/").append(std::to_string(a.total));
    line.append(" ").append(a.unit);
    const bool by_bytes = !a.total && a.of;
    if (by_bytes)
        line.append(" (").append(bytes_text(std::min(a.bytes, a.of), a.of)).append(")");
    char number[32];
    std::snprintf(number, sizeof number, rate < 10 ? ", %.2f/s" : ", %.0f/s", rate);
    line += number;
    const std::uint64_t done = by_bytes ? a.bytes : a.done, total = by_bytes ? a.of : a.total;
    if (total > done && done > 0 && seconds > 0)
        line.append(", ").append(duration_text(seconds * double(total - done) / double(done))).append(" left");
    if (!a.note.empty())
        line.append(", ").append(a.note);
    return line;
}

struct Progress::State : Advance {
    bool shown = false, terminal = false;
    Clock::time_point started = Clock::now(), drawn = started;
    std::mutex mutex;

    void show()
    {
        const auto now = Clock::now();
        if (now - drawn < (terminal ? Clock::duration(std::chrono::milliseconds(100)) : std::chrono::minutes(1)))
            return;
        drawn = now;
        const std::string text = progress_text(*this, std::chrono::duration<double>(now - started).count());
        if (terminal)
            draw_status(text);
        else
            say(text);
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

void Progress::read(std::uint64_t bytes, std::uint64_t of)
{
    const std::lock_guard lock(state_->mutex);
    state_->bytes = bytes;
    state_->of = of;
}

void Progress::note(const std::string& text)
{
    const std::lock_guard lock(state_->mutex);
    state_->note = text;
}

}    // namespace nonna
