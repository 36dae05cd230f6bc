#include "io/shard_pass.h"

#include "io/image_meta.h"
#include "io/tar_stream.h"

namespace nonna
{

Sample RawSample::sample(const std::string& archive) const
{
    return make_sample(entry.key, entry.extension, picture(), json(), archive, json_name);
}

struct ImageShardPass::State {
    TarStream tar;
    KeySet& keys;
};

ImageShardPass::ImageShardPass(const std::string& tar, KeySet& keys, bool digested)
    : state_(new State{TarStream(tar, digested), keys})
{
}
ImageShardPass::~ImageShardPass() = default;
const std::string& ImageShardPass::name() const { return state_->tar.name(); }
std::uint64_t ImageShardPass::reached() const { return state_->tar.reached(); }
std::uint64_t ImageShardPass::size() const { return state_->tar.size(); }
std::uint64_t ImageShardPass::whole() const { return state_->tar.whole(); }
std::string_view ImageShardPass::bytes_at(std::uint64_t offset, std::uint64_t size) const
{
    return state_->tar.bytes(offset, size);
}
const std::string& ImageShardPass::last() const { return state_->tar.last(); }
std::string ImageShardPass::digest() const { return state_->tar.digest(); }

std::optional<RawSample> ImageShardPass::next()
{
    std::optional<TarPair> pair = state_->tar.next(state_->keys);
    if (!pair)
        return std::nullopt;
    RawSample raw;
    raw.begin = pair->begin;
    raw.bytes = state_->tar.bytes(pair->begin, pair->end - pair->begin);
    raw.entry = {std::move(pair->key),
                 std::move(pair->extension),
                 pair->picture.offset,
                 pair->picture.bytes,
                 "",
                 pair->json.offset,
                 pair->json.bytes,
                 ""};
    raw.picture_name = std::move(pair->picture.name);
    raw.json_name = std::move(pair->json.name);
    return raw;
}

}    // namespace nonna
