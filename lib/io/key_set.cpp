#include "io/key_set.h"

#include <charconv>
#include <random>
#include <stdexcept>
#include <utility>

namespace nonna
{

KeySet::KeySet()
{
    std::random_device device;
    salt_ = std::uint64_t(device()) << 32 | device();
}

std::uint64_t KeySet::hash(std::uint64_t number, std::uint32_t sequence) const
{
    std::uint64_t h = (number ^ salt_) + sequence * 0x9e3779b97f4a7c15;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
    return h ^ h >> 32;
}

// Where the key is, or the empty place for it. The top byte of the hash chooses the table, the rest the place.
std::uint64_t KeySet::slot(const Table& table, std::uint64_t hash, std::uint64_t number, std::uint32_t sequence)
{
    const std::uint64_t capacity = table.sequences.size();
    auto at = std::uint64_t((__extension__ static_cast<unsigned __int128>(hash << 8) * capacity) >> 64);
    while (table.sequences[at] != 0 && (table.numbers[at] != number || table.sequences[at] != sequence))
        at = at + 1 == capacity ? 0 : at + 1;
    return at;
}

void KeySet::grow(Table& table) const
{
    Table larger;
    const std::uint64_t capacity = table.sequences.size() < 16 ? 16 : table.sequences.size() * 5 / 4;
    larger.numbers.resize(capacity);
    larger.sequences.resize(capacity);
    larger.used = table.used;
    for (std::size_t i = 0; i < table.sequences.size(); ++i)
        if (table.sequences[i] != 0) {
            const std::uint64_t number = table.numbers[i];
            const std::uint32_t sequence = table.sequences[i];
            const std::uint64_t at = slot(larger, hash(number, sequence), number, sequence);
            larger.numbers[at] = number;
            larger.sequences[at] = sequence;
        }
    table = std::move(larger);
}

bool KeySet::insert(std::string_view key)
{
    std::uint64_t number = 0;
    std::uint32_t sequence = 1;
    const auto whole = std::from_chars(key.data(), key.data() + key.size(), number, 16);
    bool good = key.size() >= 16 && whole.ptr == key.data() + 16;
    if (good && key.size() > 16) {
        const auto rest = std::from_chars(key.data() + 17, key.data() + key.size(), sequence);
        good = rest.ec == std::errc() && rest.ptr == key.data() + key.size();
        sequence += 2;
    }
    if (!good)
        throw std::logic_error("not a sample's key");
    const std::uint64_t h = hash(number, sequence);
    Table& table = tables_[h >> 56];
    if (table.used * 8 >= table.sequences.size() * 7)    // at most 7/8 full
        grow(table);
    const std::uint64_t at = slot(table, h, number, sequence);
    if (table.sequences[at] != 0)
        return false;
    table.numbers[at] = number;
    table.sequences[at] = sequence;
    ++table.used;
    ++size_;
    return true;
}

}    // namespace nonna
