#include "report/gnuplot.h"

#include "base/error.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace nonna::gnuplot
{

namespace
{

// A file in memory, closed when it goes.
class MemoryFile
{
  public:
    explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC))
    {
        if (fd_ < 0)
            throw Error("gnuplot", errno_reason());
    }
    ~MemoryFile() { close(fd_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    int fd() const { return fd_; }

    void fill(const std::string& text)
    {
        for (std::size_t done = 0; done < text.size();) {
            const ssize_t n = write(fd_, text.data() + done, text.size() - done);
            if (n < 0 && errno != EINTR)
                throw Error("gnuplot", errno_reason());
            done += n > 0 ? std::size_t(n) : 0;
        }
        lseek(fd_, 0, SEEK_SET);
    }
    std::string content()
    {
        lseek(fd_, 0, SEEK_SET);
        std::string text;
        char piece[1 << 16];
        for (ssize_t n; (n = read(fd_, piece, sizeof piece)) != 0;) {
            if (n > 0)
                text.append(piece, std::size_t(n));
            else if (errno != EINTR)
                throw Error("gnuplot", errno_reason());
        }
        return text;
    }

  private:
    int fd_;
};

struct SpawnActions {
    posix_spawn_file_actions_t actions;
    SpawnActions() { posix_spawn_file_actions_init(&actions); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions); }
};

std::string run_gnuplot(const std::string& script)
{
    MemoryFile in("plot"), out("svg"), messages("messages");
    in.fill(script);
    SpawnActions spawn;
    posix_spawn_file_actions_adddup2(&spawn.actions, in.fd(), 0);
    posix_spawn_file_actions_adddup2(&spawn.actions, out.fd(), 1);
    posix_spawn_file_actions_adddup2(&spawn.actions, messages.fd(), 2);
    std::string program = "gnuplot", defaults = "-d", locale = "LC_ALL=C", path = "PATH=", home = "HOME=/";
    path += std::getenv("PATH") ? std::getenv("PATH") : "";
    char* const arguments[] = {program.data(), defaults.data(), nullptr};
    char* const environment[] = {locale.data(), path.data(), home.data(), nullptr};
    pid_t child = 0;
    const int failure = posix_spawnp(&child, "gnuplot", &spawn.actions, nullptr, arguments, environment);
    if (failure == ENOENT)
        throw Error("gnuplot", "not found; install the package gnuplot-nox");
    if (failure != 0) {
        errno = failure;
        throw Error("gnuplot", errno_reason());
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            throw Error("gnuplot", errno_reason());
    std::string svg = out.content();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || svg.find("</svg>") == std::string::npos) {
        std::string said = messages.content();
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
