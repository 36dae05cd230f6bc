// Who may write on stderr, and the one line there that is redrawn in place.
//
// Messages (base/log.h) and progress (base/progress.h) share stderr: a message first wipes the status line, else both
// would end up on one line of the terminal. Private to this room. All functions are thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace nonna
{

bool stderr_is_terminal();                           // and one that understands "erase the line"
void write_message(std::string_view line);           // whole lines, one write, as shown_text
std::size_t moment_length(std::string_view line);    // of the moment that a line begins with, and a space; 0: none
void draw_status(const std::string& text);           // replaces the status line, cut to the terminal's width
void clear_status();

}    // namespace nonna
