// Image sets: tar archives in WebDataset layout (nonna-images(5)).
//
// A sample is two adjacent members in either order, KEY.jpg|png|webp and KEY.json, KEY matching [0-9a-f]{16} with an
// optional sequence suffix "-NNNNNN". Writing is reproducible: picture first, mtime 0, owner 0, mode 0644, ustar,
// in the order of the calls. Reading is strict: truncation (also at a member's boundary: the end marker must be there),
// duplicate or non-adjacent keys, members in folders, absolute or ".." names, links, members over 256 MiB, malformed or
// incomplete json are Errors that name archive and member; it works on pipes. `source`, `sha256`, `width` and `height`
// are needed in reading and writing. A built set's folder (io/built_set.h) reads as one stream, shard after shard;
// errors then name the shard. Pictures are carried as encoded bytes; media/picture.h decodes them. A reader or writer
// belongs to one thread at a time.
#pragma once

#include "base/names.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

using Bytes = std::vector<std::byte>;

// How large a JPEG is decoded out of which a small square is made: whole, or no larger than the square needs
// (media/reduced_picture.h).
enum class DecodeSize { whole, reduced };

template <>
inline constexpr auto names_of<DecodeSize> = names<DecodeSize>({{DecodeSize::whole, "whole"},
                                                                {DecodeSize::reduced, "reduced"}});

// A detection, in pixels of the stored picture, origin at the top left corner.
struct Box {
    double x = 0, y = 0, width = 0, height = 0;
    double score = 0;
};

// One detector's verdict on a picture: empty `boxes` says "looked and found none".
struct Detection {
    std::string detector;      // "face", "people", ...
    std::string parameters;    // what determines its result, as one line of text
    std::vector<Box> boxes;
    std::string kept = {};    // why the sample is in a set that was chosen by this verdict; empty: it was not
};

// How a video's stored frame became the picture: what the decoding json field says (nonna-images(5)).
struct Decoding {
    std::string format;      // pixel format of the stored frame, as libav names it
    std::string matrix;      // "bt601", "bt709", "bt2020", "smpte240m", "fcc"; "rgb" and "grey" have none
    bool guessed = false;    // the stream named no matrix
    std::string range;       // "limited", "full"
    std::string chroma;      // siting: "left", "center", ...; "full" where there is a sample for each pixel
    std::string transfer;    // as the stream names it, else "unknown"; never applied
    std::string field;       // "both": all lines; "top", "bottom": interlaced, this field alone was used
    int aspect_width = 1, aspect_height = 1;    // of a stored pixel
    int orientation = 1;                        // EXIF 1 .. 8, by which the frame was turned
    int x = 0, y = 0, width = 0, height = 0;    // rectangle of the stored frame that is shown
    bool operator==(const Decoding&) const = default;
};

// What a table said of a picture beside its label: a column's name and this picture's cell.
using Columns = std::map<std::string, std::string>;

// Why no column may be called so: empty where one may. Tables of pictures have the columns key, source and label.
std::string column_fault(const std::string& name);

// The json member. Fields that are not ours are kept as they came (`other`, the text of a JSON object).
struct ImageMeta {
    std::string source;           // where it came from, as the user named it
    std::string sha256;           // of the source's content
    std::optional<double> pts;    // presentation time in seconds, for frames
    int width = 0, height = 0;    // of the stored picture
    std::optional<std::string> label;
    std::optional<Decoding> decoding;    // for frames of videos
    std::vector<Detection> detections;
    std::optional<std::string> framing;    // how a test set's picture was cut and changed
    std::optional<std::string> group;      // what it must not be parted from, such as a person's folder
    std::optional<std::string> half;       // "a", "b" ... "z": which half or part of a test set it is in
    Columns columns;
    int reduction = 1;    // what it was cut out of was decoded at one over this
    std::string other = "{}";
};

inline bool is_part_letter(const std::string& half) { return half.size() == 1 && half[0] >= 'a' && half[0] <= 'z'; }

struct Sample {
    std::string key;          // unique in the set
    std::string extension;    // "jpg", "png", "webp"
    Bytes picture;
    ImageMeta meta;
};

// How far a stream has been read, in bytes; whole 0: nobody knows how many there are.
struct ReadSoFar {
    std::uint64_t bytes = 0, whole = 0;
};

class ImageReader
{
  public:
    explicit ImageReader(const std::string& path);    // an archive, "-" (standard input), or a built set's folder
    ~ImageReader();
    ImageReader(ImageReader&&) noexcept;
    std::optional<Sample> next();
    const std::string& name() const;
    // Digest of the stream: sha256 over every sample's key, picture and json bytes as read so far.
    std::string digest() const;
    ReadSoFar so_far() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class ImageWriter
{
  public:
    explicit ImageWriter(const std::string& path);    // "-" is standard output; commit-by-rename (io/output.h)
    ~ImageWriter();
    void write(const Sample& sample);
    void commit();
    std::uint64_t count() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// What a writer is made of: a sample's two members as they stand in `archive` (named in errors), and what has to follow
// the last of them when the archive holds `size` bytes so far.
std::string archive_bytes(const Sample& sample, const std::string& archive);
std::string archive_header(const std::string& member, std::uint64_t size);    // the 512 bytes before a member's own
std::string archive_end(std::uint64_t size);

// The sample key: first 16 hexadecimal digits of `digest`, plus "-NNNNNN" where sequence > 0 tells samples of one
// source apart.
std::string sample_key(const std::string& digest, std::uint64_t sequence = 0);

}    // namespace nonna
