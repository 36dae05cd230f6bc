// Which picture shows which head, and how far it is turned: for sequences out of the picture's plane.
//
// A picture's *stem* is its source's name without the extension. The part behind the stem's last '-' or '_' is its
// *view*, the part before it its *group*: "headpose/17-03.jpg" is view 03 of headpose/17. Angles are degrees. They
// come from one of
//     nothing               the view is the angle itself: anna-30.jpg, anna_-30.jpg, anna--30.jpg
//     "01=-90,02=-70"       each view's angle
//     a table (TSV)         columns view and angle; or source or key, angle and, if it likes, group
// A picture that has no angle by these rules does not belong to a sequence.
#pragma once

#include "base/error.h"

#include <map>
#include <optional>
#include <string>

namespace nonna
{

struct TurnedView {
    std::string group;
    double angle = 0;
};

class ViewAngles
{
  public:
    // Error (usage) naming --angles for a list that is none, naming the file for a table.
    explicit ViewAngles(const std::string& angles);
    std::optional<TurnedView> find(const std::string& source, const std::string& key) const;

  private:
    enum class By { number, view, source, key } by_ = By::number;
    std::map<std::string, TurnedView> known_;    // by view: group is empty

    void add(const std::string& name, const std::string& subject, const std::string& angle, const std::string& group,
             ExitStatus status);
    void read_list(const std::string& list);
    void read_angles(const std::string& path);
};

}    // namespace nonna
