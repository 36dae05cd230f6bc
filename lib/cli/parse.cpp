// The only file that includes CLI11: it cuts the command line into options and arguments and reads the TOML subset of
// configuration files. Jobs, arguments by position, limits, order of strength and messages are ours: CLI11 2.1.2 splits
// an argument such as "[a,b]", takes a folder named like a job for the job, and prefers a file to the environment.
#include "base/descriptor.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "cli/interface.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <fcntl.h>
#include <sstream>

namespace nonna
{

namespace
{

struct Cut {
    std::vector<std::string> rest;    // arguments by position, unknown options among those before `ended`
    std::size_t ended = 0;            // index in `rest` of the first argument behind "--"
};

// CLI11 takes the following word for the value of "--label=": such words become two, the second one empty.
void separate_empty_values(std::vector<std::string>& words)
{
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i)
        if (words[i].size() > 3 && words[i].starts_with("--") && words[i].find('=') == words[i].size() - 1) {
            words[i].pop_back();
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "");
            ++i;
        }
}

// CLI11's own exceptions name the option before a colon, where they name one.
[[noreturn]] void refuse(const CLI::Error& e)
{
    const std::string what = e.what();
    const std::size_t colon = what.find(": ");
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&e))
        throw Error(what.substr(0, colon), "needs a value", ExitStatus::usage);
    if (colon == std::string::npos)
        throw Error("arguments", what, ExitStatus::usage);
    throw Error(what.substr(0, colon), what.substr(colon + 2), ExitStatus::usage);
}

// Records the options' values and returns what is left. With `stop_at_argument` everything from the first argument on
// is left uncut (it belongs to a job).
Cut cut(std::vector<std::string> words, const std::vector<std::vector<Declaration>*>& tables, bool stop_at_argument,
        Parsed& parsed)
{
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.prefix_command(stop_at_argument);
    std::vector<std::pair<const Declaration*, CLI::Option*>> bound;
    for (auto* table : tables)
        for (const Declaration& d : *table) {
            if (d.positional())
                continue;
            std::string names = d.short_name.empty() ? d.long_name : d.short_name + "," + d.long_name;
            CLI::Option* o = d.kind == Declaration::Kind::flag
                                 ? app.add_flag(names)
                                 : app.add_option(names, [](const CLI::results_t&) { return true; })->expected(1);
            o->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);    // given twice is refused below, in our words
            bound.emplace_back(&d, o);
        }
    separate_empty_values(words);
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::Error& e) {
        refuse(e);
    }

    for (auto& [declaration, o] : bound)
        if (o->count() > 0) {
            if (o->count() > 1 && !declaration->repeated && declaration->kind != Declaration::Kind::flag)
                throw Error(declaration->long_name, "given more than once", ExitStatus::usage);
            parsed.values[declaration] = o->results();
        }
    // What CLI11 did not know, in order. Before "--" that may be an option it never heard of, behind it nothing is.
    Cut left;
    left.rest = app.remaining();
    left.ended = left.rest.size();
    if (!stop_at_argument)
        for (std::size_t i = 0; i < left.rest.size(); ++i)
            if (left.rest[i] == "--") {
                left.rest.erase(left.rest.begin() + static_cast<std::ptrdiff_t>(i));
                left.ended = i;
                break;
            }
    return left;
}

bool looks_like_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

// Says which known option was meant, as far as one is close, and where they all are. `jobs`: of the program, where the
// option stands in front of the job's name.
[[noreturn]] void refuse_option(const std::string& word, const std::vector<std::vector<Declaration>*>& tables,
                                const Command::State& program, const Command::State* job)
{
    const std::string option = word.substr(0, word.find('='));
    if (!job)
        for (const auto& other : program.jobs)
            for (const Declaration* d : other->state().options())
                if (option == d->long_name)
                    throw Error(option,
                                "belongs behind the job's name, as in " + program.name + " " + other->state().name +
                                    " " + option,
                                ExitStatus::usage);
    std::vector<std::string> names;    // without the dashes, in which no letter is wrong
    for (const auto* table : tables)
        for (const Declaration& d : *table)
            if (!d.positional())
                names.push_back(d.key());
    const std::string meant = nearest(option.substr(std::min(option.find_first_not_of('-'), option.size())), names);
    throw Error(option,
                "unknown option" + (meant.empty() ? "" : "; did you mean --" + meant + "?") + " (" + program.name +
                    (job ? " " + job->name : "") + " --help lists them)",
                ExitStatus::usage);
}

void refuse_options(const Cut& c, const std::vector<std::vector<Declaration>*>& tables, const Command::State& program,
                    const Command::State* job)
{
    for (std::size_t i = 0; i < c.ended; ++i)
        if (looks_like_option(c.rest[i]))
            refuse_option(c.rest[i], tables, program, job);
}

void take_arguments(const Cut& c, const Command::State& state, Parsed& parsed)
{
    // From the left; a list takes what is there, but for what those behind it must have (FILE... TARGET).
    auto arguments = state.arguments();
    std::size_t next = 0;
    for (std::size_t a = 0; a < arguments.size(); ++a) {
        std::size_t kept_for_others = 0;
        for (std::size_t b = a + 1; b < arguments.size(); ++b)
            kept_for_others += arguments[b]->fewest;
        std::size_t left = c.rest.size() - next;
        std::size_t available = left > kept_for_others ? left - kept_for_others : 0;
        std::size_t n = arguments[a]->repeated ? available : std::min<std::size_t>(available, 1);
        for (std::size_t i = 0; i < n; ++i)
            parsed.values[arguments[a]].push_back(c.rest[next++]);
    }
    if (next < c.rest.size())
        throw Error(c.rest[next], "one argument too many", ExitStatus::usage);
}

}    // namespace

Parsed parse_command_line(int argc, char** argv, Command::State& root, Common& common)
{
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    Parsed parsed;
    const bool rest_is_others = !root.jobs.empty() || root.start;
    Cut c = cut(words, {&root.declarations, &common.shown, &common.hidden}, rest_is_others, parsed);
    if (root.start) {
        if (!c.rest.empty() && looks_like_option(c.rest.front()))
            refuse_option(c.rest.front(), {&common.shown}, root, nullptr);
        parsed.start = c.rest;
    } else if (root.jobs.empty()) {
        refuse_options(c, {&root.declarations, &common.shown}, root, nullptr);
        take_arguments(c, root, parsed);
    } else if (!c.rest.empty()) {
        const std::string& name = c.rest.front();
        if (looks_like_option(name))
            refuse_option(name, {&root.declarations, &common.shown}, root, nullptr);
        std::vector<std::string> known;
        for (auto& job : root.jobs) {
            known.push_back(job->state().name);
            if (known.back() == name)
                parsed.job = &job->state();
        }
        if (!parsed.job)
            throw Error(name, "unknown job" + did_you_mean(name, known) + " (" + root.name + " --help lists them)",
                        ExitStatus::usage);
        Cut of_job = cut({c.rest.begin() + 1, c.rest.end()}, {&parsed.job->declarations, &common.shown, &common.hidden},
                         false, parsed);
        refuse_options(of_job, {&parsed.job->declarations, &common.shown}, root, parsed.job);
        take_arguments(of_job, *parsed.job, parsed);
    }
    for (auto* table : {&common.shown, &common.hidden})
        for (Declaration& d : *table)
            if (auto found = parsed.values.find(&d); found != parsed.values.end())
                d.set(found->second.front());
    return parsed;
}

std::vector<ConfigEntry> read_config(const std::string& path)
{
    Descriptor file = Descriptor::open(path, O_RDONLY | O_NOCTTY);
    std::string whole = read_text(file, 1 << 24);
    if (!whole.empty() && whole.back() != '\n')
        whole += '\n';
    if (whole.find('\0') != std::string::npos)
        throw Error(path, "not text in UTF-8", ExitStatus::usage);
    std::istringstream text{std::string(without_mark(whole))};
    std::vector<CLI::ConfigItem> items;
    try {
        items = CLI::ConfigBase().from_config(text);
    } catch (const CLI::Error& e) {
        throw Error(path, e.what(), ExitStatus::usage);
    }
    std::vector<ConfigEntry> entries;
    for (const CLI::ConfigItem& item : items) {
        bool section_mark = item.name == "++" || item.name == "--";
        ConfigEntry entry;
        for (const std::string& parent : item.parents)
            entry.section += (entry.section.empty() ? "" : ".") + parent;
        if (!section_mark)
            entry.key = item.name;
        entry.values = item.inputs;
        for (const std::string& value : entry.values)
            if (!value.empty() && (value.front() == '"' || value.front() == '\''))
                throw Error(path, entry.key + ": a quoted value may hold no '#' and no quote of its own kind",
                            ExitStatus::usage);
        entries.push_back(std::move(entry));
    }
    return entries;
}

}    // namespace nonna
