#include "media/picture_format.h"

#include <vector>

namespace nonna
{

namespace
{

struct PnmHeader {
    std::size_t width = 0, height = 0, maximum = 0;
    std::size_t channels = 1, sample_bytes = 1;
    std::size_t begin = 0;    // of the samples
};

bool is_space(unsigned c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The grammar of netpbm's pgm(5) and ppm(5): numbers apart by white space, comments from # to the line's end, and
// exactly one white space before the samples.
PnmHeader read_header(Header h, const std::string& subject)
{
    PnmHeader header;
    header.channels = h.u8(1) == '6' ? 3 : 1;
    std::size_t i = 2;
    for (std::size_t* const field : {&header.width, &header.height, &header.maximum}) {
        const std::size_t before = i;
        while (is_space(h.u8(i)) || h.u8(i) == '#')
            if (h.u8(i++) == '#')
                while (i < h.bytes.size() && h.u8(i) != '\n')
                    ++i;
        if (i == before)
            throw damaged_picture(subject);
        for (; h.u8(i) >= '0' && h.u8(i) <= '9' && *field < 1'000'000; ++i)
            *field = *field * 10 + (h.u8(i) - '0');
        if (*field == 0 || *field >= 1'000'000)
            throw damaged_picture(subject);
    }
    header.sample_bytes = header.maximum > 255 ? 2 : 1;
    header.begin = i + 1;
    if (header.maximum > 65535 || !is_space(h.u8(i)))
        throw damaged_picture(subject);
    return header;
}

}    // namespace

PictureInfo inspect_pnm(Encoded encoded, const std::string& subject)
{
    const PnmHeader header = read_header({encoded}, subject);
    const std::size_t size = header.begin + header.width * header.height * header.channels * header.sample_bytes;
    if (encoded.size() < size)
        throw truncated_picture(subject);
    if (encoded.size() > size)
        throw data_after(subject);
    return {"pnm", int(header.width), int(header.height), 1, false};    // never plain: no format of image sets
}

Picture decode_pnm(Encoded encoded, const PictureInfo& info, const std::string& subject)
{
    const Header h{encoded};
    const PnmHeader header = read_header(h, subject);
    // Full 16 bits are cut as in PNG; other ranges are stretched to 0 .. 255 and rounded.
    std::vector<std::uint8_t> levels(header.maximum + 1);
    for (std::size_t v = 0; v < levels.size(); ++v)
        levels[v] = std::uint8_t(header.maximum == 65535 ? v >> 8 : (v * 255 + header.maximum / 2) / header.maximum);

    Picture picture = blank_picture(info.width, info.height);
    if (header.channels == 3 && header.maximum == 255) {
        std::memcpy(picture.rgb.data(), encoded.data() + header.begin, picture.rgb.size());
        return picture;
    }
    const std::size_t copies = 3 / header.channels;
    std::uint8_t* to = picture.rgb.data();
    for (std::size_t i = header.begin; i < encoded.size(); i += header.sample_bytes) {
        const std::size_t value = header.sample_bytes == 2 ? h.big16(i) : h.u8(i);
        if (value > header.maximum)
            throw damaged_picture(subject);
        for (std::size_t c = 0; c < copies; ++c)
            *to++ = levels[value];
    }
    return picture;
}

}    // namespace nonna
