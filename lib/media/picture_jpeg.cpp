#include "media/picture_format.h"

#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>
#include <turbojpeg.h>

#include <algorithm>
#include <csetjmp>
#include <memory>
#include <new>
#include <vector>

namespace nonna
{

namespace
{

struct JpegMarkers {
    int orientation = 1;
    bool ended = false;    // the data did, before the pixels
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
            return found;
        const unsigned length = h.big16(i + 2);
        if (marker == 0xe1 && h.has(i + 4, std::string_view("Exif\0\0", 6)) && i + 2 + length <= h.bytes.size())
            found.orientation = exif_orientation(h.bytes.subspan(i + 4, length - 2));
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            found.height = int(h.big16(i + 5));
            found.width = int(h.big16(i + 7));
            found.components = int(h.u8(i + 9));
        }
        i += 2 + std::max(length, 2u);
    }
    found.ended = true;
    return found;
}

// libjpeg leaves by longjmp, past every destructor: what it works on lives in this struct, whose owner is outside of
// the functions that call setjmp, and these have no objects of their own.
struct JpegReader {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf leave{};
    int fault = 0;    // libjpeg's code
    std::vector<JSAMPROW> rows;

    JpegReader() = default;
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;
    ~JpegReader() { jpeg_destroy_decompress(&jpeg); }
};

[[noreturn]] void leave(j_common_ptr jpeg)
{
    JpegReader& reader = *static_cast<JpegReader*>(jpeg->client_data);
    reader.fault = jpeg->err->msg_code;
    std::longjmp(reader.leave, 1);
}

// A warning is an error, but for those that no pixel depends on: the spectral numbers of a scan, which a sequential
// file does not need (phones write zeros), and an unknown number of JFIF's version.
void judge_message(j_common_ptr jpeg, int level)
{
    const int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_NOT_SEQUENTIAL && code != JWRN_JFIF_MAJOR)
        leave(jpeg);
}

void stay_silent(j_common_ptr) {}

// A few hundred bytes can announce scans without end.
void limit_scans(j_common_ptr jpeg)
{
    if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > 500)
        leave(jpeg);
}

bool begin_reading(JpegReader& reader, Encoded encoded)
{
    jpeg_decompress_struct& jpeg = reader.jpeg;
    jpeg.err = jpeg_std_error(&reader.errors);
    reader.errors.error_exit = leave;
    reader.errors.emit_message = judge_message;
    reader.errors.output_message = stay_silent;
    jpeg.client_data = &reader;
    if (setjmp(reader.leave))
        return false;
    jpeg_create_decompress(&jpeg);
    reader.progress.progress_monitor = limit_scans;
    jpeg.progress = &reader.progress;
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
    jpeg_read_header(&jpeg, TRUE);
    return true;
}

bool finish_reading(JpegReader& reader, J_COLOR_SPACE space)
{
    jpeg_decompress_struct& jpeg = reader.jpeg;
    if (setjmp(reader.leave))
        return false;
    jpeg.out_color_space = space;
    jpeg.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height)
        jpeg_read_scanlines(&jpeg, &reader.rows[jpeg.output_scanline], jpeg.output_height - jpeg.output_scanline);
    jpeg_finish_decompress(&jpeg);
    return true;
}

// The greatest reduction up to this one at which no component's samples cover more than it a side. Where chroma is
// stored smaller in one direction alone (4:2:2, 4:1:1), libjpeg reduces it all the same, and would give colours of half
// or a quarter of the sharpness asked for.
bool limit_reduction(JpegReader& reader, int& reduction)
{
    jpeg_decompress_struct& jpeg = reader.jpeg;
    const int most = reduction;
    if (setjmp(reader.leave))
        return false;
    for (; reduction > 1; reduction /= 2) {
        jpeg.scale_denom = JDIMENSION(reduction);
        jpeg_calc_output_dimensions(&jpeg);
        bool fine = true;
        for (int i = 0; i < jpeg.num_components; ++i) {
            const jpeg_component_info& c = jpeg.comp_info[i];
            fine = fine && jpeg.max_h_samp_factor * DCTSIZE <= most * c.h_samp_factor * c.DCT_scaled_size &&
                   jpeg.max_v_samp_factor * DCTSIZE <= most * c.v_samp_factor * c.DCT_scaled_size;
        }
        if (fine)
            return true;
    }
    jpeg.scale_denom = 1;
    return true;
}

// A JPEG whose frame header was read and found to be the one that the caller's size check was about.
struct JpegFrame {
    JpegReader reader;
    const std::string& subject;
    int width = 0, height = 0;    // of the pixels that decode gives

    JpegFrame(Encoded encoded, const PictureInfo& info, const std::string& name) : subject(name)
    {
        if (!begin_reading(reader, encoded))
            throw refusal();
        width = int(reader.jpeg.image_width);
        height = int(reader.jpeg.image_height);
        if (width != info.width || height != info.height)
            throw damaged_picture(subject);
    }

    // At most by this; what it is in the end comes back.
    void reduce(int& reduction)
    {
        if (!limit_reduction(reader, reduction))
            throw refusal();
        width = (width + reduction - 1) / reduction;
        height = (height + reduction - 1) / reduction;
    }

    J_COLOR_SPACE space() const { return reader.jpeg.jpeg_color_space; }

    // Luma alone is as strict as colours: every coefficient is read either way.
    void decode(std::uint8_t* to, J_COLOR_SPACE as, int channels)
    {
        for (int y = 0; y < height; ++y)
            reader.rows.push_back(to + std::size_t(y) * std::size_t(width) * std::size_t(channels));
        if (!finish_reading(reader, as))
            throw refusal();
    }

  private:
    Refusal refusal() const
    {
        switch (reader.fault) {
        case JERR_OUT_OF_MEMORY:
            throw std::bad_alloc();
        case JERR_INPUT_EMPTY:
        case JERR_INPUT_EOF:
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
            return truncated_picture(subject);
        case JERR_ARITH_NOTIMPL:
        case JERR_BAD_PRECISION:
        case JERR_CCIR601_NOTIMPL:
        case JERR_CONVERSION_NOTIMPL:
        case JERR_FRACT_SAMPLE_NOTIMPL:
        case JERR_SOF_UNSUPPORTED:
            return {subject, Reason::unsupported_format, "unsupported kind of JPEG"};
        default:
            return damaged_picture(subject);
        }
    }
};

}    // namespace

PictureInfo inspect_jpeg(Encoded encoded, const std::string& subject)
{
    const JpegMarkers found = jpeg_markers({encoded});
    if (found.ended)
        throw truncated_picture(subject);
    return {"jpg", found.width, found.height, found.orientation, found.orientation == 1 && found.components != 4};
}

Picture decode_jpeg(Encoded encoded, const PictureInfo& info, const std::string& subject, int& reduction)
{
    JpegFrame jpeg(encoded, info, subject);
    jpeg.reduce(reduction);
    Picture picture = blank_picture(jpeg.width, jpeg.height);
    if (jpeg.space() != JCS_CMYK && jpeg.space() != JCS_YCCK) {
        jpeg.decode(picture.rgb.data(), JCS_RGB, 3);
        return picture;
    }
    // Paper times black. The standard has 0 for no ink, but what writes such files follows Adobe, which has 255,
    // whether its marker is still there or not.
    std::vector<std::uint8_t> paper(std::size_t(jpeg.width) * std::size_t(jpeg.height) * 4);
    jpeg.decode(paper.data(), JCS_CMYK, 4);
    for (std::size_t i = 0; i < paper.size() / 4; ++i)
        for (std::size_t c = 0; c < 3; ++c)
            picture.rgb[3 * i + c] = std::uint8_t((paper[4 * i + c] * paper[4 * i + 3] + 127) / 255);
    return picture;
}

bool decode_jpeg_luma(Encoded encoded, const PictureInfo& info, const std::string& subject, GreyPicture& picture)
{
    if (info.orientation != 1)
        return false;
    JpegFrame jpeg(encoded, info, subject);
    if (jpeg.space() != JCS_YCbCr && jpeg.space() != JCS_GRAYSCALE)
        return false;
    picture = {jpeg.width, jpeg.height, std::vector<std::uint8_t>(std::size_t(jpeg.width) * std::size_t(jpeg.height))};
    jpeg.decode(picture.levels.data(), JCS_GRAYSCALE, 1);
    return true;
}

Bytes encode_jpeg(const Picture& picture, int quality)
{
    const std::unique_ptr<void, int (*)(tjhandle)> jpeg(tjInitCompress(), tjDestroy);
    if (!jpeg)
        throw std::bad_alloc();
    unsigned char* data = nullptr;
    unsigned long size = 0;
    const int failed = tjCompress2(jpeg.get(), picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, &data,
                                   &size, TJSAMP_444, quality, TJFLAG_ACCURATEDCT);
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data, tjFree);
    if (failed)
        throw Error("picture", "cannot be encoded as JPEG");
    const auto* const begin = reinterpret_cast<const std::byte*>(data);
    return Bytes(begin, begin + size);
}

}    // namespace nonna
