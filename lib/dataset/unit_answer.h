// Private to this room: what the child that decodes a unit tells its parent, as bytes and back.
//
// Both ends are this program, so numbers go as they lie in memory: 8 bytes each, and everything else with its length
// before it. But the child has been in touch with hostile bytes, so the reader trusts no length and no count.
#pragma once

#include "dataset/decode_units.h"

#include <string>
#include <string_view>

namespace nonna
{

std::string answer_of(const Unit& unit);
// Into a unit whose source is known. std::runtime_error where the bytes are no answer.
void read_answer(std::string_view bytes, Unit& unit);

}    // namespace nonna
