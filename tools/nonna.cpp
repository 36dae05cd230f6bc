// nonna: the programs with a line about each, and a shorter way to call them: `nonna train` is `nonna-train`.
#include "base/log.h"
#include "base/nearest.h"
#include "cli/run_tool.h"
#include "cli/start.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

using namespace nonna;

namespace
{

// Made from what the programs say of themselves: see programs.cmake.
const std::vector<StartedProgram> programs{
#include "programs.inc"
};

std::vector<std::string> short_names()
{
    std::vector<std::string> names;
    for (const StartedProgram& program : programs)
        names.push_back(program.name.substr(std::string("nonna-").size()));
    return names;
}

// A page that is not among those that lie in the folder. Where none lie there man will know, but for what is a
// program's name misspelt. `page`: without the "nonna-" that all have in common.
void check_page(const std::string& page, const std::filesystem::path& folder)
{
    std::vector<std::string> pages;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             folder, std::filesystem::directory_options::follow_directory_symlink, error))
        if (const std::string name = entry.path().filename().string(); name.starts_with("nonna-"))
            pages.push_back(name.substr(6, name.find('.') - 6));
    const std::vector<std::string> known = pages.empty() ? short_names() : pages;
    const std::string meant = did_you_mean(page, known);
    if (std::ranges::find(known, page) == known.end() && (!pages.empty() || !meant.empty()))
        usage_error(page, "no such page" + meant + " (nonna help shows the page that lists them)");
}

// `nonna help dataset build` is `man nonna-dataset-build`, and finds the pages that were installed with this program
// also where that folder is none that man searches.
[[noreturn]] void show_page(const std::vector<std::string>& words)
{
    std::string page;
    for (std::size_t i = 1; i < words.size(); ++i)
        page += (i > 1 ? "-" : "") + words[i];
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path own = self.parent_path().parent_path() / "share/man";
    if (!page.empty())
        check_page(page, own);
    const char* others = std::getenv("MANPATH");    // nothing behind the colon: man's own folders
    const std::string folders = own.string() + ":" + (others ? others : "");
    setenv("MANPATH", folders.c_str(), 1);
    const std::string man = find_program("man");
    if (man.empty())
        throw Error("man", "is not installed, and is needed to show manual pages");
    become_program(man, "man", {page.empty() ? "nonna" : "nonna-" + page});
}

[[noreturn]] void start(const std::vector<std::string>& words)
{
    const std::string name = "nonna-" + words.front();
    const std::string file = words.front().find('/') == std::string::npos ? find_program(name) : "";
    if (!file.empty())
        become_program(file, name, {words.begin() + 1, words.end()});
    std::vector<std::string> known = short_names();
    if (std::ranges::find(known, words.front()) != known.end())
        throw Error(name, "is not installed here");
    known.emplace_back("help");
    usage_error(words.front(), "no such program" + did_you_mean(words.front(), known) + " (nonna --help lists them)");
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
