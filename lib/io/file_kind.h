// What is in this file, judged by its first bytes, never by its name.
//
// A guess good enough to choose the reader, which then checks every byte. Tables are text whose lines have the same
// number of tabs, at least one.
#pragma once

#include "base/names.h"

#include <string>

namespace nonna
{

enum class FileKind { image_set, safetensors, npy, table, unknown };

template <>
inline constexpr auto names_of<FileKind> = names<FileKind>({
    {FileKind::image_set, "image set"},
    {FileKind::safetensors, "safetensors"},
    {FileKind::npy, "npy"},
    {FileKind::table, "table"},
    {FileKind::unknown, "unknown"},
});

// Needs a regular file: the bytes of a pipe could not be read again. Error when it cannot be read or is empty.
FileKind detect_file_kind(const std::string& path);

// What `path` is, where that is plain and it is not of the wanted kind: "a table", "a folder". Empty: it may well be of
// that kind, or whoever reads it will know more. Pipes are not looked at.
std::string other_kind(const std::string& path, FileKind wanted);
// Error with what other_kind says, and the way out, before an image set is opened.
void require_image_set(const std::string& path);

}    // namespace nonna
