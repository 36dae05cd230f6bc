// What --help prints: at most 80 columns, and a screen of 24 lines for an ordinary program.
#include "cli/interface.h"

#include <algorithm>
#include <cctype>

namespace nonna {

namespace {

constexpr std::size_t columns = 80;

std::string names_of(const Declaration& d)
{
    return d.short_name.empty() ? d.long_name : d.short_name + ", " + d.long_name;
}

std::string argument_of(const Declaration& d)
{
    std::string text = d.metavar + (d.repeated ? "..." : "");
    return d.fewest == 0 ? concat({"[", text, "]"}) : text;
}

std::string usage_arguments(const Command::State& state)
{
    std::string text;
    for (const Declaration* d : state.arguments())
        text += concat({" ", argument_of(*d)});
    return text;
}

std::string left_of(const Declaration& d)
{
    if (d.positional())
        return "  " + d.metavar + (d.repeated ? "..." : "");
    std::string text = (d.short_name.empty() ? "      " : "  ") + names_of(d);
    return d.metavar.empty() ? text : text + " " + d.metavar;
}

std::string right_of(const Declaration& d)
{
    std::string text = d.help;
    if (!d.standard.empty())
        text += " [" + d.standard + "]";
    if (d.required && !d.positional())
        text += " (needed)";
    return text;
}

// Two columns; the right one starts where most of the left ones end.
std::string table(const std::vector<const Declaration*>& rows)
{
    std::size_t left = 0;
    for (const Declaration* d : rows)
        if (std::size_t width = left_of(*d).size() + 2; width <= 34)
            left = std::max(left, width);
    left = std::max<std::size_t>(left, 16);
    std::string text;
    for (const Declaration* d : rows) {
        std::string line = left_of(*d);
        if (line.size() + 2 > left) {
            // Too long for its column: the help follows on the same line where it fits, else below.
            if (line.size() + 2 + right_of(*d).size() <= columns) {
                text += line + "  " + right_of(*d) + "\n";
                continue;
            }
            text += line + "\n";
            line.clear();
        }
        for (const std::string& part : wrap(right_of(*d), columns - left)) {
            line.resize(left, ' ');
            text += line + part + "\n";
            line.clear();
        }
    }
    return text;
}

std::string indented(const std::vector<std::string>& lines, const std::string& indent)
{
    std::string text;
    for (const std::string& line : lines)
        text += indent + line + "\n";
    return text;
}

std::string closing(const Command::State& root, const Common& common)
{
    std::string text = "Every program: ";
    for (const Declaration& d : common.shown)
        text += names_of(d) + (d.metavar.empty() ? "" : " " + d.metavar) + (&d == &common.shown.back() ? "." : "; ");
    text += " Manual: " + root.name + "(1)";
    return indented(wrap(text, columns), "");
}

}    // namespace

std::vector<std::string> wrap(const std::string& text, std::size_t width)
{
    std::vector<std::string> lines;
    std::string line;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = std::min(text.find(' ', at), text.size());
        std::string word = text.substr(at, end - at);
        at = end + 1;
        if (word.empty())
            continue;
        if (!line.empty() && line.size() + 1 + word.size() > width) {
            lines.push_back(line);
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty() || lines.empty())
        lines.push_back(line);
    return lines;
}

std::string range_text(const Declaration& d)
{
    if (!d.least.empty() && !d.most.empty())
        return d.least + " to " + d.most;
    if (!d.least.empty())
        return "at least " + d.least;
    return d.most.empty() ? "" : "at most " + d.most;
}

std::string concat(std::initializer_list<std::string_view> parts)
{
    std::string text;
    for (std::string_view part : parts)
        text += part;
    return text;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

std::string help_text(const Command::State& root, const Command::State* job, const Common& common)
{
    const Command::State& state = job ? *job : root;
    std::string text = "Usage: " + root.name;
    if (job)
        text += " " + job->name;
    else if (!root.jobs.empty())
        text += " JOB";
    text += " [OPTION]..." + (job || root.jobs.empty() ? usage_arguments(state) : std::string(" [ARGUMENT]..."));
    std::string summary = state.summary + ".";
    summary[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(summary[0])));
    text += concat({"\n", indented(wrap(summary, columns), ""), "\n"});

    auto rows = state.arguments();
    auto options = state.options();
    rows.insert(rows.end(), options.begin(), options.end());
    if (!rows.empty())
        text += table(rows);

    if (!job)
        for (const auto& child : root.jobs) {
            const Command::State& c = child->state();
            text += indented(wrap(c.name + usage_arguments(c) + ": " + c.summary, columns - 2), "  ");
            std::string names;
            for (const Declaration* d : c.options())
                names += (names.empty() ? "" : "  ") + d->long_name;
            text += indented(wrap(names, columns - 6), "      ");
        }
    return concat({text, "\n", closing(root, common)});
}

}    // namespace nonna
