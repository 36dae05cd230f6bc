// What the sources of a built set held when they were last looked at, so that a night reads only what is new to it.
//
// Model to hold in mind: a file beside the set (BuiltSetFiles::digests), no part of it: sets are the same bytes with
// and without it. A line has the id of a source, the *state* of its file (size, time of the last change of its content,
// inode: moved files may share the first two) and the digest that its content had. While the state is the same the
// content is taken to be the same; otherwise the file is read. A line may also have the code of a failure, of a content
// that was to take the place of what the set has and could not (build.h).
//
// Lines are added at the end, so that a run cut short keeps what it read; the last line about a source counts. Each has
// a check as the manifest's have (io/manifest.h): one that is torn or damaged says nothing, and without the file every
// source is looked at. A file changed within its clock's last tick is not remembered: it could change again unseen.
// Whoever writes has the set's lock. One thread, but for get() between two put().
#pragma once

#include "io/digest.h"

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>

namespace nonna
{

class DigestCache
{
  public:
    struct Line {
        std::uint64_t id = 0;
        std::string state;
        DigestBytes digest{};    // zeros: it could not be read, for the reason of the code
        std::string code;
    };

    explicit DigestCache(std::string path) : path_(std::move(path)) {}

    // The state of a file now; empty: there is none.
    static std::string state(const std::string& path);
    // Whether a file that has this state now might change again and keep it.
    static bool may_change_unseen(const std::string& state);

    // All lines from the first on; true: this one still holds, false: it is of no use any more.
    void each(const std::function<bool(const Line&)>& visit);
    void put(const Line& line);
    // Writes the file anew without what is of no use, where that is most of it. Says so when nothing could be kept.
    void close();

  private:
    std::string path_;
    std::ofstream out_;
    std::uint64_t lines_ = 0, useless_ = 0, waiting_ = 0;
    bool torn_ = false;    // the last line has no end

    void tidy() const;
};

}    // namespace nonna
