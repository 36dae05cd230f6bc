#include "io/image_shard.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/file_kind.h"
#include "io/image_meta.h"
#include "io/input.h"
#include "io/mapped_file.h"
#include "io/shard_index.h"
#include "io/tar_stream.h"

#include <algorithm>
#include <stdexcept>
#include <sys/stat.h>

namespace nonna
{

static void add_text(Sha256& sum, std::string_view text) { sum.add(std::as_bytes(std::span(text))); }

struct ImageShard::State {
    // What of an entry the archive does not say itself: 24 bytes a sample.
    struct Place {
        std::uint64_t picture_offset, json_offset;
        std::uint32_t picture_bytes, json_bytes;
    };
    std::string path;
    MappedFile file;
    std::vector<Place> places;

    std::string digest;

    State(const std::string& tar, std::string name) : path(std::move(name)), file(tar)
    {
        // Over digests that the index has: two sets of the same samples are told to be so without reading a picture.
        const std::vector<ShardEntry> entries = read_shard_index(tar, file.bytes());
        Sha256 sum;
        for (const ShardEntry& e : entries)
            add_text(sum, e.key + " " + e.picture_sha256 + " " + e.json_sha256 + "\n");
        digest = sum.hex();
        places.reserve(entries.size());
        for (const ShardEntry& e : entries)
            places.push_back(
                {e.picture_offset, e.json_offset, std::uint32_t(e.picture_bytes), std::uint32_t(e.json_bytes)});
    }

    // The name of the member that the index has at `offset`. Names are not kept: a set of millions would hold more of
    // them than of anything else, and asking the archive is what finds a wrong index out.
    std::string_view named(std::size_t i, std::uint64_t offset, std::uint64_t size) const
    {
        const std::string_view name = member_name(file.bytes(), offset, size);
        const auto dot = name.find('.');
        if (dot == std::string_view::npos || !is_sample_key(name.substr(0, dot)))
            throw Error(path, "sample " + std::to_string(i) + " is not where the index says");
        return name;
    }
    // Key and extension, the two members' headers being what they must be.
    std::pair<std::string, std::string> names(std::size_t i) const
    {
        const Place& p = places.at(i);
        const std::string_view picture = named(i, p.picture_offset, p.picture_bytes);
        const std::string_view json = named(i, p.json_offset, p.json_bytes);
        const auto dot = picture.find('.');
        std::pair result{std::string(picture.substr(0, dot)), std::string(picture.substr(dot + 1))};
        if (!is_picture_extension(result.second) || json != result.first + ".json")
            throw Error(path, "sample " + std::to_string(i) + " is not where the index says");
        return result;
    }
};

static bool is_stream(const std::string& path)
{
    struct stat status {
    };
    return path == "-" || (stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)));
}

ImageShard::ImageShard(const std::string& tar)
{
    if (!is_stream(tar)) {
        state_ = std::make_unique<State>(tar, tar);
        return;
    }
    // What cannot be mapped is copied to a file without a name, which has a path as long as it is open; messages say
    // what it was.
    Input in(tar);
    const Descriptor copy = in.copy();
    const std::string path = copy.path_while_open();
    try {
        state_ = std::make_unique<State>(path, in.name());
    } catch (const Error& e) {
        std::string subject = e.subject();
        if (subject.starts_with(path))
            subject = in.name() + subject.substr(path.size());
        throw Error(subject, e.reason(), e.status());
    }
}    // the mapping stays
ImageShard::~ImageShard() = default;
ImageShard::ImageShard(ImageShard&&) noexcept = default;
const std::string& ImageShard::name() const { return state_->path; }
const std::string& ImageShard::digest() const { return state_->digest; }
std::size_t ImageShard::count() const { return state_->places.size(); }
std::string ImageShard::key(std::size_t i) const { return state_->names(i).first; }
std::string ImageShard::extension(std::size_t i) const { return state_->names(i).second; }

std::span<const std::byte> ImageShard::picture(std::size_t i) const
{
    state_->names(i);
    const State::Place& p = state_->places[i];
    return std::as_bytes(std::span(state_->file.bytes().substr(p.picture_offset, p.picture_bytes)));
}

std::string_view ImageShard::json(std::size_t i) const
{
    state_->names(i);
    const State::Place& p = state_->places[i];
    return state_->file.bytes().substr(p.json_offset, p.json_bytes);
}

Sample ImageShard::sample(std::size_t i) const
{
    const auto [key, extension] = state_->names(i);
    const State::Place& p = state_->places[i];
    const std::string_view bytes = state_->file.bytes();
    return make_sample(key, extension, bytes.substr(p.picture_offset, p.picture_bytes),
                       bytes.substr(p.json_offset, p.json_bytes), state_->path, key + ".json");
}

ImageShardSet::ImageShardSet(const std::vector<std::string>& paths)
{
    for (const std::string& path : paths) {
        require_image_set(path);
        for (const std::string& tar : is_built_set(path) ? built_set_shards(path) : std::vector{path}) {
            shards_.emplace_back(tar);
            starts_.push_back(starts_.back() + shards_.back().count());
        }
    }
}

const ImageShard& ImageShardSet::shard_of(std::size_t i, std::size_t& within) const
{
    if (i >= count())
        throw std::out_of_range("sample of a set");
    const std::size_t shard = std::size_t(std::upper_bound(starts_.begin(), starts_.end(), i) - starts_.begin()) - 1;
    within = i - starts_[shard];
    return shards_[shard];
}

std::string ImageShardSet::digest() const
{
    if (shards_.size() == 1)
        return shards_.front().digest();
    Sha256 sum;
    for (const ImageShard& shard : shards_)
        add_text(sum, shard.digest() + "\n");
    return sum.hex();
}

std::span<const std::byte> ImageShardSet::picture(std::size_t i) const
{
    std::size_t within = 0;
    const ImageShard& shard = shard_of(i, within);
    return shard.picture(within);
}

Sample ImageShardSet::sample(std::size_t i) const
{
    std::size_t within = 0;
    const ImageShard& shard = shard_of(i, within);
    return shard.sample(within);
}

}    // namespace nonna
