#include "dataset/walk.h"

#include "base/log.h"
#include "io/table.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nonna
{

namespace
{

const std::vector<std::string>& picture_endings()
{
    static const std::vector<std::string> endings = {"jpg", "jpeg", "jpe",  "jfif", "jfi", "jif", "pjpeg",
                                                     "pjp", "png",  "webp", "ppm",  "pgm", "pnm"};
    return endings;
}

// In lower case; empty where there is none.
std::string ending_of(std::string_view name)
{
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos || dot == 0)
        return {};
    std::string ending(name.substr(dot + 1));
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending;
}

bool ends_in(std::string_view name, const std::vector<std::string>& endings)
{
    return std::find(endings.begin(), endings.end(), ending_of(name)) != endings.end();
}

}    // namespace

const std::vector<std::string>& video_endings()
{
    static const std::vector<std::string> endings = {
        "3g2", "3gp", "asf",   "avi", "divx", "dv",   "f4v", "flv",  "gif",  "m1v", "m2ts",
        "m2v", "m4v", "mjpeg", "mkv", "mov",  "mp4",  "mpe", "mpeg", "mpg",  "mts", "mxf",
        "ogg", "ogm", "ogv",   "qt",  "rm",   "rmvb", "ts",  "vob",  "webm", "wmv", "y4m",
    };
    return endings;
}

bool named_like_video(std::string_view name) { return ends_in(name, video_endings()); }

bool named_like_picture(std::string_view name) { return ends_in(name, picture_endings()); }

bool is_tabular(std::string_view name) { return fits_cell(name); }

struct Walk::State {
    struct Entry {
        std::string name;    // of a folder: with a '/' behind it, which puts it into the order of whole paths
        bool folder = false;
        std::optional<Refusal> refusal;
    };
    struct Level {
        std::string path;    // ends with '/'
        std::vector<Entry> entries;
        std::size_t next = 0;
    };

    Wanted wanted;
    std::vector<Level> levels;
    std::set<std::pair<dev_t, ino_t>> entered;
    std::optional<Found> failure;    // to be given next
    LeftOut left_out;

    // Lists a folder and makes it the current level. By its descriptor, so that what is looked at is what was listed,
    // and as a device and inode number, so that links in a circle end.
    void enter(const std::string& path)
    {
        const std::string subject = path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
        struct stat about {
        };
        DIR* const folder = ::opendir(path.c_str());
        if (!folder || ::fstat(::dirfd(folder), &about) != 0) {
            failure = Found{subject, Refusal(subject, Reason::unreadable, errno_reason())};
            if (folder)
                ::closedir(folder);
            return;
        }
        const std::unique_ptr<DIR, int (*)(DIR*)> owner(folder, ::closedir);
        if (!entered.insert({about.st_dev, about.st_ino}).second)
            return;
        Level level{path.ends_with('/') ? path : path + "/", {}, 0};
        errno = 0;
        while (const dirent* const entry = ::readdir(folder)) {
            if (entry->d_name[0] != '.')
                look_at(::dirfd(folder), entry->d_name, level);
            errno = 0;
        }
        if (errno)    // what was listed so far is walked all the same
            failure = Found{subject, Refusal(subject, Reason::unreadable, errno_reason())};
        std::sort(level.entries.begin(), level.entries.end(),
                  [](const Entry& a, const Entry& b) { return a.name < b.name; });
        levels.push_back(std::move(level));
    }

    void look_at(int folder, const std::string& name, Level& level)
    {
        struct stat about {
        };
        const std::string path = level.path + name;
        Entry entry{name, false, {}};
        if (::fstatat(folder, name.c_str(), &about, 0) != 0) {
            // ENOENT: a link that leads nowhere, or gone since it was listed
            struct stat link {
            };
            const int reason = errno;
            if (::fstatat(folder, name.c_str(), &link, AT_SYMLINK_NOFOLLOW) != 0)
                return;
            errno = reason;
            entry.refusal = Refusal(path, Reason::unreadable, reason == ENOENT ? "a link to nothing" : errno_reason());
        } else if (S_ISDIR(about.st_mode)) {
            entry.folder = true;
            entry.name += '/';
        } else if (!S_ISREG(about.st_mode)) {
            entry.refusal = Refusal(path, Reason::not_regular);
        } else if (!wanted(name)) {
            left_out.add(name);
            return;
        }
        level.entries.push_back(std::move(entry));
    }
};

Walk::Walk(const std::string& folder, Wanted wanted) : state_(std::make_unique<State>())
{
    state_->wanted = std::move(wanted);
    state_->enter(folder);
}

Walk::~Walk() = default;
Walk::Walk(Walk&&) noexcept = default;

const LeftOut& Walk::left_out() const { return state_->left_out; }

void LeftOut::add(std::string_view name)
{
    ++count_;
    // A folder of a million endings is not worth their memory.
    constexpr std::size_t most = 1000;
    const std::string ending = ending_of(name);
    if (endings_.size() < most || endings_.contains(ending))
        ++endings_[ending];
}

// The most frequent endings first.
std::string LeftOut::text() const
{
    std::vector<std::pair<std::string, std::uint64_t>> order(endings_.begin(), endings_.end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    constexpr std::size_t named = 8;
    std::string list;
    std::uint64_t rest = count_;
    for (std::size_t i = 0; i < std::min(named, order.size()); ++i) {
        list += (i ? ", " : "") + std::to_string(order[i].second) + " " +
                (order[i].first.empty() ? "without an ending" : "." + order[i].first);
        rest -= order[i].second;
    }
    if (rest)
        list += ", " + std::to_string(rest) + " others";
    return std::to_string(count_) + (count_ == 1 ? " file" : " files") + " left out by the ending of the name: " + list;
}

void LeftOut::tell(const std::string& folder) const
{
    if (count_)
        say(folder + ": " + text());
}

std::optional<Walk::Found> Walk::next()
{
    State& s = *state_;
    for (;;) {
        if (s.failure)
            return std::exchange(s.failure, std::nullopt);
        if (s.levels.empty())
            return std::nullopt;
        State::Level& level = s.levels.back();
        if (level.next == level.entries.size()) {
            s.levels.pop_back();
            continue;
        }
        State::Entry& entry = level.entries[level.next++];
        const std::string path = level.path + entry.name;
        if (!entry.folder)
            return Found{path, std::move(entry.refusal)};
        s.enter(path);    // `level` and `entry` end here
    }
}

FileWalk::FileWalk(std::function<bool(std::string&)> names, bool recursive, Walk::Wanted wanted)
    : names_(std::move(names)), recursive_(recursive), wanted_(std::move(wanted))
{
}

void FileWalk::tell_left_out() const
{
    for (const auto& [folder, some] : left_out_)
        some.tell(folder);
}

std::optional<Walk::Found> FileWalk::next()
{
    for (;;) {
        if (walk_) {
            if (std::optional<Walk::Found> found = walk_->next())
                return found;
            left_out_.emplace_back(folder_, walk_->left_out());
            walk_.reset();
        }
        std::string name;
        if (!names_(name))
            return std::nullopt;
        struct stat about {
        };
        if (::stat(name.c_str(), &about) != 0 || !S_ISDIR(about.st_mode))
            return Walk::Found{std::move(name), {}};
        if (!recursive_) {
            const Refusal refusal(name, Reason::not_regular, "a folder, whose files --recursive takes");
            return Walk::Found{std::move(name), refusal};
        }
        folder_ = name;
        walk_.emplace(name, wanted_);
    }
}

}    // namespace nonna
