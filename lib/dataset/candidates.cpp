#include "dataset/candidates.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "io/built_set.h"
#include "io/digest.h"

#include <filesystem>

namespace nonna
{

Candidates::Candidates(const std::string& path)
{
    std::error_code error;
    if (path != "-" && (std::filesystem::is_regular_file(path, error) || is_built_set(path))) {
        name_ = path;
        shards_.emplace(std::vector{path});
        Progress progress("reading " + name_, shards_->count(), "pictures");
        for (std::size_t i = 0; i < shards_->count(); ++i) {
            throw_if_interrupted();
            add(shards_->sample(i));
            progress.advance();
        }
    } else {
        ImageReader reader(path);
        name_ = reader.name();
        Progress progress("reading " + name_, 0, "pictures");
        while (std::optional<Sample> sample = reader.next()) {
            throw_if_interrupted();
            pictures_.push_back(sample->picture);
            add(std::move(*sample));
            progress.advance();
        }
    }
    if (items.empty())
        throw Error(name_, "no pictures");
}

void Candidates::add(Sample sample)
{
    Item item;
    item.digest = sha256(sample.picture);
    item.index = items.size();
    sample.picture = Bytes();    // "= {}" would keep the memory
    item.sample = std::move(sample);
    items.push_back(std::move(item));
}

std::span<const std::byte> Candidates::picture(const Item& item) const
{
    return shards_ ? shards_->picture(item.index) : std::span<const std::byte>(pictures_.at(item.index));
}

}    // namespace nonna
