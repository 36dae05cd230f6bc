// Is this JSON fit to be trusted? Private to this room.
//
// Throws an Error "subject: REASON" for text that is not one JSON object in UTF-8, nests deeper than 16, or names a key
// twice in one object (parsers differ in which of the two they keep). Numbers out of range are refused too.
#pragma once

#include <string>
#include <string_view>

namespace nonna
{

void check_json_object(std::string_view text, const std::string& subject, const std::string& what);

}    // namespace nonna
