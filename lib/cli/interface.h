// Private to this room: what a program declared, as plain data. Everything that prints an interface (help, manual,
// completions, JSON) reads this table and nothing else; values.cpp fills the bound variables through it. CLI11 only
// cuts the command line into options and arguments, in parse.cpp.
#pragma once

#include "cli/run_tool.h"

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

struct Declaration {
    enum class Kind { text, integer, natural, real, choice, flag };
    Kind kind = Kind::text;
    std::string short_name, long_name;    // "-o", "--output"; both empty for an argument by position
    std::string metavar;
    std::string help, marked_help;       // as printed, and with the backquotes around what is typed as it stands
    std::string standard;                // the default as text; empty: none
    std::string least, most;             // limits as text; empty: none
    std::vector<std::string> choices;    // what may be given, when that is a list
    bool repeated = false;               // a vector: all values count, in the order given
    bool required = false;
    const bool* unless = nullptr;     // required but where this flag was given
    std::size_t fewest = 0;           // arguments by position: how many there must be
    bool architecture = false;        // by position: may be the name of an installed one ...
    std::string architecture_with;    // ... where this flag is; empty: always
    bool given = false;               // some source gave a value; written by apply_values

    std::function<std::string(const std::string&)> set;    // checks and stores one value; the reason when it cannot
    std::function<void()> clear;                           // forgets a vector's values before a source gives others
    std::function<std::vector<std::string>()> values;      // those the variable holds now

    bool positional() const { return long_name.empty(); }
    // Names the option in messages: "--output", or the metavar of an argument.
    const std::string& label() const { return positional() ? metavar : long_name; }
    // "output": what it is called in a configuration file.
    std::string key() const { return positional() ? "" : long_name.substr(2); }
};

template <>
inline constexpr auto names_of<Declaration::Kind> = names<Declaration::Kind>({
    {Declaration::Kind::text, "text"},
    {Declaration::Kind::integer, "whole number"},
    {Declaration::Kind::natural, "natural number"},
    {Declaration::Kind::real, "number"},
    {Declaration::Kind::choice, "choice"},
    {Declaration::Kind::flag, "flag"},
});

struct Command::State {
    std::string name, summary;
    std::vector<Declaration> declarations;                      // in the order declared
    std::vector<std::pair<std::size_t, std::string>> groups;    // each one's first declaration, and title
    std::vector<std::unique_ptr<Command>> jobs;
    std::vector<StartedProgram> programs;         // that this one starts
    std::vector<std::string>* start = nullptr;    // which of them, and its arguments; null: it starts none
    std::function<ExitStatus()> action;

    std::vector<const Declaration*> options() const;
    std::vector<const Declaration*> arguments() const;               // by position
    const Declaration& declared(const std::string& option) const;    // by its long name; it must be there
};

// The options every program has. They come from the command line alone.
struct Common {
    bool help = false, version = false, quiet = false, verbose = false, print_config = false, dump_interface = false;
    std::string config, dump_manual, dump_completion;
    std::vector<Declaration> shown, hidden;
    Common();
    Common(const Common&) = delete;
    Common& operator=(const Common&) = delete;
};

// What the command line said: the values of each declaration in order, and the job chosen. No variable is written but
// those of `common`.
struct Parsed {
    std::map<const Declaration*, std::vector<std::string>> values;
    Command::State* job = nullptr;     // null: none chosen
    std::vector<std::string> start;    // the program to start, and its arguments
};
Parsed parse_command_line(int argc, char** argv, Command::State& root, Common& common);

struct ConfigEntry {
    std::string section, key;    // section: the job, empty for the program itself
    std::vector<std::string> values;
};
std::vector<ConfigEntry> read_config(const std::string& path);

// Fills the variables of the program and of the chosen job: file, then environment, then command line. With
// `everything_needed`, what is required and missing is an error.
void apply_values(Command::State& root, const Parsed& parsed, const std::string& config_path, bool everything_needed);
std::string environment_name(const Command::State& root, const Command::State* job, const Declaration& d);

// What people, shells and the build read.
std::string print_config(const Command::State& root, const Command::State* job);
std::string help_text(const Command::State& root, const Command::State* job, const Common& common);
std::string interface_json(const Command::State& root, const Common& common);
std::string manual_page(const Command::State& root, const Common& common, const std::string& page);
std::string completion(const Command::State& root, const Common& common, const std::string& shell);

std::vector<std::string> wrap(const std::string& text, std::size_t width);    // lines cut at spaces
std::string range_text(const Declaration& d);                                 // "1 to 9", "at least 1", ""
std::string concat(std::initializer_list<std::string_view> parts);
std::string replace_all(std::string text, const std::string& from, const std::string& to);

}    // namespace nonna
