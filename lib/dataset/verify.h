// Is this image set whole? What nonna-dataset verify does.
//
// Model to hold in mind: a set is a built set's folder, one archive, or a stream. Its bytes are read once from front to
// end, by one thread; each sample is then looked at by any of `threads`: the index's digests, the json, the picture's
// decoding and its size. Memory: a few samples a thread, one shard's index, and 12 bytes a key and unit.
//
// A folder is held against its own book-keeping: the files of its shards are numbered without a gap and nothing else
// lies between them; every archive is, byte for byte in headers, padding and end, what the toolkit writes; indices and
// digests match; every unit of the manifest that is ok has its samples in the shard it names, in the manifest's order,
// and no sample is left over. An archive alone may have been made by other programs. It is taken for the toolkit's own,
// and then held to these bytes throughout, when at least one of its samples is so laid out. An index and a digest that
// lie beside it are used.
//
// The first fault, in the order of the bytes, is an Error "SHARD: MEMBER: reason", whatever `threads` is. It is the
// archive's where the archive's digest says so, else the index's.
#pragma once

#include "io/manifest.h"
#include "media/picture.h"

#include <cstdint>
#include <string>

namespace nonna
{

struct VerifyOptions {
    bool quick = false;    // structure only: no content is looked at
    long max_pixels = default_max_pixels;
    int threads = 0;    // one for each processor
};

struct VerifyCounts {
    std::uint64_t shards = 0, pictures = 0, bytes = 0;
    UnitCounts units;    // of a built set
};

VerifyCounts verify_set(const std::string& path, const VerifyOptions& options);

}    // namespace nonna
