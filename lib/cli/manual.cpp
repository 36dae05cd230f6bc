// The manual page: hand-written mdoc prose with three lines filled in from the declarations, and the declarations
// themselves as JSON, against which the tests hold the pages.
#include "cli/interface.h"

#include <cctype>
#include <fstream>
#include <sstream>

namespace nonna
{

namespace
{

// Text that mdoc takes literally, on lines of at most 78 columns, each sentence on a line of its own.
std::string roff(const std::string& text)
{
    std::string safe = replace_all(replace_all(text, "\\", "\\e"), "-", "\\-");
    safe = replace_all(safe, "'", "\\(aq");
    std::string lines;
    for (std::size_t at = 0; at <= safe.size();) {
        std::size_t stop = safe.find(". ", at);
        std::size_t end = stop == std::string::npos ? safe.size() : stop + 1;
        for (const std::string& line : wrap(safe.substr(at, end - at), 72))
            lines += (line.starts_with(".") ? "\\&" : "") + line + "\n";
        at = end + 1;
    }
    return lines;
}

std::string flag_macro(const std::string& name) { return "Fl " + replace_all(name.substr(1), "-", "\\-"); }

std::string value_macro(const Declaration& d)
{
    return d.metavar.empty() ? "" : " Ar " + replace_all(replace_all(d.metavar, "-", "\\-"), "|", " | ");
}

std::string sentence(std::string text)
{
    if (!text.empty())
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

std::string item(const Declaration& d)
{
    std::string text = ".It ";
    if (d.positional())
        text += "Ar " + d.metavar + (d.repeated ? " ..." : "");
    else
        text +=
            (d.short_name.empty() ? "" : flag_macro(d.short_name) + " , ") + flag_macro(d.long_name) + value_macro(d);
    text += "\n";
    std::string help = d.help;
    if (!d.least.empty() || !d.most.empty())
        help += "; " + range_text(d);
    if (!d.standard.empty())
        help += "; " + d.standard + " by default";
    if (d.required && !d.positional())
        help += "; must be given";
    if (d.repeated && !d.positional())
        help += "; may be repeated";
    return text + roff(sentence(help));
}

std::string item_list(const std::vector<const Declaration*>& declarations)
{
    std::string text = ".Bl -tag -width Ds\n";
    for (const Declaration* d : declarations)
        text += item(*d);
    return text + ".El\n";
}

std::vector<const Declaration*> arguments_then_options(const Command::State& state)
{
    auto rows = state.arguments();
    auto options = state.options();
    rows.insert(rows.end(), options.begin(), options.end());
    return rows;
}

std::string synopsis_of(const Command::State& root, const Command::State* job)
{
    std::string text = ".Nm\n";
    if (job)
        text += ".Cm " + job->name + "\n";
    const Command::State& state = job ? *job : root;
    for (const Declaration* d : state.options()) {
        std::string one = flag_macro(d->short_name.empty() ? d->long_name : d->short_name) + value_macro(*d);
        text += (d->required ? "." : ".Op ") + one + "\n";
    }
    for (const Declaration* d : state.arguments())
        text += (d->fewest > 0 ? ".Ar " : ".Op Ar ") + d->metavar + (d->repeated ? " ..." : "") + "\n";
    return text;
}

std::string synopsis(const Command::State& root)
{
    if (root.jobs.empty())
        return synopsis_of(root, nullptr);
    std::string text;
    for (const auto& job : root.jobs)
        text += synopsis_of(root, &job->state());
    return text;
}

std::string options_section(const Command::State& root, const Common& common)
{
    std::string text;
    if (auto rows = arguments_then_options(root); !rows.empty())
        text += item_list(rows);
    for (const auto& job : root.jobs)
        text += ".Ss " + root.name + " " + job->state().name + "\n" + roff(sentence(job->state().summary)) +
                item_list(arguments_then_options(job->state()));
    std::vector<const Declaration*> rows;
    for (const Declaration& d : common.shown)
        rows.push_back(&d);
    return text + (text.empty() ? "" : ".Ss Options of every program\n") + item_list(rows);
}

std::string json(const std::string& text)
{
    std::string safe;
    for (char c : text) {
        if (c == '"' || c == '\\')
            safe += '\\';
        if (c == '\n')
            safe += "\\n";
        else
            safe += c;
    }
    return concat({"\"", safe, "\""});
}

std::string json(const Declaration& d)
{
    static const char* const kinds[] = {"text", "whole number", "natural number", "number", "choice", "flag"};
    std::string text = "{";
    if (!d.positional()) {
        text += "\"long\": " + json(d.long_name) + ", ";
        if (!d.short_name.empty())
            text += "\"short\": " + json(d.short_name) + ", ";
    }
    text += "\"kind\": " + json(kinds[static_cast<int>(d.kind)]);
    text += ", \"metavar\": " + json(d.metavar) + ", \"help\": " + json(d.help);
    if (!d.standard.empty())
        text += ", \"default\": " + json(d.standard);
    if (!d.least.empty())
        text += ", \"least\": " + json(d.least);
    if (!d.most.empty())
        text += ", \"most\": " + json(d.most);
    if (!d.choices.empty()) {
        text += ", \"choices\": [";
        for (std::size_t i = 0; i < d.choices.size(); ++i)
            text += (i ? ", " : "") + json(d.choices[i]);
        text += "]";
    }
    text += std::string(", \"repeated\": ") + (d.repeated ? "true" : "false");
    return text + ", \"required\": " + (d.required ? "true" : "false") + "}";
}

// One declaration a line, so that the shell can read it too.
std::string json(const std::string& title, const std::vector<const Declaration*>& declarations)
{
    std::string text = "\"" + title + "\": [";
    for (std::size_t i = 0; i < declarations.size(); ++i)
        text += concat({i ? ",\n  " : "\n  ", json(*declarations[i])});
    return text + "]";
}

std::string json_of(const Command::State& state)
{
    return "\"name\": " + json(state.name) + ", \"summary\": " + json(state.summary) + ",\n" +
           json("arguments", state.arguments()) + ",\n" + json("options", state.options());
}

}    // namespace

std::string interface_json(const Command::State& root, const Common& common)
{
    std::vector<const Declaration*> shown;
    for (const Declaration& d : common.shown)
        shown.push_back(&d);
    std::string text = concat({"{", json_of(root), ",\n", json("common", shown), ",\n\"jobs\": ["});
    for (std::size_t i = 0; i < root.jobs.size(); ++i)
        text += concat({i ? ",\n{" : "\n{", json_of(root.jobs[i]->state()), "}"});
    return text + "]}\n";
}

std::string manual_page(const Command::State& root, const Common& common, const std::string& page)
{
    std::ifstream file(page);
    if (!file)
        throw Error(page, errno_reason());
    std::string text;
    bool name = false, usage = false, options = false;
    for (std::string line; std::getline(file, line);) {
        if (line == "@NAME@") {
            name = true;
            text += ".Nm " + root.name + "\n.Nd " + root.summary + "\n";
        } else if (line == "@SYNOPSIS@") {
            usage = true;
            text += synopsis(root);
        } else if (line == "@OPTIONS@") {
            options = true;
            text += options_section(root, common);
        } else {
            text += line + "\n";
        }
    }
    if (file.bad() || !name || !usage || !options)
        throw Error(page, "has not each of the lines @NAME@, @SYNOPSIS@ and @OPTIONS@");
    return text;
}

}    // namespace nonna
