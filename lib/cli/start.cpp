#include "cli/start.h"

#include "base/error.h"
#include "base/supervise.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <unistd.h>

namespace nonna
{

namespace
{

bool executable(const std::string& file)
{
    std::error_code error;
    return std::filesystem::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

}    // namespace

std::string find_program(const std::string& name)
{
    if (const std::string beside = sibling(name); beside != name && executable(beside))
        return beside;
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (const std::string file = (folder.empty() ? "." : folder) + "/" + name; executable(file))
            return file;
    return {};
}

void become_program(const std::string& file, const std::string& name, const std::vector<std::string>& arguments)
{
    std::vector<char*> words{const_cast<char*>(name.c_str())};
    for (const std::string& argument : arguments)
        words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    execv(file.c_str(), words.data());
    throw Error(file, errno_reason());
}

}    // namespace nonna
