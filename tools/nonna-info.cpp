// nonna-info: what is in this file.
#include "cli/run_tool.h"
#include "model/describe.h"

#include <cstdio>

namespace
{

void print(const nonna::Facts& facts, bool json)
{
    if (json) {
        std::printf("%s\n", nonna::facts_json(facts).c_str());
        return;
    }
    for (const auto& [name, value] : facts)
        std::printf("%-18s %s\n", (name + ":").c_str(), value.c_str());
}

}    // namespace

int main(int argc, char** argv)
{
    std::vector<std::string> files;
    bool check = false, count = false, json = false;
    nonna::Command command("nonna-info", "what is in a file: image set, model, checkpoint, array, table");
    command.positional("FILE", files, "files and built sets; with --count architectures, by name or file", 1);
    command.flag("--check", check, "read everything, fail at the first fault; decodes no picture");
    command.flag("--count", count, "sublayers and weights of an architecture, without allocating them");
    command.flag("--json", json, "one JSON object a line");
    return nonna::run_tool(argc, argv, command, [&] {
        if (count && check)
            nonna::usage_error("--count", "excludes --check");
        bool first = true;
        for (const std::string& file : files) {
            nonna::Facts facts;
            if (count) {
                const nonna::Architecture architecture = nonna::Architecture::read(file);
                facts = nonna::describe_architecture(architecture);
                facts.insert(facts.begin(), {"architecture", architecture.name});
            } else
                facts = nonna::describe_file(file, check);
            if (!first && !json)
                std::printf("\n");
            print(facts, json);
            first = false;
        }
        return nonna::ExitStatus::done;
    });
}
