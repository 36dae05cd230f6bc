// UTF-8 (RFC 3629): the shortest form alone, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace nonna
{

struct Character {
    char32_t code = 0;
    std::size_t bytes = 0;    // 0: what is there begins no character
};
Character first_character(std::string_view text);    // of text that is not empty

bool is_utf8(std::string_view text);

// The text behind a byte order mark (U+FEFF), which some editors put in front of a file; else all of it.
std::string_view without_mark(std::string_view text);

}    // namespace nonna
