// The pictures of image sets by number, each with the name of its class, as classifiers learn and are judged by them.
//
// Model to hold in mind: several sets are one, one after another. What is known of a picture is held, 8 bytes each; the
// pictures are mapped (io/image_shard.h) and decoded when they are asked for. A class is its label's text; classes are
// numbered in the order of their names, so that the same labels give the same numbers in any set. Any thread may read.
#pragma once

#include "io/image_shard.h"
#include "model/preprocess.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

// Pictures at a network's input size, by number; any thread may read.
struct NumberedPictures {
    std::size_t count = 0, bytes = 0;    // bytes: of a picture
    std::function<void(std::size_t i, std::span<std::uint8_t> into)> read;
};

class LabelledPictures
{
  public:
    static constexpr std::uint32_t no_class = std::numeric_limits<std::uint32_t>::max();

    // `labels_needed`: Error naming the first picture that has none.
    LabelledPictures(const std::vector<std::string>& sets, const PictureForm& form, bool labels_needed = true);

    std::size_t count() const { return labels_.size(); }
    const std::string& name() const { return name_; }    // of the first set: it stands for all in messages
    std::string digest() const { return set_.digest(); }
    const std::vector<std::string>& classes() const { return classes_; }
    std::uint32_t label(std::size_t i) const { return labels_[i]; }    // into classes(); no_class: it has none
    NumberedPictures numbered() const;                                 // these; they must outlive it
    std::string source(std::size_t i) const { return set_.sample(i).meta.source; }

  private:
    std::string name_;
    ImageShardSet set_;
    PictureForm form_;
    std::vector<std::string> classes_;
    std::vector<std::uint32_t> labels_;
};

}    // namespace nonna
