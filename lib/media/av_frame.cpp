#include "media/av_frame.h"

#include "media/reason.h"

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <cstring>
#include <memory>
#include <mutex>

namespace nonna {

void settle_libav()
{
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

static int matrix_of(const AVFrame& frame)
{
    switch (frame.colorspace) {
    case AVCOL_SPC_BT709: return SWS_CS_ITU709;
    case AVCOL_SPC_FCC: return SWS_CS_FCC;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
    default: return frame.height < 720 ? SWS_CS_ITU601 : SWS_CS_ITU709;
    }
}

// The yuvj formats say "full range" in their name; libswscale wants the plain name and the range apart.
static AVPixelFormat plain_format(AVPixelFormat format, bool& full_range)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P: full_range = true; return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ411P: full_range = true; return AV_PIX_FMT_YUV411P;
    case AV_PIX_FMT_YUVJ422P: full_range = true; return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P: full_range = true; return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P: full_range = true; return AV_PIX_FMT_YUV444P;
    default: return format;
    }
}

static std::uint8_t over_white(int value, int alpha)
{
    return std::uint8_t((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

// Packed 16-bit formats (PNG and TIFF as frames) are cut to their high bytes here: libswscale takes them through YUV.
static bool unpack_16_bits(const AVFrame& frame, Picture& picture)
{
    int channels = 0;
    switch (frame.format) {
    case AV_PIX_FMT_GRAY16BE: channels = 1; break;
    case AV_PIX_FMT_YA16BE: channels = 2; break;
    case AV_PIX_FMT_RGB48BE: channels = 3; break;
    case AV_PIX_FMT_RGBA64BE: channels = 4; break;
    default: return false;
    }
    const bool transparent = channels % 2 == 0, colour = channels >= 3;
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t* from = frame.data[0] + std::ptrdiff_t(y) * frame.linesize[0];
        std::uint8_t* to = picture.at(0, y);
        for (int x = 0; x < picture.width; ++x, from += 2 * channels)
            for (int c = 0; c < 3; ++c)
                *to++ = over_white(from[colour ? 2 * c : 0], transparent ? from[2 * (channels - 1)] : 255);
    }
    return true;
}

Picture picture_from_frame(const AVFrame& frame, const std::string& subject)
{
    settle_libav();
    const Refusal unconvertible(subject, Reason::unsupported_format);
    bool full_range = frame.color_range == AVCOL_RANGE_JPEG;
    const AVPixelFormat format = plain_format(AVPixelFormat(frame.format), full_range);
    const AVPixFmtDescriptor* const about = av_pix_fmt_desc_get(format);
    if (!about || !sws_isSupportedInput(format) || frame.width <= 0 || frame.height <= 0)
        throw unconvertible;
    if (Picture picture = blank_picture(frame.width, frame.height); unpack_16_bits(frame, picture))
        return picture;
    // Grey means full range in still formats, and libswscale treats it so unless told otherwise by the frame.
    if (about->nb_components <= 2 && frame.color_range != AVCOL_RANGE_MPEG)
        full_range = true;
    const bool transparent = about->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL);

    // libswscale writes past the end of unpadded lines, so it gets a buffer of libav's own.
    const std::unique_ptr<AVFrame, void (*)(AVFrame*)> out(av_frame_alloc(), [](AVFrame* f) { av_frame_free(&f); });
    if (!out)
        throw std::bad_alloc();
    out->width = frame.width;
    out->height = frame.height;
    out->format = transparent ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    if (av_frame_get_buffer(out.get(), 64) < 0)
        throw std::bad_alloc();

    const int flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
    const std::unique_ptr<SwsContext, void (*)(SwsContext*)> scaler(
        sws_getContext(frame.width, frame.height, format, frame.width, frame.height, AVPixelFormat(out->format), flags,
                       nullptr, nullptr, nullptr),
        sws_freeContext);
    if (!scaler)
        throw unconvertible;
    // Fails for formats without a matrix (RGB), which need none.
    sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(matrix_of(frame)), full_range,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    if (sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize) != frame.height)
        throw unconvertible;

    Picture picture = blank_picture(frame.width, frame.height);
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t* from = out->data[0] + std::ptrdiff_t(y) * out->linesize[0];
        std::uint8_t* to = picture.at(0, y);
        if (!transparent) {
            std::memcpy(to, from, std::size_t(picture.width) * 3);
            continue;
        }
        for (int x = 0; x < picture.width; ++x, from += 4)
            for (int c = 0; c < 3; ++c)
                *to++ = over_white(from[c], from[3]);
    }
    return picture;
}

}    // namespace nonna
