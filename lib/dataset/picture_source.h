// Pictures, one after another, from what a user names: picture files, folders, image sets.
//
// A folder is walked recursively, by name in byte order; of its files those named like pictures are taken, hidden ones
// are not. An image set is told by its content; "-" is one on standard input. Folders are listed and sets are opened
// when their turn comes, so memory holds the names of one folder and one sample. A name that is neither is handed on as a
// picture file, read or not. One thread at a time.
#pragma once

#include "io/image_stream.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nonna {

struct PictureInput {
    std::string path;
    std::string source;    // as recorded; empty: the path
    std::optional<std::string> label;
};

// A picture file still to be read, or a sample of an image set, `file.path` then saying "SET: KEY".
struct PictureJob {
    PictureInput file;
    std::optional<Sample> sample;
};

class PictureSource {
  public:
    explicit PictureSource(const std::vector<PictureInput>& inputs) : waiting_(inputs.begin(), inputs.end()) {}
    bool next(PictureJob& job);    // false: no more. Error for a damaged image set or a folder that cannot be read

  private:
    std::deque<PictureInput> waiting_;
    PictureInput current_;
    std::unique_ptr<ImageReader> reader_;
    void list(const PictureInput& folder);
};

// The file's bytes; Error where it is no regular file, cannot be read or is larger than 1 GiB.
std::string read_picture_file(const std::string& path);

}    // namespace nonna
