// nonna: the programs with a line about each, and a shorter way to call them: `nonna train` is `nonna-train`.
#include "base/log.h"
#include "cli/run_tool.h"
#include "cli/start.h"

#include <cstdlib>
#include <filesystem>

using namespace nonna;

namespace
{

// Made from what the programs say of themselves: see programs.cmake.
const std::vector<StartedProgram> programs{
#include "programs.inc"
};

// `nonna help dataset build` is `man nonna-dataset-build`, and finds the pages that were installed with this program
// also where that folder is none that man searches.
[[noreturn]] void show_page(const std::vector<std::string>& words)
{
    std::string page = "nonna";
    for (std::size_t i = 1; i < words.size(); ++i)
        page += "-" + words[i];
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    const char* others = std::getenv("MANPATH");    // nothing behind the colon: man's own folders
    const std::string folders =
        (self.parent_path().parent_path() / "share/man").string() + ":" + (others ? others : "");
    setenv("MANPATH", folders.c_str(), 1);
    const std::string man = find_program("man");
    if (man.empty())
        throw Error("man", "is not installed, and is needed to show manual pages");
    become_program(man, "man", {page});
}

[[noreturn]] void start(const std::vector<std::string>& words)
{
    const std::string name = "nonna-" + words.front();
    const std::string file = words.front().find('/') == std::string::npos ? find_program(name) : "";
    if (!file.empty())
        become_program(file, name, {words.begin() + 1, words.end()});
    std::vector<std::string> known{"help"};
    for (const StartedProgram& program : programs) {
        if (program.name == name)
            throw Error(name, "is not installed here");
        known.push_back(program.name.substr(std::string("nonna-").size()));
    }
    const std::string meant = nearest(words.front(), known);
    usage_error(words.front(),
                "no such program" + (meant.empty() ? " (--help lists them)" : "; did you mean " + meant + "?"));
}

}    // namespace

int main(int argc, char** argv)
{
    std::vector<std::string> words;
    Command command("nonna", "grandmother neurons from unlabelled pictures");
    command.starts(programs, words);
    return run_tool(argc, argv, command, [&]() -> ExitStatus {
        if (verbosity() != Verbosity::normal)
            usage_error(verbosity() == Verbosity::quiet ? "--quiet" : "--verbose", "belongs after the program's name");
        if (words.front() == "help")
            show_page(words);
        start(words);
    });
}
