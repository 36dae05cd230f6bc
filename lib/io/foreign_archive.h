// Archives of pictures that are not image sets of ours: any tar of picture files, also compressed, and foreign
// WebDatasets.
//
// A member whose name is wanted is a picture. Members that follow one another and whose names are equal up
// to the first dot of the last component belong together (WebDataset): KEY.cls holds the label as text, KEY.json an
// object whose "label", "cls" or "class", a text or a whole number, is it; one that cannot be read is the fault of its
// pictures alone. What is neither, or hidden, is left out and told. Nothing is ever unpacked to a file, so that a
// member's name may be anything.
//
// Error naming the archive where it is damaged or cut. One that ends without an end mark is named, for it may be cut
// between two members. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nonna
{

struct ForeignPicture {
    std::string member, bytes;
    std::optional<std::string> label;
    bool plain = true;               // else a link or a device, without bytes
    std::string label_fault = {};    // why there is no label
};

class ForeignArchive
{
  public:
    // A tar whose first plain file is not named as an image set's: the others are image_stream.h's, whatever is wrong
    // with them.
    static bool is_one(const std::string& path);

    // `left_out` hears the last component of each name that is neither a picture's nor a label's.
    using Name = std::string_view;
    ForeignArchive(const std::string& path, std::function<bool(Name)> wanted, std::function<void(Name)> left_out);
    ~ForeignArchive();
    std::optional<ForeignPicture> next();
    const std::string& name() const;
    std::uint64_t read_so_far() const;    // of the file's bytes, compressed or not

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
