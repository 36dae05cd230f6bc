// Which of the words that are known a misspelt one may have meant.
#pragma once

#include <string>
#include <vector>

namespace nonna
{

// The candidate that `word` was most likely meant to be; empty where none is close. Close is what begins with the word,
// or what one slip in three letters makes of it: a letter wrong, missing or too many, or two exchanged.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

// For the end of a message: "; did you mean train?", or nothing where none is close.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}    // namespace nonna
