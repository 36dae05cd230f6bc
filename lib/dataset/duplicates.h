// Has the set had this before? What deciding on its next unit needs: the contents and looks of the units so far, and
// how many there were.
//
// Contents are told apart by the first 8 bytes of their digest, as keys of samples are: a set could not hold both of
// two contents that share them. Looks: near_index.h. Memory: some 50 bytes a unit, and 32 a picture where
// near-duplicates are looked for.
#pragma once

#include "dataset/near_index.h"
#include "io/manifest.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace nonna
{

class DuplicateIndex
{
  public:
    explicit DuplicateIndex(int near_dup);    // -1: looks do not matter
    // What the settings of a set say of this: "near-dup" and, where looks matter, "near-dup-hash", the version of the
    // hashes (perceptual_hash.h). Those of two versions have nothing to do with each other.
    static void add_settings(Settings& settings, int near_dup);
    // Error with status usage where the looks that a set knows are of another version.
    static void check_hash_version(const std::string& folder, const Settings& settings);

    void remember(const UnitRecord& record, std::uint64_t what);    // what: for the two below to give back
    std::optional<std::uint64_t> same_content(const std::string& digest) const;
    // The unit that the first picture looks like, where every picture looks like one.
    std::optional<std::uint64_t> look_alike(const std::vector<std::uint64_t>& hashes) const;
    const UnitCounts& count() const { return count_; }

    static constexpr std::size_t told_apart_by = 8;    // bytes of the digest

  private:
    UnitCounts count_;
    std::unordered_map<std::uint64_t, std::uint64_t> contents_;
    NearIndex near_;
    bool look_;
};

}    // namespace nonna
