// The json member of a sample as text and back (nonna-images(5)), and a sample from the bytes of its two members.
// Private to this room.
#pragma once

#include "io/image_stream.h"

#include <string>
#include <string_view>

namespace nonna
{

// One line, keys sorted, doubles that read back equal. Error naming archive and member for what the format cannot hold
// (NaN, a source digest that is not one). Bytes of `source` or `label` that are not UTF-8 become U+FFFD.
std::string meta_to_json(const ImageMeta& meta, const std::string& archive, const std::string& member);

// Error naming archive and member for malformed text, a missing field, or a field of the wrong type.
ImageMeta meta_from_json(std::string_view text, const std::string& archive, const std::string& member);

Sample make_sample(std::string key, std::string extension, std::string_view picture, std::string_view json,
                   const std::string& archive, const std::string& json_name);

}    // namespace nonna
