#include "images/pictures.h"

#include "base/error.h"
#include "images/picture_set.h"
#include "io/image_shard.h"

#include <algorithm>

namespace nonna
{

namespace
{

class PictureFiles : public Pictures
{
  public:
    PictureFiles(const std::string& path, const PictureForm& form) : set_({path}), form_(form)
    {
        if (set_.count() == 0)
            throw Error(path, "no pictures in it");
    }
    std::string digest() const override { return set_.digest(); }
    std::size_t count() const override { return set_.count(); }
    void read(std::size_t i, std::span<std::uint8_t> into) const override
    {
        std::size_t within = 0;
        const ImageShard& shard = set_.shard_of(i, within);
        const std::string subject = shard.name() + ": " + shard.key(within) + "." + shard.extension(within);
        const std::vector<std::uint8_t> pixels = decode_square(shard.picture(within), subject, form_);
        std::copy(pixels.begin(), pixels.end(), into.begin());
    }

  private:
    ImageShardSet set_;
    PictureForm form_;
};

class Portion : public Pictures
{
  public:
    Portion(std::shared_ptr<const Pictures> all, std::size_t first, std::size_t of)
        : all_(std::move(all)), first_(first), of_(of)
    {
    }
    std::string digest() const override { return all_->digest(); }
    std::size_t count() const override { return (all_->count() + of_ - 1 - first_) / of_; }
    void read(std::size_t i, std::span<std::uint8_t> into) const override { all_->read(first_ + i * of_, into); }

  private:
    std::shared_ptr<const Pictures> all_;
    std::size_t first_, of_;
};

}    // namespace

std::shared_ptr<const Pictures> portion(std::shared_ptr<const Pictures> all, std::size_t first, std::size_t of)
{
    if (all->count() <= first)
        throw Error("portion " + std::to_string(first) + "/" + std::to_string(of),
                    "no picture is left: the set has " + std::to_string(all->count()));
    return of == 1 ? all : std::make_shared<Portion>(std::move(all), first, of);
}

std::shared_ptr<const Pictures> open_pictures(const std::string& path, const PictureForm& form)
{
    return std::make_shared<PictureFiles>(path, form);
}

std::vector<std::shared_ptr<const Pictures>> open_all(const std::vector<std::string>& paths, const PictureForm& form)
{
    std::vector<std::shared_ptr<const Pictures>> all;
    for (const std::string& path : paths)
        all.push_back(open_pictures(path, form));
    return all;
}

}    // namespace nonna
