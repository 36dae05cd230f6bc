// JPEGs of every kind, as libjpeg writes them.
#pragma once

#include "media/picture.h"

#include <cstdio>

#include <jpeglib.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna::test
{

struct Factors {
    int across, down;
};

// As libjpeg writes it, with any sampling factors; `space` CMYK: of four channels, inverted as Adobe's, marked or not.
inline Bytes jpeg(const Picture& p, const std::vector<Factors>& factors, J_COLOR_SPACE space = JCS_YCbCr,
                  bool adobe = false, bool progressive = false)
{
    jpeg_compress_struct out;
    jpeg_error_mgr errors;
    out.err = jpeg_std_error(&errors);
    jpeg_create_compress(&out);
    unsigned char* data = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&out, &data, &size);
    out.image_width = JDIMENSION(p.width);
    out.image_height = JDIMENSION(p.height);
    const bool cmyk = space == JCS_CMYK || space == JCS_YCCK;
    out.input_components = cmyk ? 4 : 3;
    out.in_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&out);
    jpeg_set_colorspace(&out, space);
    out.write_Adobe_marker = adobe;
    jpeg_set_quality(&out, 95, TRUE);
    for (std::size_t i = 0; i < factors.size(); ++i) {
        out.comp_info[i].h_samp_factor = factors[i].across;
        out.comp_info[i].v_samp_factor = factors[i].down;
    }
    if (progressive)
        jpeg_simple_progression(&out);
    jpeg_start_compress(&out, TRUE);
    std::vector<std::uint8_t> row;
    for (int y = 0; y < p.height; ++y) {
        row.clear();
        for (int x = 0; x < p.width; ++x) {
            row.insert(row.end(), p.at(x, y), p.at(x, y) + 3);
            if (cmyk)
                row.push_back(255);    // no black
        }
        JSAMPROW line = row.data();
        jpeg_write_scanlines(&out, &line, 1);
    }
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    const std::unique_ptr<unsigned char, void (*)(void*)> owner(data, std::free);
    const auto* const begin = reinterpret_cast<const std::byte*>(data);
    return Bytes(begin, begin + size);
}

// An EXIF block with one entry, the orientation, put behind the first marker.
inline Bytes with_orientation(const Bytes& jpeg, int orientation)
{
    std::string exif("\xff\xe1\0\x22"
                     "Exif\0\0"
                     "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0",
                     29);
    exif += char(orientation);
    exif += std::string(6, '\0');
    const auto block = std::as_bytes(std::span(exif));
    Bytes result(jpeg.begin(), jpeg.begin() + 2);
    result.insert(result.end(), block.begin(), block.end());
    result.insert(result.end(), jpeg.begin() + 2, jpeg.end());
    return result;
}

}    // namespace nonna::test
