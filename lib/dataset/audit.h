// How often a detector takes a random patch of a set for a face: what nonna-dataset audit measures, the paper's "less
// than 3 % of 100,000 randomly sampled 60x60 patches".
//
// Patch i is drawn from Random(seed, audit_patches, i): a picture, uniformly and with replacement, from those at least
// patch_size wide and high; then its left edge and its top edge, uniformly from those inside. Smaller pictures are left
// out and counted. The detector sees the patch alone, cut out of the decoded picture; a box of at least min_score makes
// it a face.
//
// Inputs are those of dataset/picture_source.h, read twice: once to count, once to look; what comes from standard input
// is kept in a temporary file ($TMPDIR) between. Each picture is decoded at most once. Memory: 16 bytes a patch, the
// pictures being worked at, and the examples. A picture that cannot be read is named and left out; one that is found
// damaged only when it is decoded takes its patches with it, so that `patches` may be less than asked for. What is left
// are still uniform draws from the pictures that do decode. Results do not depend on `threads`.
#pragma once

#include "dataset/picture_source.h"
#include "io/table.h"
#include "media/detect.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct AuditOptions {
    DetectorOptions detector;
    std::optional<double> min_score;    // none: the detector's standard_score
    std::int64_t patches = 100'000;
    std::int64_t patch_size = 60;
    std::uint64_t seed = 0;
    std::size_t examples = 0;    // how many patches taken for a face to return
    int threads = 0;             // one for each processor
    std::string made_by;         // program and version
};

struct AuditExample {
    Picture patch;    // as the detector saw it: grey unless it sees colour
    std::vector<Box> boxes;
};

struct Audit {
    std::uint64_t patches = 0, faces = 0;                     // looked at; of these taken for a face
    std::uint64_t pictures = 0, small = 0, unreadable = 0;    // drawn from; left out
    double rate = 0, low = 0, high = 0;                       // faces / patches and its 95 % interval
    double min_score = 0;
    std::string parameters;                // of the detector
    std::string digest;                    // SHA-256 over length and bytes of every picture read, in order
    std::vector<AuditExample> examples;    // of the faces those drawn first, in the order of the draw
};

// Error where no picture is large enough.
Audit audit_patches(const std::vector<PictureInput>& inputs, const AuditOptions& options);

// A table of one row, with what determined the result. `table` has these columns.
std::vector<std::string> audit_columns();
void write_audit(const Audit& audit, const AuditOptions& options, TableWriter& table);

// Wilson's score interval of a share k / n at 95 %, n > 0.
struct WilsonInterval {
    double low, high;
};
WilsonInterval wilson(std::uint64_t k, std::uint64_t n);

}    // namespace nonna
