// Pictures, one after another, from what a user names: picture files, folders, image sets, other people's archives.
//
// A folder is walked (walk.h); of its files those named like pictures are taken. An image set is told by its content,
// or by a name that says archive, so that a cut or compressed one is never taken for a bad picture; "-" is one on
// standard input, and a built set's folder is one. An archive whose first member has not the name of an image set's is
// somebody else's (foreign_archive.h). Folders are walked and sets are opened when their turn comes, so
// memory holds one folder's listing and one sample, and how much is to come is known only of files. A name that is
// neither is handed on as a picture file, read or not. One thread.
#pragma once

#include "dataset/walk.h"
#include "io/foreign_archive.h"
#include "io/image_stream.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nonna
{

struct PictureInput {
    std::string path;
    std::string source;    // as recorded; empty: the path
    std::optional<std::string> label;
    // The label of a file below a folder, or of an archive's member, is the first folder on the way to it there.
    bool labels_from_folders = false;
    Columns columns = {};    // what the table that names it says of it beside the label
};

// A picture file still to be read, or one that was in an archive; a sample of an image set, `file.path` then saying
// "SET: KEY"; or what a folder's walk could not go into.
struct PictureJob {
    PictureInput file;
    std::optional<Sample> sample;
    std::optional<std::string> bytes;    // of the archive's member
    std::optional<Refusal> refusal;
};

class PictureSource
{
  public:
    explicit PictureSource(const std::vector<PictureInput>& inputs);
    bool next(PictureJob& job);    // false: no more. Error for a damaged image set

    ReadSoFar so_far() const;    // whole 0: there is a folder, a pipe, or more names than are worth asking the disk for

    void tell_left_out() const;    // a line for each folder gone through (walk.h)

  private:
    std::vector<std::pair<std::string, LeftOut>> left_out_;
    std::deque<PictureInput> waiting_;
    ReadSoFar taken_;              // bytes: of the inputs before the present one
    std::uint64_t present_ = 0;    // all bytes of that
    PictureInput current_;
    std::unique_ptr<ImageReader> reader_;
    std::unique_ptr<ForeignArchive> foreign_;
    LeftOut not_pictures_;    // of it
    std::optional<Walk> walk_;
};

// The file's bytes; Error where it is no regular file, cannot be read or is larger than 1 GiB.
std::string read_picture_file(const std::string& path);

}    // namespace nonna
