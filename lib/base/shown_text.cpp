#include "base/shown_text.h"

#include "base/utf8.h"

#include <cstdio>
#include <unistd.h>

namespace nonna
{

namespace
{

bool obeyed(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

}    // namespace

std::string shown_text(std::string_view text, std::string_view kept)
{
    std::string shown;
    for (std::size_t at = 0; at < text.size();) {
        const Character c = first_character(text.substr(at));
        const std::string_view bytes = text.substr(at, c.bytes ? c.bytes : 1);
        at += bytes.size();
        char code[8];
        if (c.bytes == 0)
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(bytes[0]));
        else if (!obeyed(c.code) || (c.bytes == 1 && kept.find(bytes[0]) != kept.npos))
            code[0] = '\0';
        else if (c.code == '\n' || c.code == '\t' || c.code == '\r')
            std::snprintf(code, sizeof code, "\\%c", c.code == '\n' ? 'n' : c.code == '\t' ? 't' : 'r');
        else
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c.code));
        shown += code[0] ? std::string_view(code) : bytes;
    }
    return shown;
}

void print(std::string_view text)
{
    static const bool terminal = isatty(STDOUT_FILENO) == 1;
    const std::string shown = terminal ? shown_text(text, "\t\n") : std::string(text);
    std::fwrite(shown.data(), 1, shown.size(), stdout);
}

}    // namespace nonna
