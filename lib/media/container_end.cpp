#include "media/container_end.h"

#include <cstring>
#include <string_view>
#include <unistd.h>

namespace nonna
{

namespace
{

struct Reader {
    const Descriptor& descriptor;
    std::int64_t size;

    // At most 16 bytes at `offset`; outside the file everything is 0.
    struct Piece {
        unsigned char bytes[16] = {};
        std::uint64_t big(std::size_t at, std::size_t count) const
        {
            std::uint64_t value = 0;
            for (std::size_t i = 0; i < count; ++i)
                value = value << 8 | bytes[at + i];
            return value;
        }
        std::uint64_t little32(std::size_t at) const
        {
            return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | std::uint64_t(bytes[at + 3]) << 24;
        }
        bool has(std::size_t at, std::string_view text) const
        {
            return std::memcmp(bytes + at, text.data(), text.size()) == 0;
        }
    };
    Piece at(std::int64_t offset) const
    {
        Piece piece;
        uninterrupted([&] { return ::pread(descriptor.number(), piece.bytes, sizeof piece.bytes, off_t(offset)); });
        return piece;
    }
};

bool is_box(const Reader::Piece& piece)
{
    for (const char* const type :
         {"ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp", "moof", "sidx", "uuid"})
        if (piece.has(4, type))
            return true;
    return false;
}

constexpr int most_parts = 1'000'000;    // boxes or chunks looked at

struct Boxes {
    bool ends_early = false, film = false, items = false;    // film: an index of media data
};

Boxes outer_boxes(const Reader& file)
{
    Boxes found;
    std::int64_t offset = 0;
    for (int i = 0; i < most_parts && offset < file.size; ++i) {
        if (file.size - offset < 8) {
            found.ends_early = true;
            return found;
        }
        const Reader::Piece box = file.at(offset);
        found.film = found.film || box.has(4, "moov") || box.has(4, "moof");
        found.items = found.items || box.has(4, "meta");
        std::uint64_t length = box.big(0, 4);
        if (length == 1)
            length = box.big(8, 8);
        if (length == 0)    // up to the file's end, wherever that is
            break;
        if (length < 8)
            return found;
        if (length > std::uint64_t(file.size - offset)) {
            found.ends_early = true;
            return found;
        }
        offset += std::int64_t(length);
    }
    found.ends_early = !found.film && !found.items;
    return found;
}

// A number of EBML at `at`: its length is told by the first byte. All ones: unknown.
bool segment_ends_early(const Reader& file)
{
    std::int64_t offset = 4;
    for (const bool header : {true, false}) {
        if (!header) {
            if (!file.at(offset).has(0, "\x18\x53\x80\x67"))
                return offset >= file.size;
            offset += 4;
        }
        const Reader::Piece piece = file.at(offset);
        std::size_t bytes = 1;
        while (bytes <= 8 && !(piece.bytes[0] & 0x80 >> (bytes - 1)))
            ++bytes;
        if (bytes > 8)
            return false;
        const std::uint64_t unknown = (std::uint64_t(1) << 7 * bytes) - 1, length = piece.big(0, bytes) & unknown;
        offset += std::int64_t(bytes);
        if (length == unknown)
            return false;
        if (offset > file.size || length > std::uint64_t(file.size - offset))
            return true;
        offset += std::int64_t(length);
    }
    return false;
}

bool chunks_end_early(const Reader& file)
{
    std::int64_t offset = 0;
    for (int i = 0; i < most_parts && offset + 8 <= file.size; ++i) {
        const Reader::Piece chunk = file.at(offset);
        if (!chunk.has(0, "RIFF"))
            return false;
        const std::uint64_t length = chunk.little32(4);
        if (length > std::uint64_t(file.size - offset - 8))
            return true;
        offset += 8 + std::int64_t(length) + std::int64_t(length & 1);
    }
    return false;
}

}    // namespace

bool ends_early(const Descriptor& descriptor, std::int64_t size)
{
    const Reader file{descriptor, size};
    const Reader::Piece start = file.at(0);
    if (is_box(start))
        return outer_boxes(file).ends_early;
    if (start.has(0, "\x1a\x45\xdf\xa3"))
        return segment_ends_early(file);
    if (start.has(0, "RIFF") && start.has(8, "AVI "))
        return chunks_end_early(file);
    if (start.has(0, "GIF8"))
        return file.at(size - 1).bytes[0] != ';';
    return false;
}

bool is_still_heif(const Descriptor& descriptor, std::int64_t size)
{
    const Reader file{descriptor, size};
    if (!file.at(0).has(4, "ftyp"))
        return false;
    const Boxes boxes = outer_boxes(file);
    return boxes.items && !boxes.film && !boxes.ends_early;
}

}    // namespace nonna
