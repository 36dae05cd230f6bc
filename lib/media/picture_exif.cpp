#include "media/picture_format.h"

namespace nonna
{

int exif_orientation(Encoded block)
{
    const std::string_view front("Exif\0\0", 6);
    const Header tiff{Header{block}.has(0, front) ? block.subspan(front.size()) : block};
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

}    // namespace nonna
