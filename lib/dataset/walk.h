// The files in a folder, one after another.
//
// Model to hold in mind: a walk goes down into folders and gives files in the byte order of their whole paths, as
// `find FOLDER | LC_ALL=C sort` would list them, and holds one listing for each level it is in. Names that begin with a
// dot are left out, and so are files that `wanted` does not want by their name, which are counted. Links are followed,
// to folders too, but a real folder is entered once, so links in a circle end.
//
// What cannot be walked is given as a Refusal in its place and the walk goes on: a folder that cannot be listed, a link
// that leads nowhere (`unreadable`), and whatever is neither folder nor file (`not_regular`), wanted by name or not.
// Files are looked at (stat), never opened. One thread.
#pragma once

#include "media/reason.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nonna
{

// Files of a folder that were not wanted by their name, told once in a line: a picture named otherwise than expected is
// not missed by looking at what came out.
class LeftOut
{
  public:
    void add(std::string_view name);
    std::string text() const;                      // "3 files left out by the ending of the name: 2 .heic, 1 .txt"
    void tell(const std::string& folder) const;    // says so, where there are any; not with --quiet

  private:
    std::uint64_t count_ = 0;
    std::map<std::string, std::uint64_t> endings_;
};

class Walk
{
  public:
    struct Found {
        std::string path;
        std::optional<Refusal> refusal;
    };
    using Wanted = std::function<bool(std::string_view name)>;

    Walk(const std::string& folder, Wanted wanted);
    ~Walk();
    Walk(Walk&&) noexcept;
    std::optional<Found> next();
    const LeftOut& left_out() const;    // so far

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Names as given, and, where `recursive`, the wanted files of those that are folders. `names` fills one name at a time
// until it returns false.
class FileWalk
{
  public:
    FileWalk(std::function<bool(std::string&)> names, bool recursive, Walk::Wanted wanted);
    std::optional<Walk::Found> next();
    void tell_left_out() const;    // a line for each folder gone through

  private:
    std::function<bool(std::string&)> names_;
    bool recursive_;
    Walk::Wanted wanted_;
    std::string folder_;    // that walk_ is in
    std::vector<std::pair<std::string, LeftOut>> left_out_;
    std::optional<Walk> walk_;
};

// By the ending of the name, in upper or lower case.
bool named_like_video(std::string_view name);
bool named_like_picture(std::string_view name);
const std::vector<std::string>& video_endings();    // "mp4", ...; the manual lists them

// Whether a name fits a line of a list and a field of a table: no tab, no line break.
bool is_tabular(std::string_view name);

}    // namespace nonna
