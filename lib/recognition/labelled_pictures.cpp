#include "recognition/labelled_pictures.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "images/picture_set.h"
#include "io/table.h"

#include <algorithm>
#include <map>

namespace nonna
{

LabelledPictures::LabelledPictures(const std::vector<std::string>& sets, const PictureForm& form, bool labels_needed)
    : name_(sets.at(0)), set_(sets), form_(form)
{
    std::map<std::string, std::uint32_t> numbers;    // in the order in which they are met, at first
    for (std::size_t i = 0; i < set_.count(); ++i) {
        throw_if_interrupted();
        const Sample sample = set_.sample(i);
        if (!sample.meta.label) {
            if (labels_needed)
                throw Error(name_, sample.key + " has no label: pack with --labels-from-folders or --labels-from");
            labels_.push_back(no_class);
            continue;
        }
        if (!fits_cell(*sample.meta.label))
            throw Error(name_, sample.key + "'s label holds a tab or line break");
        labels_.push_back(numbers.try_emplace(*sample.meta.label, std::uint32_t(numbers.size())).first->second);
    }
    if (labels_.empty())
        throw Error(name_, "no pictures in it");
    std::vector<std::uint32_t> sorted(numbers.size());
    for (const auto& [name, number] : numbers) {
        sorted[number] = std::uint32_t(classes_.size());
        classes_.push_back(name);
    }
    for (std::uint32_t& label : labels_)
        if (label != no_class)
            label = sorted[label];
}

NumberedPictures LabelledPictures::numbered() const
{
    return {count(), std::size_t(form_.side) * form_.side * form_.channels,
            [this](std::size_t i, std::span<std::uint8_t> into) {
                std::size_t within = 0;
                const ImageShard& shard = set_.shard_of(i, within);
                const std::string subject = shard.name() + ": " + shard.key(within) + "." + shard.extension(within);
                const std::vector<std::uint8_t> pixels = decode_square(shard.picture(within), subject, form_);
                std::copy(pixels.begin(), pixels.end(), into.begin());
            }};
}

}    // namespace nonna
