#include "train/training_log.h"

#include "base/error.h"
#include "io/output.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <utility>

namespace nonna
{

double total(const std::vector<StageCost>& costs)
{
    double sum = 0;
    for (const StageCost& c : costs)
        sum += c.total;
    return sum;
}

Lines::Lines(std::string path, const std::string& kept) : path_(std::move(path))
{
    if (path_.empty())
        return;
    file_ = Descriptor::open(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY);
    put(kept);
}

void Lines::put(const std::string& text)
{
    if (file_)
        file_.write(text);
}

// The header, and of an older log the rows up to a step.
static std::string kept_rows(const std::string& path, const Model& model, std::int64_t resumed_at)
{
    std::string header = "step\tset\timages\trate\tcost";
    for (std::size_t s = 1; s <= model.architecture.stages.size(); ++s)
        for (const char* column : {"reconstruction", "sparsity", "penalty", "relative", "best_relative", "alpha"})
            header += "\tstage" + std::to_string(s) + "_" + column;
    header += "\n";
    std::string kept = header;
    if (!path.empty() && resumed_at > 0 && std::filesystem::exists(path)) {
        std::istringstream old(read_whole_file(path, std::size_t(1) << 30));
        std::string line;
        std::getline(old, line);
        if (line + '\n' != header)
            throw Error(path, "is not the log of this model");
        while (std::getline(old, line) && !old.eof())    // a last line without its end is dropped
            if (std::atoll(line.c_str()) <= resumed_at)
                kept += line + '\n';
    }
    return kept;
}

TrainingLog::TrainingLog(const std::string& path, const Model& model, std::int64_t resumed_at)
    : lines_(path, kept_rows(path, model, resumed_at))
{
}

void TrainingLog::row(std::int64_t step, const char* set, double images, double rate,
                      const std::vector<StageCost>& sums, const Model& model)
{
    if (!lines_.open())
        return;
    char cell[64];
    std::string text = std::to_string(step) + "\t" + set;
    auto number = [&](double v) {
        std::snprintf(cell, sizeof cell, "\t%.9g", v);
        text += cell;
    };
    number(images);
    number(rate);
    number(total(sums) / images);
    for (std::size_t s = 0; s < sums.size(); ++s) {
        number(sums[s].reconstruction / images);
        number(sums[s].sparsity / images);
        number(model.architecture.stages[s].lambda * sums[s].sparsity / images);
        // of flat pictures nothing is to be reconstructed
        const std::vector<double>& fit = sums[s].statistics;
        number(sums[s].input > 0 ? sums[s].reconstruction / sums[s].input : 0);
        // |alpha u - x|^2 at its least: |x|^2 - <u, x>^2 / |u|^2
        number(sums[s].input > 0 && fit[1] > 0 ? 1 - fit[0] * fit[0] / fit[1] / sums[s].input : 0);
        number(model.alpha(int(s)));
    }
    lines_.put(text + "\n");
}

static double clock_seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static std::string timing_columns(const TilePlace& place)
{
    std::string header = "step\tseconds\timages_per_second\twaited_input\twaited_fetch\twaited_push\tstaleness";
    for (int t = 1; place.exchange && t < place.tiling.tiles(); ++t)
        header +=
            "\twaited_" + std::to_string(t / place.tiling.columns) + "," + std::to_string(t % place.tiling.columns);
    return header + "\n";
}

Timing::Timing(const std::string& path, std::int64_t step, std::int64_t batch, const TilePlace& place)
    : place_(place), batch_(batch), start_(now(step, 0, {})), last_(start_), lines_(path, timing_columns(place))
{
}

Timing::Mark Timing::now(std::int64_t step, double waited, const ServerTimes& servers) const
{
    Mark mark{step, clock_seconds(), waited, servers, {}};
    for (int t = 1; place_.exchange && t < place_.tiling.tiles(); ++t)
        mark.tiles.push_back(place_.exchange->traffic()[std::size_t(t)].waited);
    return mark;
}

void Timing::row(std::int64_t step, double waited, const ServerTimes& servers)
{
    const Mark mark = now(step, waited, servers);
    write(last_, mark);
    last_ = mark;
}

void Timing::whole(std::int64_t step, double waited, const ServerTimes& servers)
{
    if (step > start_.step)
        write(start_, now(step, waited, servers));
}

void Timing::write(const Mark& from, const Mark& to)
{
    const double seconds = to.seconds - from.seconds;
    auto share = [&](double a, double b) { return seconds > 0 ? (b - a) / seconds : 0; };
    const double input = share(from.waited, to.waited), fetch = share(from.servers.fetch, to.servers.fetch),
                 push = share(from.servers.push, to.servers.push);
    share_ = input + fetch + push;
    const std::uint64_t pushes = to.servers.pushes - from.servers.pushes;
    const double age = pushes ? double(to.servers.staleness_sum - from.servers.staleness_sum) / double(pushes) : 0;
    char text[192];
    std::snprintf(text, sizeof text, "%lld\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g", static_cast<long long>(to.step),
                  seconds, seconds > 0 ? double(to.step - from.step) * double(batch_) / seconds : 0, input, fetch, push,
                  age);
    std::string line = text;
    for (std::size_t t = 0; t < to.tiles.size(); ++t) {
        std::snprintf(text, sizeof text, "\t%.9g", share(from.tiles[t], to.tiles[t]));
        line += text;
    }
    lines_.put(line + "\n");
}

}    // namespace nonna
