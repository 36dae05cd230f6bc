// Programs that another one starts in its own place: where they are, and which one a misspelt word may have meant.
#pragma once

#include <string>
#include <vector>

namespace nonna
{

// The program's file: the one that lies beside this program, else the first on the PATH; empty where there is none.
std::string find_program(const std::string& name);

// The candidate that `word` was most likely meant to be; empty where none is close. Close is what begins with the word,
// or what one slip in three letters makes of it: a letter wrong, missing or too many, or two exchanged.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

// Becomes the program: signals, exit status and standard streams are its own from here on. `arguments` are those behind
// its name. Returns only by Error, when the file cannot be executed.
[[noreturn]] void become_program(const std::string& file, const std::string& name,
                                 const std::vector<std::string>& arguments);

}    // namespace nonna
