// Pictures that people look at, as files: PNG, or by the name's ending JPEG of quality 95 (.jpg, .jpeg) or WebP of
// quality 90 (.webp).
#pragma once

#include "media/picture.h"

#include <string>

namespace nonna
{

// Error with status usage where the name's ending is that of another kind of picture (.gif, .svg ...), which would not
// be what is in it. Asked before the work. Empty names are passed over.
void check_picture_name(const std::string& path);

Bytes encoded_picture(const std::string& path, const Picture& picture);
void write_picture(const std::string& path, const Picture& picture);    // by io/output.h; "-" is standard output

}    // namespace nonna
