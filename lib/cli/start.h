// Programs that another one starts in its own place, and where they are.
#pragma once

#include <string>
#include <vector>

namespace nonna
{

// The program's file: the one that lies beside this program, else the first on the PATH; empty where there is none.
std::string find_program(const std::string& name);

// Becomes the program: signals, exit status and standard streams are its own from here on. `arguments` are those behind
// its name. Returns only by Error, when the file cannot be executed.
[[noreturn]] void become_program(const std::string& file, const std::string& name,
                                 const std::vector<std::string>& arguments);

}    // namespace nonna
