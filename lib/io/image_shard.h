// Random access to the samples of an archive, and of several archives as one sequence.
//
// Model to hold in mind: a *shard* is an archive of an image set with its index beside it (shard_index.h). The archive
// is mapped into memory, and no more of it is looked at than is asked for; what the index says of a sample is held
// against its members' headers then. A shard that is open is never written to in place: the toolkit replaces files by
// rename, and the old one lives on as long as it is mapped. Whoever truncates a mapped file, or loses the disk below
// it, ends the reading process by SIGBUS; where that has to be an Error, read with ImageReader. A pipe or "-" is copied
// to a nameless temporary file first.
#pragma once

#include "io/image_stream.h"

#include <memory>
#include <span>
#include <string_view>

namespace nonna
{

// Any thread, at the same time. Views are valid as long as the shard. Misuse (i >= count) is a std::out_of_range.
class ImageShard
{
  public:
    explicit ImageShard(const std::string& tar);
    ~ImageShard();
    ImageShard(ImageShard&&) noexcept;
    const std::string& name() const;
    const std::string& digest() const;    // SHA-256 over every sample's key and its members' digests, in order
    std::size_t count() const;
    std::string key(std::size_t i) const;
    std::string extension(std::size_t i) const;
    std::span<const std::byte> picture(std::size_t i) const;
    std::string_view json(std::size_t i) const;
    Sample sample(std::size_t i) const;    // a copy; checked as ImageReader does

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Several shards as one sequence: the shards of a built set's folder, or the archives named. 24 bytes of memory a
// sample.
class ImageShardSet
{
  public:
    explicit ImageShardSet(const std::vector<std::string>& paths);    // archives and folders of built sets
    std::size_t count() const { return starts_.back(); }
    std::string digest() const;    // of the one shard; of several: over their digests, in order
    const ImageShard& shard_of(std::size_t i, std::size_t& within) const;
    std::span<const std::byte> picture(std::size_t i) const;
    Sample sample(std::size_t i) const;

  private:
    std::vector<ImageShard> shards_;
    std::vector<std::size_t> starts_{0};
};

}    // namespace nonna
