#include "pictures/plot.h"

#include "base/error.h"
#include "pictures/gnuplot.h"

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

namespace nonna {

namespace {

// A file in memory, closed when it goes.
class MemoryFile {
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

namespace gnuplot {

// In single quotes, without its markup.
std::string quoted(std::string text)
{
    replace_each(text, "'", "''");
    std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 32; }, ' ');
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
    std::string s = "set encoding utf8\nset terminal svg size " + std::to_string(width) + "," +
                    std::to_string(height) + " dynamic noenhanced font 'sans-serif,14' linewidth 1.4\n";
    s += std::string("set border 3 linecolor rgb '") + ink + "'\nset tics nomirror textcolor rgb '" + ink + "'\n";
    s += std::string("set key outside top center horizontal textcolor rgb '") + ink + "' noenhanced\n";
    s += std::string("set title ") + quoted(text.title) + " textcolor rgb '" + ink + "'\n";
    s += std::string("set xlabel ") + quoted(text.x) + " textcolor rgb '" + ink + "'\n";
    s += std::string("set ylabel ") + quoted(text.y) + " textcolor rgb '" + ink + "'\n";
    return s;
}

std::string finish(const std::string& script)
{
    std::string svg = run_gnuplot(script);
    for (const char* const written : {"rgb(1,2,3)", "rgb(  1,   2,   3)"})
        replace_each(svg, written, "currentColor");
    replace_each(svg, "color=\"black\"", "color=\"inherit\"");
    const std::size_t start = svg.find("<svg"), end = svg.find('>', start);
    svg.insert(end + 1, "\n<style>svg{color:#222}@media (prefers-color-scheme:dark){svg{color:#ddd}}</style>");
    return svg.substr(start);
}

std::string data_block(const std::string& name, const std::vector<std::pair<double, double>>& points)
{
    std::string block = "$" + name + " << END_OF_DATA\n";
    for (const auto& [x, y] : points)
        block += number(x) + " " + number(y) + "\n";
    return block + "END_OF_DATA\n";
}

}    // namespace gnuplot

using namespace gnuplot;

std::string plot_curves(const PlotText& text, const std::vector<PlotCurve>& curves)
{
    std::string script = preamble(text), plots;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const std::string name = "curve" + std::to_string(i);
        script += data_block(name, curves[i].points);
        plots += (i ? ", $" : "plot $") + name + " using 1:2 with " +
                 (curves[i].points.size() == 1 ? "points pointtype 7"
                  : curves[i].dashed           ? "lines linewidth 1.3 dashtype 2"
                                               : "lines linewidth 2") +
                 " linecolor rgb '" + colours[std::size_t(curves[i].colour) % std::size(colours)] + "' title " +
                 quoted(curves[i].title);
    }
    return finish(script + "set yrange [0:*]\n" + plots + "\n");
}

std::string plot_histogram(const PlotText& text, const std::vector<double>& negatives,
                           const std::vector<double>& positives, double threshold, int bins)
{
    double least = threshold, most = threshold;
    for (const auto* values : {&negatives, &positives})
        for (const double v : *values) {
            least = std::min(least, v);
            most = std::max(most, v);
        }
    const double width = most > least ? (most - least) / bins : 1;
    std::string script = preamble(text), plots;
    int which = 0;
    for (const auto* values : {&negatives, &positives}) {
        std::vector<std::pair<double, double>> shares(bins);
        for (int b = 0; b < bins; ++b)
            shares[b] = {least + (b + 0.5) * width, 0};
        for (const double v : *values)
            shares[std::clamp(int((v - least) / width), 0, bins - 1)].second += 100.0 / double(values->size());
        const std::string name = which ? "positives" : "negatives";
        script += data_block(name, shares);
        plots += (which ? ", $" : "plot $") + name + " using 1:2 with boxes fillstyle transparent solid 0.45 noborder " +
                 "linecolor rgb '" + colours[which ? 0 : 2] + "' title " +
                 quoted(name + " (" + std::to_string(values->size()) + ")");
        ++which;
    }
    script += "set boxwidth " + number(width) + "\nset yrange [0:*]\n";
    script += "set arrow from " + number(threshold) + ", graph 0 to " + number(threshold) +
              ", graph 1 nohead linewidth 1.5 dashtype 2 linecolor rgb '" + ink + "'\n";
    script += "set label 'threshold' at " + number(threshold) + ", graph 0.97 offset character 0.5,0 textcolor rgb '" +
              ink + "'\n";
    return finish(script + plots + "\n");
}

std::string plot_roc(const PlotText& text, const std::vector<double>& negatives, const std::vector<double>& positives)
{
    std::vector<std::pair<double, int>> all;
    for (const double v : negatives)
        all.emplace_back(v, 0);
    for (const double v : positives)
        all.emplace_back(v, 1);
    std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.first > b.first; });
    std::vector<std::pair<double, double>> curve{{0, 0}};
    double hits = 0, alarms = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        ++(all[i].second ? hits : alarms);
        if (i + 1 == all.size() || all[i + 1].first != all[i].first)    // equal responses fall together
            curve.emplace_back(alarms / double(negatives.size()), hits / double(positives.size()));
    }
    std::string script = preamble(text) + data_block("roc", curve);
    script += "set xrange [0:1]\nset yrange [0:1]\n";
    script += std::string("plot $roc using 1:2 with lines linewidth 2.5 linecolor rgb '") + colours[0] +
              "' title 'best neuron', x with lines dashtype 2 linecolor rgb '" + ink + "' title 'chance'\n";
    return finish(script);
}

}    // namespace nonna
