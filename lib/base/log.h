// What a program says on stderr: `tool: subject: reason`, lower case, no full stop. Thread-safe, one write a line.
// Where it is verbose the moment comes first, as ISO 8601 in UTC: 2026-11-30T23:42:17.123Z tool: subject: reason
#pragma once

#include <string>
#include <string_view>

namespace nonna
{

enum class Verbosity { quiet, normal, verbose };

void set_program_name(std::string name);    // once, by run_tool
const std::string& program_name();
void set_verbosity(Verbosity v);
Verbosity verbosity();

void say(std::string_view message);                              // normal and verbose: "tool: message"
void detail(std::string_view message);                           // verbose only
void warn(std::string_view subject, std::string_view reason);    // always, also with --quiet

}    // namespace nonna
