#include "media/picture.h"

#include "base/error.h"
#include "media/opencv_threads.h"
#include "media/picture_format.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>

namespace nonna
{

static cv::Mat view(const Picture& picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data()));
}

Picture blank_picture(int width, int height, std::uint8_t value)
{
    return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3, value)};
}

void lay_over_white(const std::uint8_t* rgba, std::uint8_t* rgb, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i, rgba += 4)
        for (int c = 0; c < 3; ++c)
            *rgb++ = std::uint8_t((rgba[c] * rgba[3] + 255 * (255 - rgba[3]) + 127) / 255);
}

bool is_picture(Encoded start)
{
    const Header h{start};
    return h.has(0, "\xff\xd8\xff") || h.has(0, "\x89PNG\r\n\x1a\n") || (h.has(0, "RIFF") && h.has(8, "WEBP")) ||
           ((h.has(0, "P5") || h.has(0, "P6")) && std::isspace(int(h.u8(2))));
}

// Pictures that are not read, but known.
static const char* other_format(Header h)
{
    if (h.has(4, "ftypavif") || h.has(4, "ftypavis"))
        return "AVIF";
    if (h.has(4, "ftyphei") || h.has(4, "ftyphev") || h.has(4, "ftypmif1") || h.has(4, "ftypmsf1"))
        return "HEIF";
    if (h.has(0, std::string_view("II*\0", 4)) || h.has(0, std::string_view("MM\0*", 4)))
        return "TIFF";
    if (h.has(0, "GIF8"))
        return "GIF";
    if (h.has(4, "JXL \r\n") || h.has(0, "\xff\x0a"))
        return "JPEG XL";
    if (h.has(4, "jP  \r\n"))
        return "JPEG 2000";
    return nullptr;
}

PictureInfo inspect_picture(Encoded encoded, const std::string& subject)
{
    const Header h{encoded};
    PictureInfo info;
    if (h.has(0, "\xff\xd8"))
        info = inspect_jpeg(encoded, subject);
    else if (h.has(0, "\x89PNG\r\n\x1a\n"))
        info = inspect_png(encoded, subject);
    else if (h.has(0, "RIFF") && h.has(8, "WEBP"))
        info = inspect_webp(encoded, subject);
    else if (h.has(0, "P5") || h.has(0, "P6"))
        info = inspect_pnm(encoded, subject);
    else if (h.has(0, "BM") && h.little32(14) >= 12 && h.little32(14) <= 124)
        throw Refusal(subject, Reason::unsupported_format, "unsupported picture format BMP");
    else if (const char* const other = other_format(h))
        throw Refusal(subject, Reason::unsupported_format,
                      std::string("unsupported picture format ") + other + ": convert it to JPEG or PNG");
    else if (encoded.empty())
        throw Refusal(subject, Reason::empty);
    else
        throw Refusal(subject, Reason::unknown_format, "not a JPEG, PNG, WebP or binary PNM picture");
    if (info.width <= 0 || info.height <= 0)
        throw damaged_picture(subject);
    if (info.orientation >= 5)
        std::swap(info.width, info.height);
    return info;
}

PictureInfo accept_picture(Encoded encoded, const std::string& subject, long max_pixels)
{
    PictureInfo info = inspect_picture(encoded, subject);
    if (long(info.width) > max_pixels / info.height)
        throw Refusal(subject, Reason::too_large,
                      "picture of " + std::to_string(info.width) + "x" + std::to_string(info.height) +
                          " pixels is larger than the limit of " + std::to_string(max_pixels));
    if (encoded.size() > std::size_t(1) << 30)
        throw Refusal(subject, Reason::too_large, "larger than 1 GiB");
    return info;
}

static Picture decode_stored(Encoded encoded, const PictureInfo& info, const std::string& subject)
{
    if (info.extension == "png")
        return decode_png(encoded, info, subject);
    if (info.extension == "webp")
        return decode_webp(encoded, info, subject);
    if (info.extension == "pnm")
        return decode_pnm(encoded, info, subject);
    int reduction = 1;
    return decode_jpeg(encoded, info, subject, reduction);
}

static Picture decode_accepted(Encoded encoded, PictureInfo info, const std::string& subject)
{
    if (info.orientation >= 5)
        std::swap(info.width, info.height);
    return orient(decode_stored(encoded, info, subject), info.orientation);
}

Picture decode_picture(Encoded encoded, const std::string& subject, long max_pixels)
{
    return decode_accepted(encoded, accept_picture(encoded, subject, max_pixels), subject);
}

GreyPicture decode_grey(Encoded encoded, const std::string& subject, long max_pixels)
{
    const PictureInfo info = accept_picture(encoded, subject, max_pixels);
    GreyPicture result;
    if (info.extension == "jpg" && decode_jpeg_luma(encoded, info, subject, result))
        return result;
    const Picture picture = decode_accepted(encoded, info, subject);
    return {picture.width, picture.height, grey(picture)};
}

Picture resize(const Picture& picture, int width, int height)
{
    keep_opencv_to_one_thread();
    if (width == picture.width && height == picture.height)
        return picture;
    Picture result = blank_picture(width, height);
    cv::Mat target = view(result);
    const bool shrinks = width <= picture.width && height <= picture.height;
    cv::resize(view(picture), target, target.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
    return result;
}

Picture crop(const Picture& picture, int x, int y, int width, int height)
{
    if (x < 0 || y < 0 || width <= 0 || height <= 0 || width > picture.width - x || height > picture.height - y)
        throw Error("crop", "leaves the picture of " + std::to_string(picture.width) + "x" +
                                std::to_string(picture.height) + " pixels");
    Picture result = blank_picture(width, height);
    for (int row = 0; row < height; ++row)
        std::memcpy(result.at(0, row), picture.at(x, y + row), std::size_t(width) * 3);
    return result;
}

Picture fit_square(const Picture& picture, int size)
{
    const int side = std::min(picture.width, picture.height);
    const int x = (picture.width - side) / 2, y = (picture.height - side) / 2;
    return resize(side == picture.width && side == picture.height ? picture : crop(picture, x, y, side, side), size,
                  size);
}

Picture orient(Picture picture, int orientation)
{
    if (orientation < 2 || orientation > 8)
        return picture;
    const bool transposed = orientation >= 5;
    Picture result =
        blank_picture(transposed ? picture.height : picture.width, transposed ? picture.width : picture.height);
    for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x) {
            int from_x = transposed ? y : x, from_y = transposed ? x : y;
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
                from_x = picture.width - 1 - from_x;
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
                from_y = picture.height - 1 - from_y;
            std::memcpy(result.at(x, y), picture.at(from_x, from_y), 3);
        }
    return result;
}

std::array<std::uint8_t, 3> mean_colour(const Picture& picture)
{
    std::uint64_t sum[3] = {};
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        sum[i % 3] += picture.rgb[i];
    const std::uint64_t count = std::max<std::uint64_t>(1, picture.rgb.size() / 3);
    std::array<std::uint8_t, 3> colour{};
    for (std::size_t c = 0; c < 3; ++c)
        colour[c] = std::uint8_t((sum[c] + count / 2) / count);
    return colour;
}

std::vector<std::uint8_t> grey(const Picture& picture)
{
    std::vector<std::uint8_t> result(std::size_t(picture.width) * picture.height);
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = std::uint8_t(
            (299 * picture.rgb[3 * i] + 587 * picture.rgb[3 * i + 1] + 114 * picture.rgb[3 * i + 2] + 500) / 1000);
    return result;
}

void paste(Picture& target, const Picture& tile, int x, int y)
{
    const int left = std::max(0, -x), right = std::min(tile.width, target.width - x);
    for (int row = std::max(0, -y); row < std::min(tile.height, target.height - y) && left < right; ++row)
        std::memcpy(target.at(x + left, y + row), tile.at(left, row), std::size_t(right - left) * 3);
}

// Hershey simplex: capitals are 21 units tall and descenders reach 7 below, at scale 1.
static double text_scale(int height) { return height / 30.0; }

void draw_text(Picture& target, const std::string& text, int x, int y, int height, std::uint8_t value)
{
    keep_opencv_to_one_thread();
    cv::Mat canvas = view(target);
    cv::putText(canvas, text, {x, y + int(std::lround(height * 0.77))}, cv::FONT_HERSHEY_SIMPLEX, text_scale(height),
                cv::Scalar(value, value, value), 1, cv::LINE_AA);
}

int text_width(const std::string& text, int height)
{
    int baseline = 0;
    return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, text_scale(height), 1, &baseline).width;
}

void draw_box(Picture& target, const Box& box, std::uint8_t red, std::uint8_t green, std::uint8_t blue, int thickness)
{
    keep_opencv_to_one_thread();
    cv::Mat canvas = view(target);
    cv::rectangle(canvas,
                  cv::Rect(int(std::lround(box.x)), int(std::lround(box.y)), int(std::lround(box.width)),
                           int(std::lround(box.height))),
                  cv::Scalar(red, green, blue), thickness);
}

}    // namespace nonna
