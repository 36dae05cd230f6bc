// Pictures of several image sets, each with a weight: FILE or FILE:WEIGHT, as nonna-train takes them; and, for whoever
// learns from pictures by number, one sequence in which they have these shares.
//
// Model to hold in mind: a mixture of sets with n_1, n_2 ... pictures and weights w_1, w_2 ... has as many places as
// all sets have pictures, N, and set s has N w_s / sum w of them, rounded, one set's behind the other's. They are
// filled in a seeded order of the set: a set with more places than pictures begins again, of one with fewer the last
// are left out. So a picture drawn uniformly from the places is of set s with the chance that nonna-train draws it
// with. One set alone is itself, in its own order, whatever its weight.
#pragma once

#include "io/image_shard.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct WeightedFile {
    std::string path;
    double weight = 1;
};

// The whole text is the path when such a file exists. Error (usage) for a weight that is not greater than 0.
WeightedFile parse_weighted(const std::string& text);

// The sets are mapped (io/image_shard.h); any thread, at the same time.
class Mixture
{
  public:
    // Error when a set is empty, or its weight too small for a single place.
    Mixture(const std::vector<std::string>& files, std::uint64_t seed);

    std::size_t count() const { return starts_.back(); }
    const std::string& name() const { return name_; }    // the first file's: it stands for all in messages
    std::string digest() const;                          // of all sets, with their weights where there are several
    std::span<const std::byte> picture(std::size_t place) const;
    // Decoded whenever it is asked for, whole.
    void read(std::size_t place, int side, int channels, std::span<std::uint8_t> into) const;
    std::string sample_name(std::size_t place) const;    // "train.tar: KEY.png"

  private:
    struct Set {
        ImageShardSet pictures;
        double weight;
        std::vector<std::uint32_t> order;    // empty: their own
    };
    std::string name_;
    std::vector<Set> sets_;
    std::vector<std::size_t> starts_{0};
    const ImageShardSet& at(std::size_t place, std::size_t& picture) const;
};

}    // namespace nonna
