#include "report/view_angles.h"

#include "base/error.h"
#include "io/table.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace nonna
{

namespace
{

std::optional<double> degrees(std::string text)
{
    if (text.starts_with('+'))
        text.erase(0, 1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || std::abs(value) > 360)
        return {};
    return value;
}

std::string stem(const std::string& source)
{
    const std::size_t dot = source.rfind('.'), slash = source.rfind('/');
    return dot != std::string::npos && (slash == std::string::npos || dot > slash) ? source.substr(0, dot) : source;
}

// (group, view); no view where the name has no '-' or '_', or nothing behind it.
std::optional<std::pair<std::string, std::string>> parts(const std::string& source, bool signs)
{
    const std::string name = stem(source);
    std::size_t at = name.find_last_of("-_");
    const std::size_t slash = name.rfind('/');
    if (at == std::string::npos || at + 1 == name.size() || (slash != std::string::npos && at < slash))
        return {};
    // "anna--30": the second is a sign.
    const std::size_t begin =
        signs && name[at] == '-' && at > 0 && (name[at - 1] == '-' || name[at - 1] == '_') ? at : at + 1;
    return std::pair(name.substr(0, begin == at ? at - 1 : at), name.substr(begin));
}

}    // namespace

ViewAngles::ViewAngles(const std::string& angles)
{
    if (angles.empty())
        return;    // names end in degrees
    if (angles.find('=') != std::string::npos)
        read_list(angles);
    else
        read_angles(angles);
}

// No angle may be told twice: which of the two holds would depend on the order.
void ViewAngles::add(const std::string& name, const std::string& subject, const std::string& angle,
                     const std::string& group, ExitStatus status)
{
    const std::optional<double> value = degrees(angle);
    if (!value)
        throw Error(subject, name + ": '" + angle + "' is no angle in degrees", status);
    if (!known_.emplace(name, TurnedView{group, *value}).second)
        throw Error(subject, name + " is named twice", status);
}

void ViewAngles::read_list(const std::string& list)
{
    by_ = By::view;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string item = list.substr(begin, end - begin);
        const std::size_t equals = item.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw Error("--angles", "must be VIEW=DEGREES,VIEW=DEGREES... or a table", ExitStatus::usage);
        add(item.substr(0, equals), "--angles", item.substr(equals + 1), "", ExitStatus::usage);
        begin = end + 1;
    }
}

void ViewAngles::read_angles(const std::string& path)
{
    const Table table = read_table(path);
    std::string name = "key";
    by_ = By::key;
    for (const auto& [by, column] : {std::pair{By::source, "source"}, {By::view, "view"}})
        if (table.has(column)) {    // the later is the stronger
            by_ = by;
            name = column;
        }
    const std::size_t named = table.column(name), angle = table.column("angle");
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        std::string group;    // of a view it is in the picture's own name
        if (by_ != By::view && table.has("group"))
            group = table.rows[i][table.column("group")];
        add(table.rows[i][named], path + ": " + table.line(i), table.rows[i][angle], group, ExitStatus::failed);
    }
    if (known_.empty())
        throw Error(path, "no angles in it");
}

std::optional<TurnedView> ViewAngles::find(const std::string& source, const std::string& key) const
{
    const auto split = parts(source, by_ == By::number);
    if (by_ == By::number) {
        const std::optional<double> angle = split ? degrees(split->second) : std::nullopt;
        return angle ? std::optional(TurnedView{split->first, *angle}) : std::nullopt;
    }
    if (by_ == By::view && !split)
        return {};
    std::string name = key;
    if (by_ == By::view)
        name = split->second;
    else if (by_ == By::source)
        name = source;
    const auto found = known_.find(name);
    if (found == known_.end())
        return {};
    TurnedView view = found->second;
    if (view.group.empty() && split)
        view.group = split->first;
    return view;
}

}    // namespace nonna
