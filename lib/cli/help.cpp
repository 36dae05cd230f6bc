// What --help prints: at most 80 columns, and a screen of 25 lines for an ordinary program.
#include "cli/interface.h"
#include "cli/start.h"

#include <algorithm>
#include <cctype>

namespace nonna
{

namespace
{

constexpr std::size_t columns = 80, screen_lines = 24;

std::string flags_of(const Declaration& d)
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
    std::string text = (d.short_name.empty() ? "      " : "  ") + flags_of(d);
    return d.metavar.empty() ? text : text + " " + d.metavar;
}

std::string right_of(const Declaration& d)
{
    std::string text = d.help;
    if (!d.standard.empty())
        text += " [" + d.standard + "]";
    if (d.positional() || !(d.required || d.repeated))
        return text;
    return text + (!d.repeated ? " (needed)" : d.required ? " (needed, repeatable)" : " (repeatable)");
}

// Two columns, the right one from `left` on. A left one that is too long for its column has its help behind it on the
// same line where that fits, else below.
std::string table(const std::vector<const Declaration*>& rows, std::size_t left)
{
    std::string text;
    for (const Declaration* d : rows) {
        std::string line = left_of(*d), help = right_of(*d);
        if (line.size() + 2 > left) {
            if (line.size() + 2 + help.size() <= columns) {
                text += line + "  " + help + "\n";
                continue;
            }
            text += line + "\n";
            line.clear();
        }
        for (const std::string& part : wrap(help, columns - left)) {
            line.resize(left, ' ');
            text += line + part + "\n";
            line.clear();
        }
    }
    return text;
}

std::size_t line_count(const std::string& text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The right column starts where nearly all left ones have ended.
std::string wide_table(const std::vector<const Declaration*>& rows)
{
    std::size_t left = 16;
    for (const Declaration* d : rows)
        if (std::size_t width = left_of(*d).size() + 2; width <= 34)
            left = std::max(left, width);
    return table(rows, left);
}

// The table with the fewest lines, of several the widest: most help still stands in one column.
std::string dense_table(const std::vector<const Declaration*>& rows)
{
    std::string best = table(rows, 24);
    for (std::size_t left = 25; left <= 36; ++left)
        if (std::string text = table(rows, left); line_count(text) <= line_count(best))
            best = text;
    return best;
}

std::string indented(const std::vector<std::string>& lines, const std::string& indent)
{
    std::string text;
    for (const std::string& line : lines)
        text += indent + line + "\n";
    return text;
}

// The programs that are installed, without the "nonna-" that they have in common.
std::string programs_table(const Command::State& root)
{
    const std::string prefix = root.name + "-";
    std::size_t width = 0;
    for (const StartedProgram& program : root.programs)
        width = std::max(width, program.name.size() - prefix.size());
    std::string text;
    for (const StartedProgram& program : root.programs) {
        if (find_program(program.name).empty())
            continue;
        std::string line = "  " + program.name.substr(prefix.size());
        line.resize(width + 4, ' ');
        text += line + program.summary + "\n";
    }
    return text + "\n" + root.name + " PROGRAM --help prints its options, " + root.name +
           " help PROGRAM its manual page.\n";
}

std::string closing(const Command::State& root, const Common& common)
{
    std::string text = root.start ? "Options: " : "Every program: ";
    for (const Declaration& d : common.shown)
        text += flags_of(d) + (d.metavar.empty() ? "" : " " + d.metavar) + (&d == &common.shown.back() ? "." : "; ");
    text += " Manual: " + root.name + "(1)";
    return concat({"\n", indented(wrap(text, columns), "")});
}

// For help that would not fit a screen.
std::string short_closing(const Common& common)
{
    std::string text = "Also";
    for (const Declaration& d : common.shown)
        text += (d.short_name.empty() ? " " : " " + d.short_name + " ") + d.long_name +
                (d.metavar.empty() ? "" : " " + d.metavar);
    return text + "\n";
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

// Made to fit a screen of 25 lines. What comes by itself are the ungrouped options, each with its help; groups and jobs
// are listed by names alone. Where that is still too long, the table is set as densely as it goes, with the right
// column where it costs the fewest lines, and the closing lines shrink to one: what is cut are words that the manual
// has.
std::string help_text(const Command::State& root, const Command::State* job, const Common& common)
{
    const Command::State& state = job ? *job : root;
    std::string head = "Usage: " + root.name;
    if (job)
        head += " " + job->name;
    else if (!root.jobs.empty())
        head += " JOB";
    if (root.start)
        head += concat({" [OPTION]... [PROGRAM [ARGUMENT]...]\n       ", root.name, " help [PROGRAM [JOB]]"});
    else if (job || root.jobs.empty())
        head += " [OPTION]..." + usage_arguments(state);
    else
        head += " [OPTION]... [ARGUMENT]...";
    std::string summary = state.summary + ".";
    summary[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(summary[0])));
    head += concat({"\n", indented(wrap(summary, columns), "")});

    std::vector<const Declaration*> rows = state.arguments();
    std::vector<std::string> grouped(state.groups.size());
    for (const Declaration* d : state.options()) {
        std::size_t group = state.groups.size();
        while (group > 0 && std::size_t(d - state.declarations.data()) < state.groups[group - 1].first)
            --group;
        if (group == 0)
            rows.push_back(d);
        else
            grouped[group - 1] += concat({" ", flags_of(*d), d->metavar.empty() ? "" : " ", d->metavar});
    }
    std::string jobs;
    for (std::size_t i = 0; i < grouped.size(); ++i)
        jobs += indented(wrap(state.groups[i].second + ":" + grouped[i], columns - 2), "  ");
    if (!job)
        for (const auto& child : root.jobs) {
            const Command::State& c = child->state();
            jobs += indented(wrap(c.name + usage_arguments(c) + ": " + c.summary, columns - 2), "  ");
            std::string names;
            for (const Declaration* d : c.options())
                names += (names.empty() ? "" : "  ") + d->long_name;
            jobs += indented(wrap(names, columns - 6), "      ");
        }
    if (root.start)
        return concat({head, "\n", programs_table(root), closing(root, common)});
    std::string text = concat({head, "\n", rows.empty() ? "" : wide_table(rows), jobs, closing(root, common)});
    if (line_count(text) > screen_lines)
        text = concat({head, rows.empty() ? "" : dense_table(rows), jobs, short_closing(common)});
    return text;
}

}    // namespace nonna
