#include "report/gnuplot.h"

#include "base/descriptor.h"
#include "base/error.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace nonna::gnuplot
{

namespace
{

Descriptor memory_file(const char* name)
{
    Descriptor file(::memfd_create(name, MFD_CLOEXEC), "gnuplot");
    if (!file)
        throw Error(file.name(), errno_reason());
    return file;
}

std::string content(const Descriptor& file)
{
    std::string text(file.size(), '\0');
    file.read_at(0, std::as_writable_bytes(std::span(text)));
    return text;
}

struct SpawnActions {
    posix_spawn_file_actions_t actions;
    SpawnActions() { posix_spawn_file_actions_init(&actions); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions); }
};

std::string run_gnuplot(const std::string& script)
{
    Descriptor in = memory_file("plot");
    const Descriptor out = memory_file("svg"), messages = memory_file("messages");
    in.write(script);
    ::lseek(in.number(), 0, SEEK_SET);
    SpawnActions spawn;
    posix_spawn_file_actions_adddup2(&spawn.actions, in.number(), 0);
    posix_spawn_file_actions_adddup2(&spawn.actions, out.number(), 1);
    posix_spawn_file_actions_adddup2(&spawn.actions, messages.number(), 2);
    std::string program = "gnuplot", defaults = "-d", locale = "LC_ALL=C", path = "PATH=", home = "HOME=/";
    path += std::getenv("PATH") ? std::getenv("PATH") : "";
    char* const arguments[] = {program.data(), defaults.data(), nullptr};
    char* const environment[] = {locale.data(), path.data(), home.data(), nullptr};
    pid_t child = 0;
    const int failure = posix_spawnp(&child, "gnuplot", &spawn.actions, nullptr, arguments, environment);
    if (failure == ENOENT)
        throw Error("gnuplot", "not found; install the package gnuplot-nox");
    if (failure != 0)
        throw Error("gnuplot", errno_reason(failure));
    int status = 0;
    if (uninterrupted([&] { return waitpid(child, &status, 0); }) < 0)
        throw Error("gnuplot", errno_reason());
    std::string svg = content(out);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || svg.find("</svg>") == std::string::npos) {
        std::string said = content(messages);
        std::replace(said.begin(), said.end(), '\n', ' ');
        throw Error("gnuplot", "failed: " + said.substr(0, 300));
    }
    return svg;
}

void replace_each(std::string& text, const std::string& from, const std::string& to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

}    // namespace

// In single quotes, without its markup.
std::string quoted(std::string text)
{
    replace_each(text, "'", "''");
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 32; }, ' ');
    return "'" + text + "'";
}

std::string number(double value)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

std::string preamble(const PlotText& text, int width, int height)
{
    const std::string of_ink = std::string(" textcolor rgb '") + ink + "'";
    std::string s = "set encoding utf8\nset terminal svg size " + std::to_string(width) + "," + std::to_string(height) +
                    " dynamic noenhanced font 'sans-serif,14' linewidth 1.4\n";
    s += std::string("set border 3 linecolor rgb '") + ink + "'\nset tics nomirror" + of_ink + "\n";
    s += "set key outside top center horizontal" + of_ink + " noenhanced\n";
    s += "set title " + quoted(text.title) + of_ink + "\n";
    s += "set xlabel " + quoted(text.x) + of_ink + "\n";
    s += "set ylabel " + quoted(text.y) + of_ink + "\n";
    return s;
}

std::optional<std::pair<double, double>> positive_range(const std::vector<PlotCurve>& curves)
{
    std::optional<std::pair<double, double>> range;
    for (const PlotCurve& curve : curves)
        for (const auto& [x, y] : curve.points) {
            if (!(y > 0))
                return std::nullopt;
            range = range ? std::pair(std::min(range->first, y), std::max(range->second, y)) : std::pair(y, y);
        }
    return range;
}

// gnuplot's own ticks are powers of ten: of costs that fall by half there would be one, or none.
std::string log_axis(double least, double most)
{
    const double margin = std::max(std::pow(most / least, 0.06), 1.02), from = least / margin, to = most * margin;
    std::string ticks;
    const auto add = [&](double at) {
        if (at >= from && at <= to)
            ticks += (ticks.empty() ? "" : ", ") + quoted(number(at)) + " " + number(at);
    };
    const int first = int(std::floor(std::log10(from))), last = int(std::ceil(std::log10(to)));
    if (to / from < 2.5) {    // as on a linear axis
        const double rough = (to - from) / 4, power = std::pow(10, std::floor(std::log10(rough)));
        const double step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
        for (double n = std::ceil(from / step); n * step <= to; ++n)
            add(n * step);
    } else {
        const int every = std::max(1, (last - first) / 6);
        const std::vector<double> digits = to / from < 20     ? std::vector<double>{1, 2, 3, 5, 7}
                                           : to / from < 1000 ? std::vector<double>{1, 2, 5}
                                                              : std::vector<double>{1};
        for (int decade = first; decade <= last; decade += every)
            for (const double digit : digits)
                add(digit * std::pow(10, decade));
    }
    return "set logscale y\nset yrange [" + number(from) + ":" + number(to) + "]\nset ytics (" + ticks + ")\n";
}

std::string data_block(const std::string& name, const std::vector<std::pair<double, double>>& points)
{
    std::string block = "$" + name + " << END_OF_DATA\n";
    for (const auto& [x, y] : points)
        block += number(x) + " " + number(y) + "\n";
    return block + "END_OF_DATA\n";
}

// Every drawing says it.
std::string version()
{
    const std::string svg = run_gnuplot("set terminal svg\nplot 0\n"), mark = "Produced by GNUPLOT ";
    const std::size_t at = svg.find(mark);
    if (at == std::string::npos)
        throw Error("gnuplot", "does not say its version");
    const std::size_t start = at + mark.size();
    std::string text = svg.substr(start, svg.find('<', start) - start);
    while (text.ends_with(' ') || text.ends_with('\n'))
        text.pop_back();
    return "gnuplot " + text;
}

std::string finish(const std::string& script)
{
    std::string svg = run_gnuplot(script);
    for (const char* const written : {"rgb(1,2,3)", "rgb(  1,   2,   3)"})
        replace_each(svg, written, "currentColor");
    replace_each(svg, "color=\"black\"", "color=\"inherit\"");
    const std::size_t start = svg.find("<svg"), end = svg.find('>', start);
    svg.insert(end + 1, "\n<style>svg{color:#222}@media (prefers-color-scheme:dark){svg{color:#ddd}}"
                        "@media print{svg{color:#000}}</style>");
    return svg.substr(start);
}

}    // namespace nonna::gnuplot
