#include "media/av_frame.h"

#include "media/reason.h"

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

namespace nonna
{

void settle_libav()
{
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

namespace
{

struct Matrix {
    int coefficients;    // SWS_CS_*
    const char* name;
};

Matrix matrix_of(const AVFrame& frame, bool& guessed)
{
    guessed = false;
    switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
        return {SWS_CS_ITU709, "bt709"};
    case AVCOL_SPC_FCC:
        return {SWS_CS_FCC, "fcc"};
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return {SWS_CS_ITU601, "bt601"};
    case AVCOL_SPC_SMPTE240M:
        return {SWS_CS_SMPTE240M, "smpte240m"};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return {SWS_CS_BT2020, "bt2020"};
    default:
        break;
    }
    guessed = true;
    return frame.width >= 1280 || frame.height > 576 ? Matrix{SWS_CS_ITU709, "bt709"} : Matrix{SWS_CS_ITU601, "bt601"};
}

// Where chroma samples lie, in 1/256 of a luma pixel from the first one's, as libswscale counts; -513: centred.
struct Siting {
    int across, down;
    const char* name;
};

Siting siting_of(const AVFrame& frame)
{
    switch (frame.chroma_location) {
    case AVCHROMA_LOC_LEFT:
        return {0, 128, "left"};
    case AVCHROMA_LOC_TOPLEFT:
        return {0, 0, "topleft"};
    case AVCHROMA_LOC_TOP:
        return {128, 0, "top"};
    case AVCHROMA_LOC_BOTTOMLEFT:
        return {0, 256, "bottomleft"};
    case AVCHROMA_LOC_BOTTOM:
        return {128, 256, "bottom"};
    default:
        return {-513, -513, "center"};
    }
}

// The yuvj formats say "full range" in their name; libswscale wants the plain name and the range apart.
AVPixelFormat plain_format(AVPixelFormat format, bool& full_range)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P:
        full_range = true;
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ411P:
        full_range = true;
        return AV_PIX_FMT_YUV411P;
    case AV_PIX_FMT_YUVJ422P:
        full_range = true;
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P:
        full_range = true;
        return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P:
        full_range = true;
        return AV_PIX_FMT_YUV444P;
    default:
        return format;
    }
}

std::uint8_t over_white(int value, int alpha)
{
    return std::uint8_t((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

// Channels of the packed 16-bit formats (PNG and TIFF as frames), which libswscale would take through YUV; else 0.
int packed_16_bit_channels(const AVFrame& frame)
{
    switch (frame.format) {
    case AV_PIX_FMT_GRAY16BE:
        return 1;
    case AV_PIX_FMT_YA16BE:
        return 2;
    case AV_PIX_FMT_RGB48BE:
        return 3;
    case AV_PIX_FMT_RGBA64BE:
        return 4;
    default:
        return 0;
    }
}

// Cut to their high bytes.
Picture unpack_16_bits(const AVFrame& frame, int channels)
{
    Picture picture = blank_picture(frame.width, frame.height);
    const bool transparent = channels % 2 == 0, colour = channels >= 3;
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t* from = frame.data[0] + std::ptrdiff_t(y) * frame.linesize[0];
        std::uint8_t* to = picture.at(0, y);
        for (int x = 0; x < picture.width; ++x, from += 2 * channels)
            for (int c = 0; c < 3; ++c)
                *to++ = over_white(from[colour ? 2 * c : 0], transparent ? from[2 * (channels - 1)] : 255);
    }
    return picture;
}

// What one pass of libswscale reads, and how it is to be understood.
struct Source {
    const std::uint8_t* data[4] = {};
    int step[4] = {};    // bytes from line to line
    int width = 0, height = 0;
    AVPixelFormat format = AV_PIX_FMT_NONE;
    int coefficients = SWS_CS_DEFAULT;
    bool full_range = false;
    int across = -513, down = -513;    // chroma siting
};

using OwnFrame = std::unique_ptr<AVFrame, void (*)(AVFrame*)>;

// Null when libswscale cannot.
OwnFrame scale(const Source& source, int width, int height, AVPixelFormat format, int method)
{
    // libswscale writes past the end of unpadded lines, so it gets a buffer of libav's own.
    OwnFrame out(av_frame_alloc(), [](AVFrame* f) { av_frame_free(&f); });
    if (!out)
        throw std::bad_alloc();
    out->width = width;
    out->height = height;
    out->format = format;
    if (av_frame_get_buffer(out.get(), 64) < 0)
        throw std::bad_alloc();
    // Full chroma is what makes colours right: without it libswscale's tables are 1 to 3 levels dark.
    const int flags = method | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
    const std::unique_ptr<SwsContext, void (*)(SwsContext*)> scaler(sws_alloc_context(), sws_freeContext);
    if (!scaler)
        throw std::bad_alloc();
    const std::pair<const char*, int> settings[] = {
        {"srcw", source.width},
        {"srch", source.height},
        {"src_format", source.format},
        {"dstw", width},
        {"dsth", height},
        {"dst_format", format},
        {"src_h_chr_pos", source.across},
        {"src_v_chr_pos", source.down},
        {"sws_flags", flags},
    };
    for (const auto& [name, value] : settings)
        if (av_opt_set_int(scaler.get(), name, value, 0) < 0)
            return OwnFrame(nullptr, out.get_deleter());
    // Fails for formats without a matrix (RGB), which need none.
    const bool ready = sws_init_context(scaler.get(), nullptr, nullptr) >= 0;
    if (ready)
        sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(source.coefficients), source.full_range,
                                 sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    if (!ready ||
        sws_scale(scaler.get(), source.data, source.step, 0, source.height, out->data, out->linesize) != height)
        out.reset();
    return out;
}

Picture lines_of(const AVFrame& rgb)
{
    Picture picture = blank_picture(rgb.width, rgb.height);
    for (int y = 0; y < picture.height; ++y)
        std::memcpy(picture.at(0, y), rgb.data[0] + std::ptrdiff_t(y) * rgb.linesize[0],
                    std::size_t(picture.width) * 3);
    return picture;
}

Picture lines_over_white(const AVFrame& rgba)
{
    Picture picture = blank_picture(rgba.width, rgba.height);
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t* from = rgba.data[0] + std::ptrdiff_t(y) * rgba.linesize[0];
        std::uint8_t* to = picture.at(0, y);
        for (int x = 0; x < picture.width; ++x, from += 4)
            for (int c = 0; c < 3; ++c)
                *to++ = over_white(from[c], from[3]);
    }
    return picture;
}

// Whether a rectangle can be read where it lies: every sample on a byte of its own, none shared by packed neighbours,
// no transparency to be settled first.
bool can_cut_in_place(const AVPixFmtDescriptor& about)
{
    const bool shared = about.log2_chroma_w && !(about.flags & AV_PIX_FMT_FLAG_PLANAR);
    return !shared && !(about.flags & (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_ALPHA |
                                       AV_PIX_FMT_FLAG_BAYER));
}

Source cut_in_place(Source source, const AVPixFmtDescriptor& about, const FrameCut& cut)
{
    int bytes[4] = {};
    av_image_fill_max_pixsteps(bytes, nullptr, &about);
    for (int i = 0; i < 4 && source.data[i]; ++i) {
        const bool chroma = i == 1 || i == 2;
        source.data[i] += std::ptrdiff_t(cut.y >> (chroma ? about.log2_chroma_h : 0)) * source.step[i] +
                          std::ptrdiff_t(cut.x >> (chroma ? about.log2_chroma_w : 0)) * bytes[i];
    }
    source.width = cut.width;
    source.height = cut.height;
    return source;
}

// Every second line from `first` on; `cut` is told in these lines.
void take_field(Source& source, FrameCut& cut, bool bottom)
{
    for (int i = 0; i < 4 && source.data[i]; ++i) {
        source.data[i] += bottom ? source.step[i] : 0;
        source.step[i] *= 2;
    }
    source.height = (source.height + (bottom ? 0 : 1)) / 2;
    cut.y /= 2;
    cut.height = std::clamp(cut.height / 2, 1, source.height - cut.y);
}

// What a frame's pixels are, and what is recorded of them.
struct Colours {
    const AVPixFmtDescriptor* about;
    AVPixelFormat format;
    Matrix matrix;
    Siting siting;
    bool full_range, transparent;
    bool coloured;      // brightness and colour apart (YUV)
    bool subsampled;    // fewer samples of colour than of brightness

    // The samples as they lie in the frame, none cut off yet.
    Source source(const AVFrame& frame) const
    {
        Source source;
        for (int i = 0; i < 4; ++i) {
            source.data[i] = frame.data[i];
            source.step[i] = frame.linesize[i];
        }
        source.width = frame.width;
        source.height = frame.height;
        source.format = format;
        source.coefficients = matrix.coefficients;
        source.full_range = full_range;
        if (coloured && subsampled) {
            source.across = siting.across;
            source.down = siting.down;
        }
        return source;
    }
};

Colours colours_of(const AVFrame& frame, const Refusal& unconvertible, Decoding& how)
{
    Colours c{};
    c.full_range = frame.color_range == AVCOL_RANGE_JPEG;
    c.format = plain_format(AVPixelFormat(frame.format), c.full_range);
    c.about = av_pix_fmt_desc_get(c.format);
    if (!c.about || !sws_isSupportedInput(c.format) || frame.width <= 0 || frame.height <= 0)
        throw unconvertible;
    // Grey means full range in still formats, and libswscale treats it so unless told otherwise by the frame.
    if (c.about->nb_components <= 2 && frame.color_range != AVCOL_RANGE_MPEG)
        c.full_range = true;
    c.transparent = c.about->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL);
    const bool rgb = c.about->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BAYER);
    c.matrix = matrix_of(frame, how.guessed);
    c.siting = siting_of(frame);
    c.subsampled = c.about->log2_chroma_w || c.about->log2_chroma_h;
    c.coloured = !rgb && c.about->nb_components > 2;

    how.format = av_get_pix_fmt_name(AVPixelFormat(frame.format));
    if (c.coloured)
        how.matrix = c.matrix.name;
    else
        how.matrix = rgb ? "rgb" : "grey";
    how.guessed = how.guessed && c.coloured;
    how.range = c.full_range || rgb ? "full" : "limited";
    how.chroma = c.coloured && c.subsampled ? c.siting.name : "full";
    const char* const transfer = av_color_transfer_name(frame.color_trc);
    how.transfer = transfer && frame.color_trc != AVCOL_TRC_UNSPECIFIED ? transfer : "unknown";
    return c;
}

// The whole frame as RGB, for formats that cannot be cut where they lie.
Picture whole_frame(const AVFrame& frame, const Colours& colours, const Refusal& unconvertible)
{
    if (const int channels = packed_16_bit_channels(frame))
        return unpack_16_bits(frame, channels);
    const AVPixelFormat to = colours.transparent ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    const OwnFrame same = scale(colours.source(frame), frame.width, frame.height, to, SWS_BICUBIC);
    if (!same)
        throw unconvertible;
    return colours.transparent ? lines_over_white(*same) : lines_of(*same);
}

Source source_of(const Picture& picture)
{
    Source source;
    source.data[0] = picture.rgb.data();
    source.step[0] = 3 * picture.width;
    source.width = picture.width;
    source.height = picture.height;
    source.format = AV_PIX_FMT_RGB24;
    return source;
}

}    // namespace

ChromaGrid chroma_grid(const AVFrame& frame)
{
    const AVPixFmtDescriptor* const about = av_pix_fmt_desc_get(AVPixelFormat(frame.format));
    return about ? ChromaGrid{1 << about->log2_chroma_w, 1 << about->log2_chroma_h} : ChromaGrid{};
}

// One pass of libswscale from the frame's own samples to the picture wherever that can be: every further pass would
// round once more. Formats that cannot be cut in place go through a whole RGB frame first; where the cut then needs no
// scaling either, its lines are copied.
Picture picture_from_frame(const AVFrame& frame, const FrameCut& wanted, bool smooth, const std::string& subject,
                           Decoding& how)
{
    settle_libav();
    const Refusal unconvertible(subject, Reason::unsupported_format);
    const Colours colours = colours_of(frame, unconvertible, how);

    Source source = colours.source(frame);
    Picture whole;
    if (packed_16_bit_channels(frame) > 0 || !can_cut_in_place(*colours.about)) {
        whole = whole_frame(frame, colours, unconvertible);
        source = source_of(whole);
    }
    FrameCut cut = wanted;
    how.field = "both";
    if (cut.one_field && frame.height >= 2) {
        const bool bottom = !frame.top_field_first;
        how.field = bottom ? "bottom" : "top";
        take_field(source, cut, bottom);
        // A field's chroma lines lie a quarter of a line off the middle between its luma lines.
        if (source.format != AV_PIX_FMT_RGB24 && colours.coloured && colours.about->log2_chroma_h == 1)
            source.down = bottom ? 192 : 64;
    }
    source = cut_in_place(source, *av_pix_fmt_desc_get(source.format), cut);
    if (source.format == AV_PIX_FMT_RGB24 && source.width == cut.to_width && source.height == cut.to_height) {
        Picture picture = blank_picture(cut.to_width, cut.to_height);
        for (int y = 0; y < picture.height; ++y)
            std::memcpy(picture.at(0, y), source.data[0] + std::ptrdiff_t(y) * source.step[0],
                        std::size_t(picture.width) * 3);
        return picture;
    }
    const OwnFrame out = scale(source, cut.to_width, cut.to_height, AV_PIX_FMT_RGB24, smooth ? SWS_BICUBIC : SWS_AREA);
    if (!out)
        throw unconvertible;
    return lines_of(*out);
}

}    // namespace nonna
