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
    constexpr std::array<std::string_view, 19> others = {"gif",  "tif", "tiff", "bmp", "svg", "pdf",  "ps",
                                                         "eps",  "ppm", "pgm",  "pnm", "pbm", "heic", "heif",
                                                         "avif", "jxl", "jp2",  "tga", "ico"};
    if (std::ranges::find(others, ending_of(path)) != others.end())
        throw Error(path, "a picture is written as PNG, JPEG or WebP: its name must end in .png, .jpg or .webp",
                    ExitStatus::usage);
}

Bytes encoded_picture(const std::string& path, const Picture& picture)
{
    check_picture_name(path);
    const bool jpeg = is_jpeg(path), webp = ending_of(path) == "webp";
    const int most = jpeg ? 65'500 : 16'383;    // libjpeg's limit, libwebp's
    if ((jpeg || webp) && std::max(picture.width, picture.height) > most)
        throw Error(path, "more than " + std::to_string(most) + " pixels a side, which " + (jpeg ? "JPEG" : "WebP") +
                              " cannot have: name it .png");
    return jpeg ? encode_jpeg(picture) : webp ? encode_webp(picture) : encode_png(picture);
}

void write_picture(const std::string& path, const Picture& picture)
{
    Output output(path, Output::Kind::binary);
    output.write(std::span<const std::byte>(encoded_picture(path, picture)));
    output.commit();
}

}    // namespace nonna
