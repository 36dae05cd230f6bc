// Pictures to an image set: what nonna-dataset pack does. Also re-cuts image sets.
//
// Inputs are those of dataset/picture_source.h; samples of image sets keep label, source, pts, detections and key. A
// picture then goes through: crop (the middle), patches (random squares), size, looks. Where none of
// these changes a pixel and the file is a plain JPEG, PNG or WebP, its bytes are kept as they are; otherwise it is
// encoded anew. Boxes of detections move with their picture; those whose centre is cut off are dropped.
//
// Reduced decoding (media/reduced_picture.h) is noted as the sample's `reduction`, times what it had before; of patches
// the least one's square decides.
//
// A file's key is sample_key(sha256 of its content); of patches, sample_key(sha256 of the picture's bytes, number).
// Patches of a picture: Random(seed, patches, first 8 bytes of that sha256) draws the side uniformly from the whole
// numbers in [least, most], or up to the picture's shorter side where that is less, then its place uniformly among
// those inside.
//
// A folder's files come as dataset/walk.h gives them, and what cannot be walked is named and skipped.
// A picture that cannot be read, has a tab or line break in its name, is too small for the crop or the patches, or came
// before, is named and skipped.
// A damaged image set is an Error. Bytes written do not depend on `threads`.
#pragma once

#include "base/error.h"
#include "dataset/framing.h"
#include "dataset/picture_source.h"
#include "media/picture.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct PackOptions {
    std::int64_t size = 0;    // side of the stored square (the picture's centred square, resized); 0: as it is
    double crop = 0;          // > 1: middle square of so many pixels; (0, 1]: of that part of the shorter side; 0: none
    std::int64_t patches = 0;
    std::int64_t patch_least = 0, patch_most = 0;    // sides in pixels of the source
    std::uint64_t seed = 0;
    Framing looks;                                   // of it grey, control, aperture, mean_ground
    std::optional<std::string> label;                // for every sample, instead of its own
    DecodeSize decode = DecodeSize::whole;           // of JPEGs, where squares are brought to a smaller size
    bool lossless = false;                           // encode anew as PNG, not as JPEG
    std::int64_t max_pixels = default_max_pixels;    // larger pictures are skipped
    int threads = 0;                                 // one for each processor
    std::string made_by;    // program and version; the options that determine the result are added

    // "grey", "aperture", "control", "mean-ground" (with aperture). All but grey are of squares: they go with a size, a
    // crop or patches, which must have been set. Error with status usage.
    void set_looks(const std::vector<std::string>& names);
    // `sides` as "A:B". Error with status usage where they do not go together.
    void set_patches(std::int64_t count, const std::string& sides);
};

using PackInput = PictureInput;

// A name of a list, relative to `root` where that is given; the source recorded is the name as the list has it.
PackInput listed(const std::string& name, const std::string& root);

// A table with the columns `path` and `label`; paths are relative to `root`, or to the table's folder where it is
// empty. The source recorded is the path as the table has it. All further columns that have a name are kept (Columns);
// Error where one is called as no column may be (column_fault).
std::vector<PackInput> read_labels(const std::string& table, const std::string& root);

// done, or skipped when a picture was left out. Error, and nothing written, when no picture is left.
ExitStatus pack_pictures(const std::vector<PackInput>& inputs, const std::string& output, const PackOptions& options);

// One sample through crop, patches, size and looks (of `options`, these and looks, seed, label, lossless count).
// Refusal(subject) where pack_pictures would skip it.
std::vector<Sample> cut_sample(Sample sample, const std::string& subject, const PackOptions& options);

// A detection's boxes after cutting out (x, y, width, height) and resizing it to size pixels wide and high.
void move_boxes(std::vector<Detection>& detections, double x, double y, double width, double height, double to_width,
                double to_height);

}    // namespace nonna
