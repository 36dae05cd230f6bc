// A shard's index: where each sample's two members begin in the archive, and what their SHA-256 are.
//
// Model to hold in mind: the index of NNNNNN.tar is the table NNNNNN.tar.idx (io/table.h), one row a sample in the
// archive's order. It is a help, never a source: it can be made again from the archive, and one that does not belong to
// its archive is found out by the headers of the first and the last member and the zeros behind it. What it says of a
// sample in between is held against that sample's headers when the sample is asked for (image_shard.h), and all of it
// by verifying.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

struct ShardEntry {
    std::string key, extension;    // extension: the picture's
    std::uint64_t picture_offset = 0, picture_bytes = 0;
    std::string picture_sha256;
    std::uint64_t json_offset = 0, json_bytes = 0;
    std::string json_sha256;
    bool operator==(const ShardEntry&) const = default;
};

// The index made from the archive: one strict pass, with ImageReader's Errors.
std::vector<ShardEntry> scan_shard(const std::string& tar);
// Columns key, extension, picture_offset, picture_bytes, picture_sha256, json_offset, json_bytes, json_sha256.
void write_shard_index(const std::string& idx, const std::vector<ShardEntry>& entries);
// The table alone, every field checked. Error naming file and line.
std::vector<ShardEntry> read_index_table(const std::string& idx);
// TAR.idx where it is there and belongs to the archive; else the archive is scanned, and said so where there is one.
// `archive`: the archive's bytes, where the caller has them in memory.
std::vector<ShardEntry> read_shard_index(const std::string& tar);
std::vector<ShardEntry> read_shard_index(const std::string& tar, std::string_view archive);

// Where the last sample ends with its padding: more samples would begin there. 0: there are none.
std::uint64_t samples_end(const std::vector<ShardEntry>& entries);

// Is the archive laid out as the toolkit writes it, and as `entries` say? Headers, padding and end are compared byte
// for byte; members' contents are not looked at. Error naming archive, member and the first wrong byte.
void check_shard_layout(const std::string& tar, const std::vector<ShardEntry>& entries);

}    // namespace nonna
