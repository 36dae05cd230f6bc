// Private to this room: the pictures of an image set to choose from, with what is known of each.
//
// Files and built sets stay where they are, mapped (io/image_shard.h); what comes through a pipe is held in memory.
#pragma once

#include "io/image_shard.h"
#include "io/image_stream.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Candidates
{
  public:
    struct Item {
        Sample sample;         // without its picture
        std::string digest;    // sha256 of the picture's bytes
        std::size_t index = 0;
        std::string subject(const std::string& set) const { return set + ": " + sample.key; }
    };

    explicit Candidates(const std::string& path);
    const std::string& name() const { return name_; }
    std::vector<Item> items;
    std::span<const std::byte> picture(const Item& item) const;    // any thread

  private:
    std::string name_;
    std::optional<ImageShardSet> shards_;
    std::vector<Bytes> pictures_;    // where there are no shards

    void add(Sample sample);
};

}    // namespace nonna
