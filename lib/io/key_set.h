// The keys of an image set seen so far, to find one that occurs twice: sets have millions.
//
// Model to hold in mind: a key is a number of 64 bits and a sequence number, 12 bytes, in 256 tables with open
// addressing that grow by a quarter, one at a time: 13 to 17 bytes a key, also while one grows. Which keys collide is
// not for the maker of a set to know (the hash is salted for each process); no result depends on it. One thread at a
// time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nonna
{

class KeySet
{
  public:
    KeySet();
    bool insert(std::string_view key);    // false: it was there. The key as sample_key makes it (else std::logic_error)
    std::uint64_t size() const { return size_; }

  private:
    // Structure of arrays: a struct of the two would be padded to 16 bytes.
    struct Table {
        std::vector<std::uint64_t> numbers;
        std::vector<std::uint32_t> sequences;    // 0: empty; 1: no sequence number; n + 2
        std::uint64_t used = 0;
    };
    std::array<Table, 256> tables_;
    std::uint64_t salt_, size_ = 0;

    std::uint64_t hash(std::uint64_t number, std::uint32_t sequence) const;
    static std::uint64_t slot(const Table& table, std::uint64_t hash, std::uint64_t number, std::uint32_t sequence);
    void grow(Table& table) const;
};

}    // namespace nonna
