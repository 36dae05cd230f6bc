#include "base/log.h"

#include "base/descriptor.h"
#include "base/shown_text.h"
#include "base/terminal.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <sys/ioctl.h>
#include <unistd.h>

namespace nonna
{

namespace
{

std::string& name_storage()
{
    static std::string name = "nonna";
    return name;
}

std::atomic<Verbosity> current_verbosity{Verbosity::normal};
std::mutex stderr_mutex;
bool status_shown = false;    // under stderr_mutex

constexpr std::string_view moment_form = "dddd-dd-ddTdd:dd:dd.dddZ ";    // d: a digit

std::string moment()
{
    timespec now{};
    tm utc{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    ::gmtime_r(&now.tv_sec, &utc);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ", utc.tm_year + 1900, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000000);
    return text;
}

std::string opening() { return (verbosity() == Verbosity::verbose ? moment() : std::string()) + program_name() + ": "; }

constexpr std::string_view erase_line = "\r\033[K";

// A failure to talk is nobody's error: the job goes on.
void write_stderr(std::string_view text) { (void)write_all(STDERR_FILENO, text); }

}    // namespace

bool stderr_is_terminal()
{
    static const bool result = [] {
        const char* term = std::getenv("TERM");
        return isatty(STDERR_FILENO) == 1 && term && *term && std::string_view(term) != "dumb";
    }();
    return result;
}

void write_message(std::string_view line)
{
    std::string out;
    const std::lock_guard lock(stderr_mutex);
    if (status_shown)
        out += erase_line;
    status_shown = false;
    out += shown_text(line);
    out += '\n';
    write_stderr(out);
}

std::size_t moment_length(std::string_view line)
{
    const auto fits = [](char c, char form) { return form == 'd' ? c >= '0' && c <= '9' : c == form; };
    return line.size() >= moment_form.size() && std::equal(moment_form.begin(), moment_form.end(), line.begin(),
                                                           [&](char form, char c) { return fits(c, form); })
               ? moment_form.size()
               : 0;
}

void draw_status(const std::string& text)
{
    winsize size{};
    std::size_t width = 80;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        width = size.ws_col;
    std::string out(erase_line);
    std::string shown = shown_text(text);
    if (shown.size() >= width) {
        std::size_t end = width - 1;
        while (end > 0 && (shown[end] & 0xc0) == 0x80)    // not inside a character
            --end;
        shown.resize(end);
    }
    out += shown;
    const std::lock_guard lock(stderr_mutex);
    status_shown = true;
    write_stderr(out);
}

void clear_status()
{
    const std::lock_guard lock(stderr_mutex);
    if (status_shown)
        write_stderr(erase_line);
    status_shown = false;
}

void set_program_name(std::string name) { name_storage() = std::move(name); }

const std::string& program_name() { return name_storage(); }

void set_verbosity(Verbosity v) { current_verbosity = v; }

Verbosity verbosity() { return current_verbosity; }

void say(std::string_view message)
{
    if (verbosity() != Verbosity::quiet)
        write_message(opening() + std::string(message));
}

void detail(std::string_view message)
{
    if (verbosity() == Verbosity::verbose)
        write_message(opening() + std::string(message));
}

void warn(std::string_view subject, std::string_view reason)
{
    write_message(opening() + std::string(subject) + ": " + std::string(reason));
}

}    // namespace nonna
