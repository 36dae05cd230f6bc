// Text from files and file names on its way to people's eyes: shown, never obeyed.
//
// Model to hold in mind: a terminal obeys some characters instead of showing them: it sets its title, wipes the
// screen, goes back over what stood there, types an answer into the shell. Whatever a stranger wrote is therefore
// written out: control characters (C0, delete, C1), the marks that turn the direction of writing and the two Unicode
// line ends as \u001b, tab and line ends as \t, \n, \r, bytes that are not UTF-8 as \xff. The first two are what JSON
// strings have for the same characters, so that a line of JSON stays the JSON it was.
#pragma once

#include <string>
#include <string_view>

namespace nonna
{

// `kept`: characters of ASCII that stay as they are.
std::string shown_text(std::string_view text, std::string_view kept = "");

// On standard output: as shown_text where that is a terminal, tabs and newlines kept; else byte for byte. A failure is
// found by run_tool when it closes the stream. One thread at a time.
void print(std::string_view text);

}    // namespace nonna
