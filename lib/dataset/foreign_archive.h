// Archives of pictures that are not image sets of ours: any tar of picture files, also compressed, and foreign
// WebDatasets.
//
// A member whose name ends like a picture's is a picture. Members that follow one another and whose names are equal up
// to the first dot of the last component belong together (WebDataset): KEY.cls holds the label as text, KEY.json an
// object whose "label", "cls" or "class", a text or a whole number, is it. What is neither, hidden or no plain file is
// left out and counted. Nothing is ever unpacked to a file, so that a member's name may be anything.
//
// Error naming the archive where it is damaged or cut, and the member too where a label cannot be read. One thread.
#pragma once

#include "dataset/walk.h"

#include <memory>
#include <optional>
#include <string>

namespace nonna
{

struct ForeignPicture {
    std::string member, bytes;
    std::optional<std::string> label;
};

class ForeignArchive
{
  public:
    // A tar whose first plain file is not named as an image set's: the others are image_stream.h's, whatever is wrong
    // with them.
    static bool is_one(const std::string& path);

    explicit ForeignArchive(const std::string& path);
    ~ForeignArchive();
    std::optional<ForeignPicture> next();
    const std::string& name() const;
    const LeftOut& left_out() const;    // so far

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
