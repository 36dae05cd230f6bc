#include "media/picture.h"

#include "base/error.h"
#include "io/output.h"
#include "media/av_frame.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <turbojpeg.h>

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

namespace nonna {

namespace {

using Encoded = std::span<const std::byte>;

const char* const damaged = "truncated or damaged picture";

// Reads numbers of a header; outside the data everything is 0, so a short header fails the checks that follow.
struct Header {
    Encoded bytes;
    unsigned u8(std::size_t i) const { return i < bytes.size() ? unsigned(bytes[i]) : 0; }
    unsigned big16(std::size_t i) const { return u8(i) << 8 | u8(i + 1); }
    unsigned big32(std::size_t i) const { return big16(i) << 16 | big16(i + 2); }
    unsigned little16(std::size_t i) const { return u8(i) | u8(i + 1) << 8; }
    unsigned little24(std::size_t i) const { return little16(i) | u8(i + 2) << 16; }
    unsigned little32(std::size_t i) const { return little16(i) | little16(i + 2) << 16; }
    bool has(std::size_t i, std::string_view text) const
    {
        return i <= bytes.size() && bytes.size() - i >= text.size() &&
               std::memcmp(bytes.data() + i, text.data(), text.size()) == 0;
    }
};

// The orientation tag of an EXIF block (a TIFF file in an APP1 segment); 1 where it says nothing sensible.
int exif_orientation(Header tiff)
{
    const bool big = tiff.has(0, "MM");
    if (!big && !tiff.has(0, "II"))
        return 1;
    const auto u16 = [&](std::size_t i) { return big ? tiff.big16(i) : tiff.little16(i); };
    const std::size_t directory = big ? tiff.big32(4) : tiff.little32(4);
    const unsigned entries = u16(directory);
    for (unsigned i = 0; i < entries && directory + 14 + 12 * i <= tiff.bytes.size(); ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        if (u16(entry) == 0x0112) {
            const unsigned value = u16(entry + 8);
            return value >= 1 && value <= 8 ? int(value) : 1;
        }
    }
    return 1;
}

struct JpegMarkers {
    int orientation = 1;
    bool adobe = false;
    int width = 0, height = 0, components = 0;
};

// Walks the segments up to the frame header.
JpegMarkers jpeg_markers(Header h)
{
    JpegMarkers found;
    std::size_t i = 2;
    while (i + 4 <= h.bytes.size()) {
        if (h.u8(i) != 0xff) {
            ++i;
            continue;
        }
        const unsigned marker = h.u8(i + 1);
        if (marker == 0xff || marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8)) {
            i += marker == 0xff ? 1 : 2;
            continue;
        }
        if (marker == 0xd9 || marker == 0xda)
            break;
        const unsigned length = h.big16(i + 2);
        if (marker == 0xe1 && h.has(i + 4, std::string_view("Exif\0\0", 6)) && i + 2 + length <= h.bytes.size())
            found.orientation = exif_orientation({h.bytes.subspan(i + 10, length > 8 ? length - 8 : 0)});
        if (marker == 0xee && h.has(i + 4, "Adobe"))
            found.adobe = true;
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            found.height = int(h.big16(i + 5));
            found.width = int(h.big16(i + 7));
            found.components = int(h.u8(i + 9));
        }
        i += 2 + std::max(length, 2u);
    }
    return found;
}

// Checks that every chunk up to IEND is there; the decoder checks what is in them.
void inspect_png(Header h, PictureInfo& info, const std::string& subject)
{
    info.width = int(h.big32(16));
    info.height = int(h.big32(20));
    info.plain = h.u8(24) <= 8 && h.u8(25) < 4;
    for (std::size_t i = 8; h.bytes.size() >= 12 && i <= h.bytes.size() - 12;) {
        const std::size_t length = h.big32(i);
        if (length > h.bytes.size() - i - 12)
            break;
        if (h.has(i + 4, "tRNS"))
            info.plain = false;
        if (h.has(i + 4, "IEND"))
            return;
        i += length + 12;
    }
    throw Error(subject, damaged);
}

void inspect_webp(Header h, PictureInfo& info, const std::string& subject)
{
    if (h.bytes.size() < 8 || h.little32(4) > h.bytes.size() - 8)
        throw Error(subject, damaged);
    if (h.has(12, "VP8X")) {
        if (h.u8(20) & 2)
            throw Error(subject, "animated picture: not a still");
        info.plain = !(h.u8(20) & 0x10);
        info.width = int(h.little24(24)) + 1;
        info.height = int(h.little24(27)) + 1;
    } else if (h.has(12, "VP8L")) {
        const unsigned bits = h.little32(21);
        info.plain = !(bits >> 28 & 1);
        info.width = int(bits & 0x3fff) + 1;
        info.height = int(bits >> 14 & 0x3fff) + 1;
    } else {
        info.width = int(h.little16(26) & 0x3fff);
        info.height = int(h.little16(28) & 0x3fff);
    }
}

void inspect_pnm(Header h, PictureInfo& info, const std::string& subject)
{
    unsigned long fields[3];
    std::size_t i = 2;
    for (unsigned long& field : fields) {
        while (i < h.bytes.size() && (std::isspace(int(h.u8(i))) || h.u8(i) == '#'))
            if (h.u8(i++) == '#')
                while (i < h.bytes.size() && h.u8(i) != '\n')
                    ++i;
        field = 0;
        while (i < h.bytes.size() && std::isdigit(int(h.u8(i))) && field < 1'000'000)
            field = field * 10 + (h.u8(i++) - '0');
        if (field == 0 || field >= 1'000'000)
            throw Error(subject, damaged);
    }
    info.width = int(fields[0]);
    info.height = int(fields[1]);
    const unsigned long bytes = fields[0] * fields[1] * (h.u8(1) == '6' ? 3 : 1) * (fields[2] > 255 ? 2 : 1);
    if (h.bytes.size() < i + 1 + bytes)
        throw Error(subject, damaged);
    info.plain = false;    // the set's formats are JPEG, PNG and WebP
}

struct TurboJpeg {
    tjhandle handle;
    explicit TurboJpeg(tjhandle h) : handle(h)
    {
        if (!handle)
            throw std::bad_alloc();
    }
    ~TurboJpeg() { tjDestroy(handle); }
    TurboJpeg(const TurboJpeg&) = delete;
    TurboJpeg& operator=(const TurboJpeg&) = delete;
};

Picture decode_jpeg(Encoded encoded, const std::string& subject)
{
    const TurboJpeg jpeg(tjInitDecompress());
    const auto* const data = reinterpret_cast<const unsigned char*>(encoded.data());
    int width = 0, height = 0, subsampling = 0, space = 0;
    if (tjDecompressHeader3(jpeg.handle, data, encoded.size(), &width, &height, &subsampling, &space) != 0)
        throw Error(subject, damaged);
    const bool cmyk = space == TJCS_CMYK || space == TJCS_YCCK;
    const int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
    Picture picture = blank_picture(width, height);
    if (!cmyk) {
        if (tjDecompress2(jpeg.handle, data, encoded.size(), picture.rgb.data(), width, 0, height, TJPF_RGB, flags) != 0)
            throw Error(subject, damaged);
        return picture;
    }
    std::vector<std::uint8_t> ink(std::size_t(width) * height * 4);
    if (tjDecompress2(jpeg.handle, data, encoded.size(), ink.data(), width, 0, height, TJPF_CMYK, flags) != 0)
        throw Error(subject, damaged);
    const std::uint8_t invert = jpeg_markers({encoded}).adobe ? 0 : 255;
    for (std::size_t i = 0; i < ink.size() / 4; ++i) {
        const int k = ink[4 * i + 3] ^ invert;
        for (int c = 0; c < 3; ++c)
            picture.rgb[3 * i + c] = std::uint8_t(((ink[4 * i + c] ^ invert) * k + 127) / 255);
    }
    return picture;
}

Picture decode_by_libav(Encoded encoded, AVCodecID id, const PictureInfo& info, const std::string& subject)
{
    settle_libraries();
    const AVCodec* const codec = avcodec_find_decoder(id);
    if (!codec)
        throw Error(subject, "unsupported picture format");
    const std::unique_ptr<AVCodecContext, void (*)(AVCodecContext*)> context(
        avcodec_alloc_context3(codec), [](AVCodecContext* c) { avcodec_free_context(&c); });
    const std::unique_ptr<AVPacket, void (*)(AVPacket*)> packet(av_packet_alloc(),
                                                               [](AVPacket* p) { av_packet_free(&p); });
    const std::unique_ptr<AVFrame, void (*)(AVFrame*)> frame(av_frame_alloc(), [](AVFrame* f) { av_frame_free(&f); });
    if (!context || !packet || !frame || av_new_packet(packet.get(), int(encoded.size())) < 0)
        throw std::bad_alloc();
    std::memcpy(packet->data, encoded.data(), encoded.size());
    context->thread_count = 1;
    // The header's size was checked; libav counts lines padded for its vectors.
    context->max_pixels = (std::int64_t(info.width) + 256) * (std::int64_t(info.height) + 256);
    context->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    if (avcodec_open2(context.get(), codec, nullptr) < 0 || avcodec_send_packet(context.get(), packet.get()) < 0 ||
        avcodec_receive_frame(context.get(), frame.get()) < 0 ||
        frame->width != info.width || frame->height != info.height || frame->flags & AV_FRAME_FLAG_CORRUPT ||
        frame->decode_error_flags)
        throw Error(subject, damaged);
    return picture_from_frame(*frame, subject);
}

cv::Mat view(const Picture& picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data()));
}

}    // namespace

Picture blank_picture(int width, int height, std::uint8_t value)
{
    return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3, value)};
}

PictureInfo inspect_picture(Encoded encoded, const std::string& subject)
{
    const Header h{encoded};
    PictureInfo info;
    if (h.has(0, "\xff\xd8")) {
        const JpegMarkers markers = jpeg_markers(h);
        info = {"jpg", markers.width, markers.height, markers.orientation,
                markers.orientation == 1 && markers.components != 4};
    } else if (h.has(0, "\x89PNG\r\n\x1a\n")) {
        info.extension = "png";
        inspect_png(h, info, subject);
    } else if (h.has(0, "RIFF") && h.has(8, "WEBPVP8")) {
        info.extension = "webp";
        inspect_webp(h, info, subject);
    } else if (h.has(0, "BM") && h.little32(14) >= 40) {
        info = {"bmp", int(h.little32(18)), std::abs(int(h.little32(22))), 1, false};
        const std::uint64_t line = (std::uint64_t(std::max(info.width, 0)) * h.little16(28) + 31) / 32 * 4;
        const bool compressed = h.little32(30) == 1 || h.little32(30) == 2;
        if (encoded.size() < (compressed ? h.little32(2) : h.little32(10) + line * unsigned(info.height)))
            throw Error(subject, damaged);
    } else if (h.has(0, "P5") || h.has(0, "P6")) {
        info.extension = "pnm";
        inspect_pnm(h, info, subject);
    } else {
        throw Error(subject, encoded.empty() ? "empty file" : "not a JPEG, PNG, WebP, BMP or binary PNM picture");
    }
    if (info.width <= 0 || info.height <= 0)
        throw Error(subject, damaged);
    if (info.orientation >= 5)
        std::swap(info.width, info.height);
    return info;
}

Picture decode_picture(Encoded encoded, const std::string& subject, long max_pixels)
{
    const PictureInfo info = inspect_picture(encoded, subject);
    if (long(info.width) > max_pixels / info.height)
        throw Error(subject, "picture of " + std::to_string(info.width) + "x" + std::to_string(info.height) +
                                 " pixels is larger than the limit of " + std::to_string(max_pixels));
    if (encoded.size() > std::size_t(1) << 30)
        throw Error(subject, "larger than 1 GiB");
    if (info.extension == "jpg") {
        Picture picture = orient(decode_jpeg(encoded, subject), info.orientation);
        // The two parsers must agree, or the size check above was about another picture.
        if (picture.width != info.width || picture.height != info.height)
            throw Error(subject, damaged);
        return picture;
    }
    const AVCodecID id = info.extension == "png"    ? AV_CODEC_ID_PNG
                         : info.extension == "webp" ? AV_CODEC_ID_WEBP
                         : info.extension == "bmp"  ? AV_CODEC_ID_BMP
                         : Header{encoded}.has(0, "P6") ? AV_CODEC_ID_PPM
                                                        : AV_CODEC_ID_PGM;
    return decode_by_libav(encoded, id, info, subject);
}

Picture read_picture(const std::string& path, long max_pixels)
{
    const std::string bytes = read_whole_file(path, std::size_t(1) << 30);
    return decode_picture(std::as_bytes(std::span(bytes)), path, max_pixels);
}

Bytes encode_jpeg(const Picture& picture, int quality)
{
    const TurboJpeg jpeg(tjInitCompress());
    unsigned char* data = nullptr;
    unsigned long size = 0;
    const int failed = tjCompress2(jpeg.handle, picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, &data,
                                   &size, TJSAMP_444, quality, TJFLAG_ACCURATEDCT);
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data, tjFree);
    if (failed)
        throw Error("picture", "cannot be encoded as JPEG");
    const auto* const begin = reinterpret_cast<const std::byte*>(data);
    return Bytes(begin, begin + size);
}

Bytes encode_png(const Picture& picture)
{
    settle_libraries();
    cv::Mat bgr;
    cv::cvtColor(view(picture), bgr, cv::COLOR_RGB2BGR);
    std::vector<std::uint8_t> data;
    if (!cv::imencode(".png", bgr, data, {cv::IMWRITE_PNG_COMPRESSION, 6}))
        throw Error("picture", "cannot be encoded as PNG");
    const auto* const begin = reinterpret_cast<const std::byte*>(data.data());
    return Bytes(begin, begin + data.size());
}

Picture resize(const Picture& picture, int width, int height)
{
    settle_libraries();
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
    Picture result = blank_picture(transposed ? picture.height : picture.width,
                                   transposed ? picture.width : picture.height);
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

std::vector<std::uint8_t> grey(const Picture& picture)
{
    std::vector<std::uint8_t> result(std::size_t(picture.width) * picture.height);
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = std::uint8_t((299 * picture.rgb[3 * i] + 587 * picture.rgb[3 * i + 1] +
                                  114 * picture.rgb[3 * i + 2] + 500) / 1000);
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
    settle_libraries();
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
    settle_libraries();
    cv::Mat canvas = view(target);
    cv::rectangle(canvas, cv::Rect(int(std::lround(box.x)), int(std::lround(box.y)), int(std::lround(box.width)),
                                   int(std::lround(box.height))),
                  cv::Scalar(red, green, blue), thickness);
}

}    // namespace nonna
