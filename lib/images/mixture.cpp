#include "images/mixture.h"

#include "base/error.h"
#include "base/random.h"
#include "images/picture_set.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>

namespace nonna
{

WeightedFile parse_weighted(const std::string& text)
{
    WeightedFile file{text};
    const std::size_t colon = text.rfind(':');
    if (colon != std::string::npos && !std::filesystem::exists(text)) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, file.weight);
        if (error != std::errc{} || stop != end || !(file.weight > 0) || file.weight > 1e12)
            throw Error(text, "no such file, and no FILE:WEIGHT with a weight greater than 0", ExitStatus::usage);
        file.path = text.substr(0, colon);
        const std::size_t second = file.path.rfind(':');
        if (second != std::string::npos && !std::filesystem::exists(file.path) &&
            std::filesystem::exists(file.path.substr(0, second)))
            throw Error(text, "more than FILE:WEIGHT: a set has one weight", ExitStatus::usage);
    }
    return file;
}

Mixture::Mixture(const std::vector<std::string>& files, std::uint64_t seed)
{
    std::size_t places = 0;
    double weights = 0;
    for (const std::string& text : files) {
        const WeightedFile file = parse_weighted(text);
        sets_.push_back({ImageShardSet({file.path}), file.weight, {}});
        if (sets_.back().pictures.count() == 0)
            throw Error(file.path, "no pictures in it");
        if (name_.empty())
            name_ = file.path;
        places += sets_.back().pictures.count();
        weights += file.weight;
    }
    double before = 0;
    for (std::size_t s = 0; s < sets_.size(); ++s) {
        Set& set = sets_[s];
        before += set.weight;
        // from the sum so far, so that all shares together are all places
        starts_.push_back(s + 1 == sets_.size() ? places
                                                : std::size_t(std::llround(double(places) * before / weights)));
        if (starts_[s] >= starts_[s + 1])
            throw Error(files[s], "its weight is too small: not one of " + std::to_string(places) + " pictures is its",
                        ExitStatus::usage);
        if (sets_.size() == 1)
            break;
        set.order.resize(set.pictures.count());
        std::iota(set.order.begin(), set.order.end(), std::uint32_t{0});
        Random random(seed, Purpose::mixture, s);
        shuffle(set.order, random);
    }
}

std::string Mixture::digest() const
{
    if (sets_.size() == 1)
        return sets_.front().pictures.digest();
    std::string text;
    for (const Set& set : sets_) {
        char weight[40];
        std::snprintf(weight, sizeof weight, ":%.9g", set.weight);
        if (!text.empty())
            text += ' ';
        text += set.pictures.digest() + weight;
    }
    return text;
}

const ImageShardSet& Mixture::at(std::size_t place, std::size_t& picture) const
{
    const auto after = std::ranges::upper_bound(starts_, place);
    const std::size_t s = std::size_t(after - starts_.begin()) - 1;
    const Set& set = sets_.at(s);
    picture = (place - starts_[s]) % set.pictures.count();
    if (!set.order.empty())
        picture = set.order[picture];
    return set.pictures;
}

std::span<const std::byte> Mixture::picture(std::size_t place) const
{
    std::size_t picture = 0;
    return at(place, picture).picture(picture);
}

void Mixture::read(std::size_t place, int side, int channels, std::span<std::uint8_t> into) const
{
    std::ranges::copy(decode_square(picture(place), sample_name(place), {side, channels}), into.begin());
}

std::string Mixture::sample_name(std::size_t place) const
{
    std::size_t picture = 0, within = 0;
    const ImageShard& shard = at(place, picture).shard_of(picture, within);
    return shard.name() + ": " + shard.key(within) + "." + shard.extension(within);
}

}    // namespace nonna
