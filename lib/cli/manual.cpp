// The manual page: hand-written mdoc prose with some lines filled in from the declarations, and the declarations
// themselves as JSON, against which the tests hold the pages.
//
// The lines that are filled in, each alone on its line:
//
//     @NAME@            name and summary of the program
//     @SYNOPSIS@        how it is called
//     @OPTIONS@         arguments and options, those of every job under a heading of its own
//     @JOBS@            the jobs, each with its summary and the name of its page
//     @PROGRAMS@        of nonna: the programs it starts, likewise
//     @NAME JOB...@, @SYNOPSIS JOB...@, @OPTIONS JOB...@    the same of these jobs only
//
// So a program with many jobs has a page for itself, with @JOBS@ and without the jobs' options, and pages for jobs that
// belong together, as git has git-add(1). The page of a job goes by the name PROGRAM-JOB, whichever file it is in.
#include "cli/interface.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace nonna
{

namespace
{

// Text that mdoc takes as it is, on lines of at most 72 columns, each sentence on a line of its own; what stands
// between backquotes is set in bold.
std::string roff(const std::string& text)
{
    std::string safe = replace_all(replace_all(text, "\\", "\\e"), "-", "\\-");
    safe = replace_all(safe, "'", "\\(aq");
    bool literal = false;
    for (std::size_t at = 0; (at = safe.find('`', at)) != std::string::npos; literal = !literal)
        safe.replace(at, 1, literal ? "\\fR" : "\\fB");
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

// One of several words is typed as it stands (Cm), anything else stands for what is typed (Ar).
std::string value_macro(const Declaration& d)
{
    if (d.metavar.empty())
        return "";
    return (d.choices.empty() ? " Ar " : " Cm ") + replace_all(replace_all(d.metavar, "-", "\\-"), "|", " | ");
}

// A capital letter first and a full stop last; but a word to be typed keeps its case.
std::string sentence(std::string text)
{
    if (!text.empty() && text[0] != '`')
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

// What holds for the value, as a sentence of its own; empty where there is nothing to say.
std::string rules(const Declaration& d)
{
    std::string text = range_text(d);
    if (!d.least.empty() && !d.most.empty())
        text = "from " + text;
    if (!d.standard.empty())
        text += concat({text.empty() ? "" : ", ", "by default ", d.choices.empty() ? "" : "`", d.standard,
                        d.choices.empty() ? "" : "`"});
    if (d.required && !d.positional())
        text += concat({text.empty() ? "" : "; ", "must be given"});
    if (d.repeated && !d.positional())
        text += concat({text.empty() ? "" : "; ", "may be repeated"});
    return text.empty() ? "" : " " + sentence(text);
}

std::string item(const Declaration& d)
{
    std::string text = ".It ";
    if (d.positional())
        text += "Ar " + d.metavar + (d.repeated ? " ..." : "");
    else
        text +=
            (d.short_name.empty() ? "" : flag_macro(d.short_name) + " , ") + flag_macro(d.long_name) + value_macro(d);
    return text + "\n" + roff(sentence(d.marked_help) + rules(d));
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

// A line of the synopsis is broken between options only: many choices get a name there.
std::string short_value_macro(const Declaration& d)
{
    if (d.choices.empty() || d.metavar.size() <= 30)
        return value_macro(d);
    std::string name = d.key();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return " Ar " + name;
}

std::string synopsis_of(const Command::State& root, const Command::State* job)
{
    std::string text = ".Nm " + root.name + "\n";
    if (job)
        text += ".Cm " + job->name + "\n";
    const Command::State& state = job ? *job : root;
    for (const Declaration* d : state.options()) {
        std::string one = flag_macro(d->short_name.empty() ? d->long_name : d->short_name) + short_value_macro(*d);
        text += (d->required ? "." : ".Op ") + one + "\n";
    }
    for (const Declaration* d : state.arguments())
        text += (d->fewest > 0 ? ".Ar " : ".Op Ar ") + d->metavar + (d->repeated ? " ..." : "") + "\n";
    return text;
}

// Of a program with a page for each group of jobs: how each job is called, without its options.
std::string short_synopsis(const Command::State& root)
{
    std::string text;
    for (const auto& job : root.jobs) {
        text += ".Nm\n.Cm " + job->state().name + "\n.Op Ar option ...\n";
        for (const Declaration* d : job->state().arguments())
            text += (d->fewest > 0 ? ".Ar " : ".Op Ar ") + d->metavar + (d->repeated ? " ..." : "") + "\n";
    }
    return text;
}

// The jobs named, in the order named, or all. Error where there is none of that name.
std::vector<const Command::State*> jobs_named(const Command::State& root, const std::vector<std::string>& names)
{
    std::vector<const Command::State*> found;
    for (const auto& job : root.jobs)
        if (names.empty())
            found.push_back(&job->state());
    for (const std::string& name : names) {
        auto job = std::find_if(root.jobs.begin(), root.jobs.end(),
                                [&](const auto& candidate) { return candidate->state().name == name; });
        if (job == root.jobs.end())
            throw Error(root.name, "has no job " + name);
        found.push_back(&(*job)->state());
    }
    return found;
}

std::string synopsis(const Command::State& root, const std::vector<const Command::State*>& jobs)
{
    if (!root.programs.empty())
        return ".Nm\n.Op Ar PROGRAM Op Ar ARGUMENT ...\n.Nm\n.Cm help\n.Op Ar PROGRAM Op Ar JOB\n";
    if (jobs.empty())
        return synopsis_of(root, nullptr);
    std::string text;
    for (const Command::State* job : jobs)
        text += synopsis_of(root, job);
    return text;
}

std::string options_section(const Command::State& root, const std::vector<const Command::State*>& jobs,
                            const Common& common)
{
    std::string text;
    if (auto rows = arguments_then_options(root); !rows.empty())
        text += item_list(rows);
    for (const Command::State* job : jobs)
        text += ".Ss " + root.name + " " + job->name + "\n" + roff(sentence(job->summary)) +
                item_list(arguments_then_options(*job));
    std::vector<const Declaration*> rows;
    for (const Declaration& d : common.shown)
        rows.push_back(&d);
    return text + (text.empty() ? "" : ".Ss Options of every program\n") + item_list(rows);
}

// What has a page of its own, with a line about each.
std::string page_list(const std::vector<StartedProgram>& rows)
{
    std::size_t widest = 0;
    for (const StartedProgram& row : rows)
        widest = std::max(widest, row.name.size());
    std::string text = ".Bl -tag -width \"" + std::string(widest, 'x') + "(1)\"\n";
    for (const StartedProgram& row : rows)
        text += ".It Xr " + row.name + " 1\n" + roff(sentence(row.summary));
    return text + ".El\n";
}

std::string job_list(const Command::State& root)
{
    std::vector<StartedProgram> rows;
    for (const auto& job : root.jobs)
        rows.push_back({root.name + "-" + job->state().name, job->state().summary});
    return page_list(rows);
}

std::string page_names(const Command::State& root, const std::vector<std::string>& jobs)
{
    if (jobs.empty())
        return ".Nm " + root.name + "\n.Nd " + root.summary + "\n";
    std::string text;
    for (const std::string& job : jobs)
        text += ".Nm " + root.name + "-" + job + (&job == &jobs.back() ? "\n" : " ,\n");
    return text;    // .Nd follows by hand
}

// "@OPTIONS build merge@": OPTIONS, build, merge. Empty: no line to fill in.
std::vector<std::string> words_to_fill_in(const std::string& line)
{
    std::vector<std::string> words;
    if (line.size() < 3 || line.front() != '@' || line.back() != '@')
        return words;
    std::istringstream in(line.substr(1, line.size() - 2));
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
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
    std::string text = "{";
    if (!d.positional()) {
        text += "\"long\": " + json(d.long_name) + ", ";
        if (!d.short_name.empty())
            text += "\"short\": " + json(d.short_name) + ", ";
    }
    text += "\"kind\": " + json(name_of(d.kind));
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
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    if (file.bad())
        throw Error(page, "cannot be read");
    const bool overview = std::find(lines.begin(), lines.end(), "@JOBS@") != lines.end();

    std::string text;
    std::vector<std::string> filled;
    for (const std::string& line : lines) {
        std::vector<std::string> words = words_to_fill_in(line);
        if (words.empty()) {
            text += line + "\n";
            continue;
        }
        const std::string what = words.front();
        words.erase(words.begin());
        // An overview leaves the jobs' options to their own pages.
        auto jobs = jobs_named(root, words);
        if (overview)
            jobs.clear();
        if (what == "NAME")
            text += page_names(root, words);
        else if (what == "SYNOPSIS")
            text += overview ? short_synopsis(root) : synopsis(root, jobs);
        else if (what == "OPTIONS")
            text += options_section(root, jobs, common);
        else if (what == "JOBS")
            text += job_list(root);
        else if (what == "PROGRAMS")
            text += page_list(root.programs);
        else
            throw Error(page, "has a line that nothing is known for: " + line);
        filled.push_back(what);
    }
    for (const char* needed : {"NAME", "SYNOPSIS", "OPTIONS"})
        if (std::find(filled.begin(), filled.end(), needed) == filled.end())
            throw Error(page, concat({"has no line @", needed, "@"}));
    return text;
}

}    // namespace nonna
