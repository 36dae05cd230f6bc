// Pictures of an image set at a network's input size, decoded once and held in memory as bytes.
//
// One list of (key, source, label) runs beside the pixels. A picture of another size is resized: centre crop to a
// square, area resize; a JPEG large enough may be decoded smaller for it (media/reduced_picture.h), if the form says
// so.
#pragma once

#include "io/image_stream.h"
#include "model/preprocess.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

struct PictureSet {
    std::string name;      // the file
    std::string digest;    // ImageReader::digest of the whole stream
    int side = 0, channels = 3;
    std::vector<std::uint8_t> pixels;    // (image, row, column, channel)
    std::vector<std::string> keys, sources;
    std::vector<std::optional<std::string>> labels, halves;    // halves: the part, of sets that were split
    std::vector<std::optional<std::string>> groups;            // of whom a picture is, where the set says so
    std::vector<std::optional<double>> times;                  // seconds, of frames
    std::vector<Columns> columns;

    std::size_t count() const { return keys.size(); }
    std::span<const std::uint8_t> image(std::size_t i) const
    {
        const std::size_t n = std::size_t(side) * side * channels;
        return {pixels.data() + i * n, n};
    }
    // What stands beside the pixels of the next picture.
    void add(Sample&& sample);
};

// An encoded picture in this form. Error naming `subject` where it does not decode.
std::vector<std::uint8_t> decode_square(std::span<const std::byte> encoded, const std::string& subject,
                                        const PictureForm& form);

// Preprocesses pictures [first, first + count) of a set into `into`, (image, row, column, channel).
void preprocess_pictures(const PictureSet& pictures, const Preprocessing& preprocessing, std::size_t first,
                         std::size_t count, std::span<float> into, Pool& pool);

// Is a sample wanted? Asked once each, in the stream's order; one that is not is never decoded. Empty: all are.
using WantSample = std::function<bool(const ImageMeta& meta)>;

// Error when the set is empty, truncated or holds a wanted picture that does not decode.
PictureSet read_pictures(const std::string& path, const PictureForm& form, Pool& pool, const WantSample& want = {});

}    // namespace nonna
