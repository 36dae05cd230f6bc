// A program's main is a page: declare the options, bind them to an option struct, run.
//
//     int main(int argc, char** argv)
//     {
//         SweepOptions o;
//         nonna::Command command("nonna-sweep", "per-neuron threshold sweep");
//         command.positional("MODEL", o.model, "model file");
//         command.option("--best", o.best, "N", "print only the N best neurons", 1, 1000);
//         command.choice("--polarity", o.polarity, "may silence say yes?");
//         return nonna::run_tool(argc, argv, command, [&] { ...; return nonna::ExitStatus::done; });
//     }
//
// From the same declarations come --help (fits a screen), the man page's synopsis and option list, and the shell
// completions, so none of them can disagree with the program. run_tool adds -h/--help, --version, -q/--quiet,
// -v/--verbose, --config FILE and --print-config to every program.
//
// Order of strength: the variable's value at declaration < configuration file < environment < command line. A key of
// the file is an option's long name ("batch = 100"; a job's options stand under "[JOB]"); the environment variable of
// nonna-train's --fit-size is NONNA_TRAIN_FIT_SIZE, of nonna-dataset's job pack NONNA_DATASET_PACK_SIZE. An unknown key
// is an error, an unknown or empty variable is not.
//
// The bound variables must outlive run_tool, which alone writes them, before the action runs; single-threaded.
// run_tool installs the signal handling (base/interrupt.h; SIGPIPE ends the process quietly), turns wrong usage into
// status 2 with one line "tool: option: reason", catches Error and bad_alloc, and checks stdout at close: output that
// could not be written is status 1.
//
// In help texts what is typed as it stands is put between backquotes ("`crop`[:SHARE] or `box`"): it keeps its case in
// the manual, where it is bold, and the marks are not printed.
//
// Hidden options, for the build and the tests: --dump-interface (the declarations as JSON), --dump-manual TEMPLATE and
// --dump-completion bash|zsh|fish.
//
// This room is the only one that includes CLI11, and no CLI11 type crosses this header.
#pragma once

#include "base/error.h"
#include "base/names.h"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nonna
{

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

struct StartedProgram {
    std::string name, summary;    // "nonna-train", "Train a model on image sets"
};

class Command
{
  public:
    Command(std::string name, std::string summary);
    ~Command();

    // Options. `flags` as "-o,--output"; the bound variable's present value is the default and is shown in the help.
    // A variable is what the program computes with: an integer of any type, whose limits its type must hold, or an enum
    // with a table of names (base/names.h), whose names are the choices. Empty optionals have no default.
    Command& option(const std::string& flags, std::string& value, const std::string& metavar, const std::string& help);
    template <Integer T>
    Command& option(const std::string& flags, T& value, const std::string& metavar, const std::string& help,
                    std::int64_t least, std::int64_t most);
    template <Integer T>
    Command& option(const std::string& flags, std::optional<T>& value, const std::string& metavar,
                    const std::string& help, std::int64_t least, std::int64_t most);
    Command& option(const std::string& flags, std::uint64_t& value, const std::string& metavar,
                    const std::string& help);    // any: a seed
    Command& option(const std::string& flags, double& value, const std::string& metavar, const std::string& help,
                    double least, double most);
    Command& option(const std::string& flags, std::optional<double>& value, const std::string& metavar,
                    const std::string& help, double least, double most);
    Command& option(const std::string& flags, std::vector<std::string>& values, const std::string& metavar,
                    const std::string& help);    // may be repeated
    template <Named Enum> Command& choice(const std::string& flags, Enum& value, const std::string& help);
    Command& choice(const std::string& flags, std::string& value, const std::vector<std::string>& choices,
                    const std::string& help);    // where the names are no enum's
    Command& flag(const std::string& flags, bool& value, const std::string& help);
    // -j, the same in every program that has it; `what`: it is the number of, for people.
    Command& threads(int& value, const std::string& what = "threads");
    Command& required();                           // the option declared last must be given
    Command& required_unless(const bool& flag);    // but where that flag was
    // The argument declared last may be an installed architecture's name, where `flag` is given if there is one:
    // completions offer what nonna-init --list shows then.
    Command& architecture(const std::string& flag = {});

    // Options declared from here on belong together: --help lists a group by its names alone, so that a program with
    // many still fits a screen, and sends to the manual page, which has them all.
    Command& group(const std::string& title);

    // Arguments by position. A vector takes all the rest; `least` says how many there must be.
    Command& positional(const std::string& metavar, std::string& value, const std::string& help);
    Command& positional(const std::string& metavar, std::vector<std::string>& values, const std::string& help,
                        std::size_t least = 0);

    // Was the option, by its long name, given on the command line, in the environment or the file? For the action.
    bool given(const std::string& option) const;
    // The first given option of a group; empty: none. For options that would do nothing.
    std::string given_in(const std::string& group) const;
    // Wrong usage where one of the options was given that do nothing without `other`.
    void needs(const std::vector<std::string>& options, const std::string& other) const;
    // What gives another program the values that these options have now, as words of its command line.
    std::vector<std::string> words(const std::vector<std::string>& options) const;

    // A program of several jobs (nonna-dataset): exactly one subcommand must be given; its action is run. The reference
    // stays valid as long as this Command.
    Command& subcommand(const std::string& name, const std::string& summary, std::function<ExitStatus()> action);

    // A program that starts others (nonna): its first argument and all behind it, options too, go to `words` as they
    // are. Without any it prints its help, which has those of the `programs` that are there; manual and completions
    // have them all.
    Command& starts(std::vector<StartedProgram> programs, std::vector<std::string>& words);

    struct State;    // lib/cli/interface.h
    State& state() { return *state_; }

  private:
    // A whole number, or one of a list, however the variable holds it.
    struct WholeNumber {
        std::function<std::optional<std::int64_t>()> read;
        std::function<void(std::int64_t)> write;
        std::int64_t least, most;    // of the option
        bool fits;                   // the variable's type holds both
    };
    struct Choice {
        std::vector<std::string> names;
        std::function<std::string()> read;         // empty: none yet
        std::function<void(std::size_t)> write;    // by its place in the list
    };
    Command& bind(const std::string& flags, const std::string& metavar, const std::string& help, WholeNumber number);
    Command& bind(const std::string& flags, const std::string& help, Choice choice);

    std::unique_ptr<State> state_;
};

template <Integer T>
Command& Command::option(const std::string& flags, T& value, const std::string& metavar, const std::string& help,
                         std::int64_t least, std::int64_t most)
{
    return bind(flags, metavar, help,
                WholeNumber{[&value] { return std::int64_t(value); }, [&value](std::int64_t n) { value = T(n); }, least,
                            most, std::in_range<T>(least) && std::in_range<T>(most)});
}

template <Integer T>
Command& Command::option(const std::string& flags, std::optional<T>& value, const std::string& metavar,
                         const std::string& help, std::int64_t least, std::int64_t most)
{
    return bind(flags, metavar, help,
                WholeNumber{[&value] { return value ? std::optional<std::int64_t>(*value) : std::nullopt; },
                            [&value](std::int64_t n) { value = T(n); }, least, most,
                            std::in_range<T>(least) && std::in_range<T>(most)});
}

template <Named Enum> Command& Command::choice(const std::string& flags, Enum& value, const std::string& help)
{
    Choice choice;
    for (const Name<Enum>& row : names_of<Enum>)
        choice.names.push_back(row.name);
    choice.read = [&value] { return name_of(value); };
    choice.write = [&value](std::size_t place) { value = names_of<Enum>[place].value; };
    return bind(flags, help, std::move(choice));
}

// Parses, runs the action (or the chosen subcommand's when `action` is empty), returns the exit status for main.
int run_tool(int argc, char** argv, Command& command, std::function<ExitStatus()> action = {});

// Wrong usage found after parsing (two options that exclude each other): Error with status usage.
[[noreturn]] void usage_error(const std::string& option, const std::string& reason);

// Outputs that are one another, or one of `inputs`, would destroy data: Error with status usage. Empty names are
// options not given; names of things that are no regular files (/dev/null) never clash, but only one output can be "-".
// An output that is a folder, or in none that exists, is an Error before any work is done. Of inputs that are folders,
// the files below them are inputs whose names `read_in_folders` takes.
void keep_apart(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs,
                const std::function<bool(std::string_view name)>& read_in_folders = {});

// --files-from LIST with -0, behind the names given as arguments: one a line (or NUL-terminated); "-" is standard
// input. read_file_list gives those of the list alone; append_file_list does nothing where the option was not given
// (empty).
std::vector<std::string> read_file_list(const std::string& list, bool null_terminated);
void append_file_list(std::vector<std::string>& names, const std::string& list, bool null_terminated);

// This program's version, "0.1.0".
std::string version();

}    // namespace nonna
