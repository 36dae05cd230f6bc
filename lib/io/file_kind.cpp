#include "io/file_kind.h"

#include "base/error.h"
#include "io/built_set.h"
#include "io/input.h"
#include "io/tar_stream.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace nonna
{

namespace
{

constexpr std::size_t look_at = 64 * 1024;

bool is_tar(std::string_view start)
{
    if (start.size() < 512)    // cut inside its first header: the reader will say so
        return is_sample_key(start.substr(0, 16)) && start.substr(16, 1) == ".";
    if (start.substr(257, 5) == "ustar")
        return true;
    // An archive of no members is its end marker alone.
    return start.size() >= 1024 && start.substr(0, 1024).find_first_not_of('\0') == std::string_view::npos;
}

bool is_safetensors(std::string_view start, std::uint64_t file_size)
{
    if (start.size() < 10)
        return false;
    std::uint64_t header = 0;
    std::memcpy(&header, start.data(), 8);
    return header >= 2 && header <= 100'000'000 && header <= file_size - 8 && start[8] == '{';
}

// Text whose lines have the same number of tabs, as far as they are there: the last line of a piece may be cut.
bool is_table(std::string_view start, bool whole)
{
    for (const char c : start)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            return false;
    std::ptrdiff_t tabs = 0;
    for (bool first = true; !start.empty(); first = false) {
        const auto end = start.find('\n');
        if (end == std::string_view::npos)
            return !first && !whole;
        const auto line = start.substr(0, end);
        const auto n = std::count(line.begin(), line.end(), '\t');
        if (first)
            tabs = n;
        if (n == 0 || n != tabs)
            return false;
        start.remove_prefix(end + 1);
    }
    return true;
}

}    // namespace

FileKind detect_file_kind(const std::string& path)
{
    Input input(path);
    if (!input.regular())
        throw Error(input.name(), "not a regular file");
    if (input.size() == 0)
        throw Error(input.name(), "empty file");
    std::string start(std::min<std::uint64_t>(input.size(), look_at), '\0');
    input.read_at(0, std::as_writable_bytes(std::span(start)));
    if (start.starts_with("\x93NUMPY"))
        return FileKind::npy;
    if (is_safetensors(start, input.size()))
        return FileKind::safetensors;
    if (is_tar(start))
        return FileKind::image_set;
    return is_table(start, input.size() == start.size()) ? FileKind::table : FileKind::unknown;
}

std::string other_kind(const std::string& path, FileKind wanted)
{
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (path != "-" && std::filesystem::is_directory(status))
        return !is_built_set(path) ? "a folder" : wanted == FileKind::image_set ? "" : "an image set";
    if (path == "-" || !std::filesystem::is_regular_file(status) || std::filesystem::file_size(path, error) == 0)
        return {};
    const FileKind kind = detect_file_kind(path);
    if (kind == wanted)
        return {};
    switch (kind) {
    case FileKind::image_set:
        return "an image set";
    case FileKind::safetensors:
        return "a model";
    case FileKind::npy:
        return "an array (npy)";
    case FileKind::table:
        return "a table";
    case FileKind::unknown:
        break;
    }
    return {};
}

void require_image_set(const std::string& path)
{
    const std::string other = other_kind(path, FileKind::image_set);
    if (other == "a folder")
        throw Error(path,
                    "a folder, but not a built set (it has no set.json): nonna-dataset pack makes an image set of "
                    "pictures, nonna-frames one of videos");
    if (!other.empty())
        throw Error(path, other + ", where an image set is wanted: are the arguments in the right order?");
}

}    // namespace nonna
