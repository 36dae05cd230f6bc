#include "dataset/digest_cache.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/log.h"
#include "io/manifest.h"
#include "io/output.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <sys/stat.h>
#include <vector>

namespace nonna
{

namespace
{

std::optional<DigestCache::Line> parsed(const std::string& text, const std::string& path)
{
    try {
        Settings s = settings_from_text(text + "\n", path);
        DigestCache::Line line;
        line.id = std::stoull(s["id"], nullptr, 16);
        line.state = s["state"];
        line.digest = digest_bytes(s["digest"]);
        line.code = s["code"];
        return line;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

// Whether it may be read and written: the folder it lies in may be everybody's, who may have laid a link or a FIFO
// there.
bool is_ours(const std::string& path)
{
    struct stat s {
    };
    return ::lstat(path.c_str(), &s) != 0 || S_ISREG(s.st_mode);
}

std::string id_text(std::uint64_t id)
{
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
    return text;
}

}    // namespace

std::string DigestCache::state(const std::string& path)
{
    struct stat s {
    };
    if (::stat(path.c_str(), &s) != 0)
        return "";
    char time[48];
    std::snprintf(time, sizeof time, "%lld.%09ld", static_cast<long long>(s.st_mtim.tv_sec), s.st_mtim.tv_nsec);
    return std::to_string(s.st_size) + " " + time + " " + std::to_string(s.st_ino);
}

// A clock of whole seconds, of which FAT has every second one, is told by its time. The finest others tick every 10 ms,
// sooner than a file is read and a program comes to its end.
bool DigestCache::may_change_unseen(const std::string& state)
{
    const std::size_t begin = state.find(' ') + 1, dot = state.find('.');
    if (dot == std::string::npos || state.compare(dot, 11, ".000000000 ") != 0)
        return false;
    long long seconds = 0;
    std::from_chars(state.data() + begin, state.data() + dot, seconds);
    const long long age = static_cast<long long>(std::time(nullptr)) - seconds;
    return age >= 0 && age <= 2;
}

void DigestCache::each(const std::function<bool(const Line&)>& visit)
{
    if (!is_ours(path_))
        return;
    std::ifstream file(path_);
    for (std::string text; std::getline(file, text);) {
        torn_ = file.eof();
        ++lines_;
        const std::optional<Line> line = parsed(text, path_);
        if (!line || !visit(*line))
            ++useless_;
    }
}

void DigestCache::put(const Line& line)
{
    if (!out_.is_open() && is_ours(path_)) {
        out_.open(path_, std::ios::app);
        if (torn_)
            out_ << "\n";
    }
    Settings s = {{"id", id_text(line.id)}, {"state", line.state}, {"digest", digest_hex(line.digest)}};
    if (!line.code.empty())
        s["code"] = line.code;
    out_ << settings_text(s);
    ++lines_;
    if (++waiting_ % 256 == 0)
        out_.flush();
}

void DigestCache::close()
{
    if (out_.is_open())
        out_.close();
    if (waiting_ > 0 && (!out_ || !is_ours(path_)))
        warn(path_, "could not be written: what was read now will be read again in the next run");
    if (useless_ > lines_ / 2)
        tidy();
}

// Of each source the last line, in the order of the lines.
void DigestCache::tidy() const
try {
    const auto each_line = [&](auto&& visit) {
        std::ifstream file(path_);
        std::uint64_t number = 0;
        for (std::string text; std::getline(file, text); ++number)
            if (const std::optional<Line> line = parsed(text, path_))
                visit(line->id, number, text);
    };
    std::vector<std::pair<std::uint64_t, std::uint64_t>> last;    // id, number of the line
    each_line([&](std::uint64_t id, std::uint64_t number, const std::string&) { last.emplace_back(id, number); });
    std::sort(last.begin(), last.end());
    std::vector<std::uint64_t> kept;
    for (std::size_t i = 0; i < last.size(); ++i)
        if (i + 1 == last.size() || last[i + 1].first != last[i].first)
            kept.push_back(last[i].second);
    std::sort(kept.begin(), kept.end());
    Output out(path_, Output::Kind::text);
    auto next = kept.begin();
    each_line([&](std::uint64_t, std::uint64_t number, const std::string& text) {
        if (next != kept.end() && *next == number) {
            out.write(text + "\n");
            ++next;
        }
    });
    out.commit();
} catch (const Error& e) {
    warn(e.subject(), e.reason());
}

}    // namespace nonna
