#include "report/picture_file.h"

#include "base/error.h"
#include "io/output.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace nonna
{

namespace
{

// Of the file's name, in lower case, without the dot; empty: it has none.
std::string ending_of(const std::string& path)
{
    const std::size_t dot = path.rfind('.'), slash = path.rfind('/');
    if (dot == path.npos || (slash != path.npos && dot < slash))
        return {};
    std::string ending = path.substr(dot + 1);
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return ending;
}

bool is_jpeg(const std::string& path)
{
    const std::string ending = ending_of(path);
    return ending == "jpg" || ending == "jpeg" || ending == "jpe" || ending == "jfif";
}

}    // namespace

void check_picture_name(const std::string& path)
{
    constexpr std::array<std::string_view, 20> others = {"webp", "gif",  "tif", "tiff", "bmp", "svg", "pdf",
                                                         "ps",   "eps",  "ppm", "pgm",  "pnm", "pbm", "heic",
                                                         "heif", "avif", "jxl", "jp2",  "tga", "ico"};
    if (std::ranges::find(others, ending_of(path)) != others.end())
        throw Error(path, "a picture is written as PNG or JPEG: its name must end in .png or .jpg", ExitStatus::usage);
}

Bytes encoded_picture(const std::string& path, const Picture& picture)
{
    check_picture_name(path);
    constexpr int most = 65'500;    // libjpeg's limit
    if (is_jpeg(path) && std::max(picture.width, picture.height) > most)
        throw Error(path, "more than " + std::to_string(most) + " pixels a side, which JPEG cannot have: name it .png");
    return is_jpeg(path) ? encode_jpeg(picture) : encode_png(picture);
}

void write_picture(const std::string& path, const Picture& picture)
{
    Output output(path, Output::Kind::binary);
    output.write(std::span<const std::byte>(encoded_picture(path, picture)));
    output.commit();
}

}    // namespace nonna
